package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/store"
)

// writes is where the process is to write that Killed starts.
const writes = "SALLYPORT_STORETEST_WRITES"

// Opener opens the store that lies at a place.
type Opener func(ctx context.Context, place string) (store.Store, error)

// WriteIfAsked is the first call of TestMain where Killed is used: in a process
// that Killed started it writes until that is killed, and does not return.
func WriteIfAsked(open Opener) {
	place := os.Getenv(writes)
	if place == "" {
		return
	}
	s, err := open(context.Background(), place)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for range 3 {
		go writeForEver(s)
	}
	// Not even a parent that was killed leaves a writer behind.
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// writeForEver says of each write what it was when it was acknowledged, and
// nothing of one that was not.
func writeForEver(s store.Store) {
	ctx := context.Background()
	for {
		c := newConsumer(string(store.NewID(time.Now())))
		if err := s.AddConsumer(ctx, c, entryOf("consumer.add", c.ID)); err != nil {
			continue
		}
		fmt.Printf("consumer %s\n", c.ID)
		k := newKey(c)
		if err := s.AddKeys(ctx, []*store.Key{k, newKey(c)}, entryOf("key.add", k.ID)); err == nil {
			fmt.Printf("key %s\n", k.ID)
		}
		k.Revoked = clock
		if err := s.UpdateKey(ctx, k, entryOf("key.revoke", k.ID)); err == nil {
			fmt.Printf("revoked %s\n", k.ID)
		}
	}
}

func entryOf(action string, id store.ID) store.Entry {
	e := entry(action)
	e.Object = string(id)
	return e
}

// Killed lets a process of its own write to a place, and kills it with SIGKILL
// at some moment, that of opening included, so many times. What was
// acknowledged must be there, with its entry, and nothing half. While each
// process writes, disturb is called; it may be nil.
func Killed(t *testing.T, open Opener, place string, times int, disturb func()) {
	acknowledged := make(map[string]string) // id → what was done last
	for range times {
		w := startWriter(t, place)
		w.read(t, acknowledged, rand.IntN(20))
		if disturb != nil {
			disturb()
			w.read(t, acknowledged, 10)
		}
		w.kill(t)
		w.read(t, acknowledged, 1<<30)
		allThere(t, open, place, acknowledged)
	}
	if len(acknowledged) < times {
		t.Errorf("only %d writes were acknowledged in all", len(acknowledged))
	}
}

type writer struct {
	cmd   *exec.Cmd
	lines *bufio.Reader
	once  sync.Once
}

func startWriter(t *testing.T, place string) *writer {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writes+"="+place)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	w := &writer{cmd: cmd, lines: bufio.NewReader(stdout)}
	t.Cleanup(func() { w.kill(t); stdin.Close(); cmd.Wait() })
	return w
}

func (w *writer) kill(t *testing.T) {
	w.once.Do(func() {
		if err := w.cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
	})
}

// read reads so many lines, or what there is when the writer is dead. A line
// that was cut off was not said.
func (w *writer) read(t *testing.T, to map[string]string, most int) {
	t.Helper()
	for range most {
		line, err := w.lines.ReadString('\n')
		if err != nil {
			return
		}
		done, id, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || !store.ID(id).Valid() {
			t.Fatalf("the writer says %q", line)
		}
		to[id] = done
	}
}

func allThere(t *testing.T, open Opener, place string, acknowledged map[string]string) {
	t.Helper()
	s, err := open(t.Context(), place)
	must(t, err)
	defer s.Close()
	for id, done := range acknowledged {
		isThere(t, s, store.ID(id), done)
	}
	bad, err := s.VerifyEntries(t.Context())
	must(t, err)
	same(t, bad, 0, "first entry that does not fit")
	entries := make(map[string]bool)
	for number := int64(0); ; {
		page, err := s.ListEntries(t.Context(), number, 1000)
		must(t, err)
		for _, e := range page {
			number = e.Number
			if !entries[e.Object] {
				entries[e.Object] = true
				isThere(t, s, store.ID(e.Object), strings.TrimSuffix(e.Action, ".add"))
			}
		}
		if len(page) < 1000 {
			break
		}
	}
	for id := range acknowledged {
		if !entries[id] {
			t.Fatalf("what was acknowledged of %s is without an entry", id)
		}
	}
}

func isThere(t *testing.T, s store.Store, id store.ID, done string) {
	t.Helper()
	if done == "consumer" {
		_, err := s.Consumer(t.Context(), id)
		must(t, err)
		return
	}
	k, err := s.Key(t.Context(), id)
	if err != nil || done == "revoked" && k.Revoked.IsZero() {
		t.Fatalf("%s %s was acknowledged and is not there: %+v, %v", done, id, k, err)
	}
	all, err := s.ListKeys(t.Context(), k.Consumer, "", 10)
	must(t, err)
	same(t, len(all), 2, "keys that were added together")
}
