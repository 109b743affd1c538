package script

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// state is a script that is being run.
type state struct {
	ctx       context.Context
	runner    *Runner
	script    *Script
	folder    string
	variables map[string]string

	backends map[string]*backend
	gateway  *process
	// ran is the process that stdout, stderr and exit are about.
	ran *process
	// stdin is what the next process reads; nil is nothing.
	stdin io.Reader
	// old are gateways that were stopped: their output counts still.
	old  []*process
	mark int // events of the gateway before it were waited for already

	keys    map[string]*keyPair
	jwks    map[string]*jwksServer
	roots   *x509.CertPool
	issuers map[string]*issuer
	shown   map[string]*tls.Certificate // of clients
	answer  *answer
	answers []*answer
	flying  map[string]*flight
	kept    *connection
	socket  *connection // a WebSocket
	heard   int         // requests that backends heard before the last one was sent
}

// call is a command with its arguments.
type call struct {
	not  bool
	args []string
}

func newState(ctx context.Context, r *Runner, s *Script) (*state, error) {
	if len(r.Command) == 0 {
		return nil, errors.New("the runner does not know the gateway's command")
	}
	folder, err := os.MkdirTemp("", "sallyport-script-")
	if err != nil {
		return nil, err
	}
	st := &state{
		ctx: ctx, runner: r, script: s, folder: folder,
		variables: map[string]string{"WORK": folder, "ISSUER": defaultIssuer, "AUDIENCE": defaultAudience},
		backends:  make(map[string]*backend), keys: make(map[string]*keyPair), jwks: make(map[string]*jwksServer),
		flying: make(map[string]*flight), roots: x509.NewCertPool(),
		issuers: make(map[string]*issuer), shown: make(map[string]*tls.Certificate),
	}
	for _, f := range s.Files {
		if r.HTTP2 {
			f.Data = opened(f.Data)
		}
		if err := st.write(f.Name, f.Data); err != nil {
			return nil, errors.Join(err, st.close())
		}
	}
	if _, err := st.startBackend(mainBackend, ""); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

// path is a file of the script's folder.
func (s *state) path(name string) (string, error) {
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q is not within the script's folder", name)
	}
	return filepath.Join(s.folder, name), nil
}

func (s *state) write(name string, data []byte) error {
	path, err := s.path(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// Renamed into its place: whoever watches the file never reads half of it.
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (s *state) read(name string) ([]byte, error) {
	path, err := s.path(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxAnswer))
}

// do runs one line.
func (s *state) do(line Line) error {
	c := call{not: line.Not}
	for _, w := range line.words {
		text, err := w.expand(s.variables)
		if err != nil {
			return err
		}
		c.args = append(c.args, text)
	}
	if n := len(c.args); n < line.command.least || line.command.most >= 0 && n > line.command.most {
		return fmt.Errorf("usage: %s %s", line.command.name, line.command.usage)
	}
	err := line.command.run(s, c)
	if !line.command.check || !line.Not {
		return err
	}
	switch {
	case err == nil:
		return expected("this holds, and should not")
	case isMismatch(err):
		return nil
	}
	return err
}

// longestVariable is what the gateway is given as its environment; systems
// refuse much more. Longer ones are bodies.
const longestVariable = 32 << 10

// environment is what a process of the script gets: nothing of the runner's
// own settings can change what is tested.
func (s *state) environment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOCOVERDIR", "GORACE"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	env = append(env, s.runner.Environment...)
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		if len(s.variables[name]) <= longestVariable {
			env = append(env, name+"="+s.variables[name])
		}
	}
	return env
}

// close ends everything that the script started, and tells what the gateway
// left behind: a data race or a panic fails a script that asked for neither.
func (s *state) close() error {
	if s.kept != nil {
		s.kept.close()
	}
	s.hangUp()
	for _, b := range s.backends {
		b.stop()
	}
	for _, j := range s.jwks {
		j.stop()
	}
	var err error
	if s.gateway != nil {
		s.gateway.stop(10 * time.Second)
		s.old = append(s.old, s.gateway)
	}
	for _, p := range s.old {
		err = errors.Join(err, p.sane())
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

const shownOutput = 6000

// output is what the last process wrote, the end of it.
func (s *state) output() string {
	p := s.ran
	if p == nil {
		return ""
	}
	text := p.stderr.String() + p.stdout.String()
	if over := len(text) - shownOutput; over > 0 {
		text = "…" + text[over:]
	}
	return strings.TrimSpace(text)
}
