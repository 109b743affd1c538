package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// table is one work with the turns of each of its proxies.
type table struct {
	work  *work
	turns [][]*turn
}

func (t *table) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "## %s\n\n%s\n\n", t.work.name, t.work.about)
	s.WriteString("| proxy | CPU µs/request | beside the first | requests/s | p50 ms | p99 ms | RSS MiB | not 2xx |\n| --- | --: | --: | --: | --: | --: | --: | --: |\n")
	first := column(t.turns[0], func(t *turn) float64 { return t.cpu })
	for i, p := range t.work.peers {
		of := func(f func(*turn) float64) []float64 { return column(t.turns[i], f) }
		cpu := of(func(t *turn) float64 { return t.cpu })
		ratios := make([]float64, len(cpu))
		for j := range cpu {
			ratios[j] = cpu[j] / first[j]
		}
		fmt.Fprintf(&s, "| %s | %s | %.2f | %.0f | %.2f | %.2f | %.0f | %.0f |\n", p.Name,
			spread(cpu), median(ratios),
			median(of(func(t *turn) float64 { return t.perSecond })),
			median(of(func(t *turn) float64 { return t.median })),
			median(of(func(t *turn) float64 { return t.slow99 })),
			median(of(func(t *turn) float64 { return float64(t.memory) / (1 << 20) })),
			slices.Max(of(func(t *turn) float64 { return t.bad })))
	}
	return s.String()
}

func column(turns []*turn, f func(*turn) float64) []float64 {
	values := make([]float64, len(turns))
	for i, t := range turns {
		values[i] = f(t)
	}
	return values
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func spread(values []float64) string {
	return fmt.Sprintf("%.1f (%.1f-%.1f)", median(values), slices.Min(values), slices.Max(values))
}

func (b *bed) page(tables []*table, rounds int, d time.Duration) string {
	var s strings.Builder
	s.WriteString("# Sallyport beside packaged proxies\n\nWritten by `make bench` ([bench/peers](../bench/peers)); do not edit. ")
	fmt.Fprintf(&s, "Everything runs on loopback, each proxy in turn, %d rounds of %s, 64 connections unless said otherwise; proxy, backend (nginx) and load (wrk) share the cores. ", rounds, d)
	s.WriteString("CPU time is that of all processes of the proxy, by the kernel's count, divided by the requests that it answered; figures are medians with the least and the greatest, ratios medians of the ratio within a round. Who checks has turned a bad request away before anything was timed.\n\n|  |  |\n| --- | --- |\n")
	for _, row := range [][2]string{
		{"date", time.Now().Format(time.DateOnly)},
		{"machine", fmt.Sprintf("%s, %d threads", cpuName(), runtime.NumCPU())},
		{"Go", runtime.Version()},
		{"haproxy", version("haproxy", "-v")},
		{"nginx", version("nginx", "-v")},
		{"caddy", version("caddy", "version")},
		{"load", version("wrk", "-v") + "; " + version("h2load", "--version")},
	} {
		fmt.Fprintf(&s, "| %s | %s |\n", row[0], row[1])
	}
	for _, t := range tables {
		s.WriteString("\n" + t.String())
	}
	s.WriteString("\n## The configurations\n\nAs templates: what stands in braces is filled in.\n")
	entries, _ := configs.ReadDir("configs")
	for _, e := range entries {
		text, _ := configs.ReadFile("configs/" + e.Name())
		fmt.Fprintf(&s, "\n`%s`\n\n```\n%s```\n", e.Name(), text)
	}
	return s.String()
}

func version(command ...string) string {
	out, _ := exec.Command(command[0], command[1:]...).CombinedOutput()
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

func cpuName() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, after, _ := strings.Cut(string(text), "model name\t: ")
	name, _, _ := strings.Cut(after, "\n")
	return name
}
