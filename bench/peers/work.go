package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// work is what all proxies of one table do.
type work struct {
	name, about  string
	path, script string
	peers        []peer
	// bad is a request that those which check must turn away, nil where
	// nothing is checked.
	bad func(url string) *http.Request
}

// peer is one way to do the work.
type peer struct {
	Name    string
	command []string // CONFIG stands for the rendered configuration
	config  string
	Address string
	// What Sallyport's configuration leaves open.
	Answers, Log, Security string
	checks                 bool
}

// File is the name as a part of file names.
func (p peer) File() string { return strings.NewReplacer(" ", "-", ",", "").Replace(p.Name) }

func (b *bed) start(p *peer) (*process, error) {
	p.Address = freeAddress()
	config, err := b.render(p.config, *p)
	if err != nil {
		return nil, err
	}
	command := make([]string, len(p.command))
	for i, arg := range p.command {
		command[i] = strings.ReplaceAll(strings.ReplaceAll(arg, "CONFIG", config), "SALLYPORT", b.Binary)
	}
	return start(b, p.Address, "/v1/things/1", command...)
}

// measure starts all proxies and gives each its turns.
func (b *bed) measure(w *work, rounds int, d time.Duration) (*table, error) {
	t := &table{work: w, turns: make([][]*turn, len(w.peers))}
	var running []*process
	defer func() {
		for _, p := range running {
			p.stop()
		}
	}()
	for i := range w.peers {
		p, err := b.start(&w.peers[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.peers[i].Name, err)
		}
		running = append(running, p)
		if err := b.verify(w, &w.peers[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", w.peers[i].Name, err)
		}
		if _, err := b.load(p, "http://"+w.peers[i].Address, w, time.Second); err != nil {
			return nil, fmt.Errorf("%s: %w", w.peers[i].Name, err)
		}
	}
	for range rounds {
		for i := range w.peers {
			got, err := b.load(running[i], "http://"+w.peers[i].Address, w, d)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.peers[i].Name, err)
			}
			t.turns[i] = append(t.turns[i], got)
		}
	}
	return t, nil
}

// verify asks once before anything is timed: who checks has to turn a bad
// request away.
func (b *bed) verify(w *work, p *peer) error {
	if w.bad == nil || !p.checks {
		return nil
	}
	response, err := http.DefaultClient.Do(w.bad("http://" + p.Address))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode < 400 {
		return fmt.Errorf("a bad request is answered with %d: %.200s", response.StatusCode, text)
	}
	return nil
}
