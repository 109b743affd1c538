package script

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Runner runs scripts. Command is all that it needs.
type Runner struct {
	// Command is the gateway's own command, such as os.Executable() gives it;
	// serve, check and the other verbs are added to it.
	Command []string
	// Environment is added to what the gateway is given: PATH, HOME, and the
	// variables of the script.
	Environment []string
	// Limit is the longest time that one script may take; a minute unless set.
	Limit time.Duration
	// Parallel is how many scripts of a folder run at one time; two unless set.
	Parallel int
	// HTTP2 sends the requests to listeners for clients over HTTP/2, but for
	// those that ask for what only HTTP/1 has: raw ones, WebSockets, those with
	// --http1.0, --keep, --chunked or --no-host, and those with Connection,
	// Upgrade or Content-Length. Plain listeners of the script's configurations
	// are given h2c for it.
	HTTP2 bool
}

// Result is what became of one script.
type Result struct {
	// Name is the script's file name without its ending: a sentence.
	Name string
	Path string
	// Commands is how many were run.
	Commands int
	Duration time.Duration
	// Err is nil if everything was as expected, else a *Failure or what kept
	// the script from being run.
	Err error
}

// Failure is a command that did not go as the script expects.
type Failure struct {
	Path    string
	Line    int
	Command string
	// Err says what was expected and what was found.
	Err error
	// Answer is the whole answer to the last request.
	Answer string
	// Log is what the gateway wrote, its last lines.
	Log string
}

// Error is file:line, the command and what was expected; Details has the rest.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s:%d: %s\n\t%v", f.Path, f.Line, strings.TrimSpace(f.Command), indent(f.Err.Error()))
}

// Details are the answer and the log.
func (f *Failure) Details() string {
	text := ""
	if f.Answer != "" {
		text += "the answer:\n\t" + indent(f.Answer) + "\n"
	}
	if f.Log != "" {
		text += "the gateway's output:\n\t" + indent(f.Log) + "\n"
	}
	return text
}

func (f *Failure) Unwrap() error { return f.Err }

func indent(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n\t")
}

// Run runs one script in a folder of its own, which is removed afterwards.
func (r *Runner) Run(ctx context.Context, path string) Result {
	begun := time.Now()
	result := Result{Name: strings.TrimSuffix(filepath.Base(path), ".txtar"), Path: path}
	s, err := Read(path)
	if err == nil {
		result.Commands, err = r.run(ctx, s)
	}
	result.Err, result.Duration = err, time.Since(begun)
	return result
}

func (r *Runner) run(ctx context.Context, s *Script) (commands int, err error) {
	limit := r.Limit
	if limit == 0 {
		limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	state, err := newState(ctx, r, s)
	if err != nil {
		return 0, err
	}
	defer func() {
		if end := state.close(); err == nil && end != nil {
			err = &Failure{Path: s.Path, Line: s.Lines[len(s.Lines)-1].Number, Command: "(the end of the script)", Err: end, Log: state.output()}
		}
	}()
	for _, line := range s.Lines {
		commands++
		if err := state.do(line); err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("the script took longer than %s: %w", limit, err)
			}
			state.requestEvent(time.Second) // its line belongs to what is shown, if there is one
			return commands, &Failure{Path: s.Path, Line: line.Number, Command: line.Text, Err: err, Answer: state.answer.dump(), Log: state.output()}
		}
	}
	return commands, nil
}

// RunDir runs all scripts of a folder and the folders below it, in the order
// of their names, and hands each result to done as it comes. No script at all
// is an error: else a folder that was moved would pass.
func (r *Runner) RunDir(ctx context.Context, folder string, done func(Result)) ([]Result, error) {
	paths, err := Find(folder)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(paths))
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		room = make(chan struct{}, max(1, r.parallel()))
	)
	for i, path := range paths {
		room <- struct{}{}
		wait.Go(func() {
			defer func() { <-room }()
			results[i] = r.Run(ctx, path)
			mu.Lock()
			defer mu.Unlock()
			if done != nil {
				done(results[i])
			}
		})
	}
	wait.Wait()
	return results, nil
}

func (r *Runner) parallel() int {
	if r.Parallel == 0 {
		return 2
	}
	return r.Parallel
}

// Find lists the scripts of a folder and the folders below it; a file stands
// for itself.
func Find(folder string) ([]string, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{folder}, nil
	}
	var paths []string
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".txtar") {
			paths = append(paths, path)
		}
		return err
	})
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s holds no script (a file whose name ends in .txtar)", folder)
	}
	return paths, err
}

// Failed counts the results that have an error.
func Failed(results []Result) int {
	n := 0
	for i := range results {
		if results[i].Err != nil {
			n++
		}
	}
	return n
}

// mismatch is a check that could be judged and does not hold. Any other error
// fails the script whether the check is negated or not.
type mismatch string

func (m mismatch) Error() string { return string(m) }

func expected(format string, args ...any) error { return mismatch(fmt.Sprintf(format, args...)) }

func isMismatch(err error) bool {
	var m mismatch
	return errors.As(err, &m)
}
