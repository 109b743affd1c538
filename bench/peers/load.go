package main

import (
	"fmt"
	"os/exec"
	"regexp"
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

// load has wrk ask as fast as it is answered, over 64 connections.
func (b *bed) load(p *process, url string, w *work, d time.Duration) (*turn, error) {
	args := []string{"-t2", "-c64", "-d" + d.String(), "--latency"}
	if w.script != "" {
		script, err := b.render(w.script, peer{})
		if err != nil {
			return nil, err
		}
		args = append(args, "-s", script)
	}
	before, _ := usage(p.cmd.Process.Pid)
	out, err := exec.Command("wrk", append(args, url+w.path)...).CombinedOutput()
	after, memory := usage(p.cmd.Process.Pid)
	if err != nil {
		return nil, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	t := &turn{memory: memory}
	t.requests = number(out, `(\d+) requests in`)
	t.bad = number(out, `Non-2xx or 3xx responses: (\d+)`) + number(out, `Socket errors: connect (\d+)`)
	t.perSecond = number(out, `Requests/sec:\s+([\d.]+)`)
	t.median, t.slow99 = millis(out, "50%"), millis(out, "99%")
	if t.requests == 0 {
		return nil, fmt.Errorf("no request was answered:\n%s", out)
	}
	t.cpu = (after - before) / t.requests
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
