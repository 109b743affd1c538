// Command keys measures what API keys of a store cost: it puts millions of them
// into one, and looks them up through the roster as requests do, from memory and
// from the store, with slips of the hand, forgeries and keys that nobody has
// among them.
//
//	go run ./keys -keys 10000000 -page ../docs/benchmarks-keys.md
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sallyport/build"
	"sallyport/config"
)

func main() {
	count := flag.Int("keys", 10_000_000, "how many keys")
	postgres := flag.String("postgres", "", "URL of an empty database of PostgreSQL to measure as well, without a password")
	page := flag.String("page", "", "file that the page is written to")
	flag.Parse()
	if err := run(context.Background(), *count, *postgres, *page); err != nil {
		fmt.Fprintln(os.Stderr, "keys:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, count int, postgres, page string) error {
	folder, err := os.MkdirTemp("", "keys")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	stores := []struct{ name, url string }{{"SQLite", "sqlite:keys.db"}}
	if postgres != "" {
		stores = append(stores, struct{ name, url string }{"PostgreSQL", postgres})
	}
	var all []*figures
	for _, s := range stores {
		f, err := measure(ctx, folder, s.url, count)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		f.store = s.name
		all = append(all, f)
		fmt.Printf("%+v\n", *f)
	}
	if page == "" {
		return nil
	}
	return os.WriteFile(page, []byte(written(all, time.Now())), 0o644)
}

// measure fills a store and asks it.
func measure(ctx context.Context, folder, url string, count int) (*figures, error) {
	text := fmt.Sprintf("store: %s\nkeyring: file:keys.master\napis: [{ name: a, document: a.yaml, upstream: { targets: http://127.0.0.1:9 } }]\n", url)
	c, err := config.Parse(filepath.Join(folder, "sallyport.yaml"), []byte(text))
	if err != nil {
		return nil, err
	}
	kept, err := build.OpenKept(ctx, c, "bench")
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	f := &figures{keys: count}
	sample, err := f.fill(ctx, kept, count)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(c.Store.URL.SQLite); err == nil {
		f.file = info.Size()
	}
	return f, f.ask(ctx, kept, sample)
}
