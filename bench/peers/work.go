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
	name, about string
	path        string
	// script is what wrk is told beyond GET.
	script string
	// load is how the work is asked for; nil: as fast as it is answered, by wrk.
	load func(b *bed, p *process, base string, w *work, d time.Duration) (*turn, error)
	// tls has clients speak TLS to the proxy.
	tls bool
	// anew starts each proxy for each of its turns, so that it remembers nothing.
	anew  bool
	peers []peer
	// bad is a request that those which check must turn away, nil where
	// nothing is checked.
	bad func(base string) *http.Request
}

// peer is one way to do the work. What its configuration asks for are the
// exported fields.
type peer struct {
	Name    string
	command []string // CONFIG stands for the rendered configuration
	config  string
	Address string
	TLS     bool
	// Routes is how many paths are known, where it matters.
	Routes int
	// What Sallyport's configuration leaves open.
	Document, Answers, Log, Limit string
	checks                        bool
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
	return start(b, p.base()+"/v1/things/1", command...)
}

func (p *peer) base() string {
	if p.TLS {
		return "https://" + p.Address
	}
	return "http://" + p.Address
}

// measure gives each proxy its turns.
func (b *bed) measure(w *work, rounds int, d time.Duration) (*table, error) {
	t := &table{work: w, turns: make([][]*turn, len(w.peers))}
	running := make([]*process, len(w.peers))
	defer func() {
		for _, p := range running {
			p.stop()
		}
	}()
	for i := range w.peers {
		p := &w.peers[i]
		p.TLS = w.tls
		var err error
		if running[i], err = b.start(p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if err := b.verify(w, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if w.anew {
			continue
		}
		if _, err := b.turn(running[i], w, p, time.Second); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	for range rounds {
		for i := range w.peers {
			if w.anew {
				running[i].stop()
				var err error
				if running[i], err = b.start(&w.peers[i]); err != nil {
					return nil, err
				}
			}
			got, err := b.turn(running[i], w, &w.peers[i], d)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.peers[i].Name, err)
			}
			t.turns[i] = append(t.turns[i], got)
		}
	}
	return t, nil
}

func (b *bed) turn(p *process, w *work, of *peer, d time.Duration) (*turn, error) {
	load := w.load
	if load == nil {
		load = (*bed).wrk
	}
	return load(b, p, of.base(), w, d)
}

// verify asks once before anything is timed: who checks has to turn a bad
// request away.
func (b *bed) verify(w *work, p *peer) error {
	if w.bad == nil || !p.checks {
		return nil
	}
	response, err := client.Do(w.bad(p.base()))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode < 400 {
		return fmt.Errorf("a bad request is answered with %d: %.200s", response.StatusCode, text)
	}
	return nil
}
