package script

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// checkMetric reads the gateway's metrics until the sum of the series that fit
// is as expected: they are counted a moment after the answer.
func checkMetric(s *state, c call) error {
	name, labels, err := parseSeries(c.args[0])
	if err != nil {
		return err
	}
	if _, err := s.endpoint("admin"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		a := s.send(&request{ctx: ctx, method: "GET", target: "/metrics", listener: "admin"})
		if a.err != nil || a.status != 200 {
			return fmt.Errorf("reading the metrics: status %d, %v", a.status, a.err)
		}
		sum, found := sumSeries(string(a.body), name, labels)
		holds := found
		if len(c.args) > 1 {
			if holds, err = holdsNumber(sum, c.args[1]); err != nil {
				return err
			}
		}
		switch {
		case holds:
			return nil
		case c.not:
			return expected("no such metric")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return expected("expected %s, the sum of the metric is %v", c.args[len(c.args)-1], sum)
		}
	}
}

func holdsNumber(sum float64, want string) (bool, error) {
	least, above := strings.CutPrefix(want, ">")
	n, err := strconv.ParseFloat(least, 64)
	if err != nil {
		return false, fmt.Errorf("%q is not a number", want)
	}
	return above && sum > n || !above && sum == n, nil
}

// parseSeries reads NAME{label=value,label=value}; quotes may be left out.
func parseSeries(text string) (name string, labels map[string]string, err error) {
	name, rest, some := strings.Cut(text, "{")
	labels = make(map[string]string)
	if !some {
		return name, labels, nil
	}
	rest, closed := strings.CutSuffix(rest, "}")
	if !closed {
		return "", nil, fmt.Errorf("%q has no closing brace", text)
	}
	for pair := range strings.SplitSeq(rest, ",") {
		label, value, ok := strings.Cut(pair, "=")
		if !ok {
			return "", nil, fmt.Errorf("%q is not label=value", pair)
		}
		labels[label] = strings.Trim(value, `"`)
	}
	return name, labels, nil
}

// sumSeries adds up the series of that name with these labels and any others
// (Prometheus text format).
func sumSeries(text, name string, labels map[string]string) (sum float64, found bool) {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), name)
		if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		end := strings.LastIndexByte(rest, ' ')
		series := "," + strings.Trim(strings.TrimSpace(rest[:end]), "{}") + ","
		fits := true
		for label, value := range labels {
			fits = fits && strings.Contains(series, ","+label+`="`+value+`",`)
		}
		if n, err := strconv.ParseFloat(rest[end+1:], 64); fits && err == nil {
			sum, found = sum+n, true
		}
	}
	return sum, found
}
