package script

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a run of the gateway's command.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	log            *eventLog
	done           chan struct{}
	code           int
}

// start runs the gateway's command in the script's folder.
func (s *state) start(args ...string) (*process, error) {
	all := append(append([]string(nil), s.runner.Command...), args...)
	log := &eventLog{changed: make(chan struct{})}
	p := &process{
		cmd:    exec.Command(all[0], all[1:]...),
		stdout: &output{log: log}, stderr: &output{log: log},
		log: log, done: make(chan struct{}),
	}
	p.cmd.Dir, p.cmd.Env = s.folder, s.environment()
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	p.cmd.Stdin, s.stdin = s.stdin, nil
	p.cmd.WaitDelay = 5 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	s.ran = p
	go func() {
		p.cmd.Wait() // how it ended is read off its state
		p.code = p.cmd.ProcessState.ExitCode()
		close(p.done)
		log.wake()
	}()
	return p, nil
}

// wait waits for the process to end.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.stop(0)
		return errors.New("the process did not end")
	}
}

// stop asks the process to end, and makes it after a while.
func (p *process) stop(patience time.Duration) {
	if p.ended() {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended meanwhile
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.cmd.Process.Kill()
		<-p.done
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// sane tells whether the process died of something that no script expects.
func (p *process) sane() error {
	for _, sign := range [...]string{"WARNING: DATA RACE", "\ngoroutine ", `"panic":`, `"error":"panic: `} {
		if strings.Contains(p.stderr.String(), sign) || strings.Contains(p.stdout.String(), sign) {
			return fmt.Errorf("the gateway's output holds %q", strings.TrimSpace(sign))
		}
	}
	return nil
}

func (p *process) signal(name string) error {
	signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT}
	s, ok := signals[name]
	if !ok {
		return fmt.Errorf("a signal is TERM, HUP or INT, not %s", name)
	}
	return p.cmd.Process.Signal(s)
}

// maxOutput is how much of a process's output is kept, in bytes.
const maxOutput = 16 << 20

// output keeps what a process writes, and reads the lines of its log.
type output struct {
	log  *eventLog
	mu   sync.Mutex
	text bytes.Buffer
	line []byte
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := maxOutput - o.text.Len(); room > 0 {
		o.text.Write(p[:min(room, len(p))])
	}
	o.line = append(o.line, p...)
	for {
		line, rest, ok := bytes.Cut(o.line, []byte("\n"))
		if !ok {
			break
		}
		o.log.add(line)
		o.line = rest
	}
	if len(o.line) > maxOutput {
		o.line = nil
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// event is one line of the gateway's log.
type event map[string]any

func (e event) text(key string) string {
	value, _ := e.get(key)
	return value
}

// get finds a value by names joined with dots, as text. A number is an item
// of a list.
func (e event) get(key string) (string, bool) {
	var at any = map[string]any(e)
	for name := range strings.SplitSeq(key, ".") {
		switch holder := at.(type) {
		case map[string]any:
			value, ok := holder[name]
			if !ok {
				return "", false
			}
			at = value
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(holder) {
				return "", false
			}
			at = holder[i]
		default:
			return "", false
		}
	}
	if s, ok := at.(string); ok {
		return s, true
	}
	text, err := json.Marshal(at)
	return string(text), err == nil
}

// eventLog is the lines of the log that were JSON, in order.
type eventLog struct {
	mu      sync.Mutex
	events  []event
	changed chan struct{}
}

func (l *eventLog) add(line []byte) {
	var e event
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if !bytes.HasPrefix(line, []byte("{")) || decoder.Decode(&e) != nil {
		return
	}
	l.mu.Lock()
	l.events = append(l.events, e)
	l.mu.Unlock()
	l.wake()
}

// wake lets everybody look again who waits.
func (l *eventLog) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *eventLog) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events)
}

// find looks for an event from a place on.
func (l *eventLog) find(from int, match func(event) bool) (int, event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := min(from, len(l.events)); i < len(l.events); i++ {
		if match(l.events[i]) {
			return i, l.events[i], l.changed
		}
	}
	return -1, nil, l.changed
}

// await waits for an event from a place on, until the process ends.
func (p *process) await(ctx context.Context, from int, match func(event) bool) (int, event, error) {
	for {
		ended := p.ended()
		i, e, changed := p.log.find(from, match)
		switch {
		case i >= 0:
			return i, e, nil
		case ended:
			return -1, nil, errors.New("the gateway has ended")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return -1, nil, ctx.Err()
		}
	}
}
