// Command peers measures Sallyport beside packaged proxies: the CPU time that a
// request costs each, its throughput and its latency, with the same backend,
// the same load and the same work, in turn (A B C A B C …) within one run.
//
// It starts everything itself on loopback, from Debian's packages (haproxy,
// nginx, caddy, wrk), and ends it again. CPU time is what the kernel counts for
// all processes of a proxy, divided by the requests that it answered: on a
// machine that does other work too it says more than throughput, and the ratios
// within one run say more than the figures.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"
)

func main() {
	binary := flag.String("sallyport", "../bin/sallyport", "the command to measure")
	page := flag.String("page", "", "file to write the tables to; without it they are printed")
	rounds := flag.Int("rounds", 3, "how often each proxy takes its turn")
	turn := flag.Duration("turn", 6*time.Second, "how long a turn takes")
	only := flag.String("only", "", "name of the one work to measure")
	flag.Parse()
	log.SetFlags(0)
	if err := run(*binary, *page, *only, *rounds, *turn); err != nil {
		log.Fatal(err)
	}
}

func run(binary, page, only string, rounds int, turn time.Duration) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	b, err := newBed(folder, binary)
	if err != nil {
		return err
	}
	defer b.close()
	var tables []*table
	for _, w := range works() {
		if only != "" && w.name != only {
			continue
		}
		t, err := b.measure(w, rounds, turn)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Fprintln(os.Stderr, t)
		tables = append(tables, t)
	}
	if page == "" {
		return nil
	}
	return os.WriteFile(page, []byte(b.page(tables, rounds, turn)), 0o644)
}
