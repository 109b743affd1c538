package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// turn is what came of one turn of one proxy.
type turn struct {
	requests, bad  float64
	cpu            float64 // microseconds a request
	perSecond      float64
	median, slow99 float64 // milliseconds
	memory         int64
}

// timed runs a load and takes what the proxy used meanwhile.
func timed(p *process, run func() (*turn, error)) (*turn, error) {
	before, _ := usage(p.cmd.Process.Pid)
	t, err := run()
	if err != nil {
		return nil, err
	}
	after, memory := usage(p.cmd.Process.Pid)
	if t.requests == 0 {
		return nil, fmt.Errorf("no request was answered")
	}
	t.memory, t.cpu = memory, (after-before)/t.requests
	return t, nil
}

// wrk asks as fast as it is answered, over 64 connections.
func (b *bed) wrk(p *process, base string, w *work, d time.Duration) (*turn, error) {
	args := []string{"-t2", "-c64", "-d" + d.String(), "--latency"}
	if w.script != "" {
		script, err := b.render(w.script, peer{})
		if err != nil {
			return nil, err
		}
		args = append(args, "-s", script)
	}
	return timed(p, func() (*turn, error) {
		out, err := exec.Command("wrk", append(args, base+w.path)...).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("wrk: %w\n%s", err, out)
		}
		return &turn{
			requests:  number(out, `(\d+) requests in`),
			bad:       number(out, `Non-2xx or 3xx responses: (\d+)`) + number(out, `Socket errors: connect (\d+)`),
			perSecond: number(out, `Requests/sec:\s+([\d.]+)`),
			median:    millis(out, "50%"), slow99: millis(out, "99%"),
		}, nil
	})
}

// streams asks over HTTP/2 as fast as it is answered: 8 connections with 16
// streams each.
func (b *bed) streams(p *process, base string, w *work, d time.Duration) (*turn, error) {
	return b.h2load(p, d, "-t2", "-c8", "-m16", base+w.path)
}

// steadily asks 4,000 times a second over 32 connections.
func (b *bed) steadily(p *process, base string, w *work, d time.Duration) (*turn, error) {
	return b.h2load(p, d, "--h1", "-t1", "-c32", "--rps=125", base+w.path)
}

func (b *bed) h2load(p *process, d time.Duration, args ...string) (*turn, error) {
	times := filepath.Join(b.Folder, "times")
	if err := os.RemoveAll(times); err != nil {
		return nil, err
	}
	args = append([]string{"-D", strconv.Itoa(int(d.Seconds())), "--log-file=" + times}, args...)
	return timed(p, func() (*turn, error) {
		out, err := exec.Command("h2load", args...).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("h2load: %w\n%s", err, out)
		}
		t, err := read(times)
		if err != nil {
			return nil, err
		}
		t.perSecond = t.requests / d.Seconds()
		return t, nil
	})
}

// read takes the status and the time of each request from h2load's file.
func read(name string) (*turn, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t := &turn{}
	var each []float64
	for lines := bufio.NewScanner(file); lines.Scan(); {
		columns := strings.Fields(lines.Text())
		if len(columns) < 3 {
			continue
		}
		if status, _ := strconv.Atoi(columns[1]); status < 200 || status > 299 {
			t.bad++
		}
		took, _ := strconv.ParseFloat(columns[2], 64)
		each = append(each, took/1e3)
	}
	if len(each) == 0 {
		return nil, fmt.Errorf("no request was answered")
	}
	slices.Sort(each)
	t.requests = float64(len(each))
	t.median, t.slow99 = each[len(each)/2], each[len(each)*99/100]
	return t, nil
}

func number(out []byte, pattern string) float64 {
	m := regexp.MustCompile(pattern).FindSubmatch(out)
	if m == nil {
		return 0
	}
	f, _ := strconv.ParseFloat(string(m[1]), 64)
	return f
}

func millis(out []byte, percentile string) float64 {
	m := regexp.MustCompile(regexp.QuoteMeta(percentile) + `\s+([\d.]+)(us|ms|s)\n`).FindStringSubmatch(string(out))
	if m == nil {
		return 0
	}
	d, _ := time.ParseDuration(strings.Replace(m[1]+m[2], "us", "µs", 1))
	return float64(d) / 1e6
}
