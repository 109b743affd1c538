package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"sallyport/build"
	"sallyport/config"
	administration "sallyport/console"
	"sallyport/source"
	"sallyport/store"
)

// deskFlags say which store is administrated, and how answers look.
type deskFlags struct {
	Config string `short:"c" placeholder:"FILE" help:"Configuration file that names the store. Without it and without --store: sallyport.yaml."`
	Store  string `placeholder:"URL" help:"Store, in place of a configuration file: sqlite:PATH or postgres://USER@HOST/NAME."`
	Master string `placeholder:"KEY" help:"Master key of the keyring of --store: file:PATH, or $${NAME} for a variable."`
	Output string `enum:"text,json" default:"text" help:"Form of the answer: text or json."`
}

// session is a desk that a verb works at.
type session struct {
	*administration.Desk
	*console
	by   administration.By
	json bool
}

// work opens the store for as long as a verb needs it. It may be served at the
// same time: what is changed reaches the gateway within a second.
func (f *deskFlags) work(c *console, do func(*session) error) error {
	return f.with(c, build.OpenKept, do)
}

// look is work that changes nothing, and makes no store where there is none.
func (f *deskFlags) look(c *console, do func(*session) error) error {
	return f.with(c, build.FindKept, do)
}

type opening func(ctx context.Context, c *config.Config, actor string) (*build.Kept, error)

func (f *deskFlags) with(c *console, open opening, do func(*session) error) error {
	loaded, err := f.load()
	if err != nil {
		return err
	}
	by := administration.By{Actor: "cli:" + whoami()}
	kept, err := open(c.ctx, loaded, by.Actor)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no store yet at %s: a gateway that starts makes it, or the first consumer (sallyport consumers add)", loaded.Store.URL)
	}
	if err != nil {
		return err
	}
	s := &session{&administration.Desk{Store: kept.Store, Keys: kept.Ring, Now: time.Now}, c, by, f.Output == "json"}
	err = s.advised(do(s))
	return errors.Join(err, kept.Close())
}

// load finds the store. Named by flags it is read like a configuration, and so
// held to the same rules: no password in the clear.
func (f *deskFlags) load() (*config.Config, error) {
	switch {
	case f.Store == "" && f.Master != "":
		return nil, usageError{errors.New("--master goes with --store; with a configuration file, write it there")}
	case f.Store == "":
		return config.Load((&sourceFlags{Config: f.Config}).file())
	case f.Config != "":
		return nil, usageError{errors.New("give either --config or --store")}
	}
	settings := map[string]any{
		"store": f.Store,
		"apis":  []any{map[string]any{"name": "none", "document": "none.yaml", "upstream": anyUpstream}},
	}
	if f.Master != "" {
		settings["keyring"] = f.Master
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	return config.Parse("--store", text)
}

// whoami is what the audit calls whoever sits at the command line. Behind sudo
// it is both, for root is nobody in particular.
func whoami() string {
	name := "unknown"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if from := os.Getenv("SUDO_USER"); from != "" && from != name && len(from) <= 64 {
		name += "(" + strings.Map(printable, from) + ")"
	}
	return name
}

func printable(r rune) rune {
	if r <= ' ' || r > '~' {
		return '_'
	}
	return r
}

// advised makes an error one that says what to do.
func (s *session) advised(err error) error {
	if r, ok := errors.AsType[*administration.Refused](err); ok && errors.Is(r, administration.ErrInvalid) {
		return usageError{err}
	}
	return err
}

// unknown adds to an error about a consumer the name that may have been meant.
func (s *session) unknown(name string, err error) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	page, listed := s.Consumers(s.ctx, administration.Span{Limit: administration.MostItems})
	if listed != nil {
		return err
	}
	var names []string
	for _, c := range page.Items {
		names = append(names, c.Name)
	}
	if slices.Contains(names, name) { // it was about something else
		return err
	}
	if near := source.Nearest(name, names); near != "" {
		return fmt.Errorf("there is no consumer %q; did you mean %s?", name, near)
	}
	return fmt.Errorf("there is no consumer %q; sallyport consumers list tells all of them", name)
}

// tell writes an answer: as JSON, or as text says it.
func (s *session) tell(answer any, text func(w io.Writer)) error {
	if s.json {
		return writeJSON(s.stdout, answer)
	}
	text(s.stdout)
	return nil
}

// table writes rows in columns.
func table(out io.Writer, head []string, rows [][]string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(head, "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
}

// fields writes names and values in turn; a value that is "" is left out.
func fields(out io.Writer, pairs ...string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", pairs[i], pairs[i+1])
		}
	}
	w.Flush()
}

// everything goes through all pages of a list.
func everything[T any](s *session, list func(context.Context, administration.Span) (*administration.Page[T], error)) ([]T, error) {
	items := []T{}
	span := administration.Span{Limit: administration.MostItems}
	for {
		page, err := list(s.ctx, span)
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if span.After = page.Next; span.After == "" {
			return items, nil
		}
	}
}

// sure asks before what cannot be undone, unless the command line says yes.
func (s *session) sure(yes bool, what string) error {
	if yes {
		return nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return usageError{errors.New(what + " cannot be undone; say --yes")}
	}
	fmt.Fprintf(s.stderr, "%s cannot be undone. Type yes to go on: ", what)
	var said string
	if fmt.Fscanln(os.Stdin, &said); said != "yes" {
		return errors.New("nothing was changed")
	}
	return nil
}

// longestInput is what a secret on standard input may be, and a line's end.
const longestInput = 64<<10 + 2

// secret reads a secret from the terminal, unseen, or from standard input. It
// is never an argument: every user of the machine can read those.
func (s *session) secret(prompt string) (string, error) {
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		fmt.Fprint(s.stderr, prompt+": ")
		text, err := term.ReadPassword(fd)
		fmt.Fprintln(s.stderr)
		return string(text), err
	}
	text, err := io.ReadAll(io.LimitReader(os.Stdin, longestInput+1))
	if err != nil {
		return "", fmt.Errorf("reading standard input: %w", err)
	}
	if len(text) > longestInput {
		return "", usageError{errors.New("what came on standard input is too long")}
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// moment is a time that a flag gives: a date, a time, or a span from now.
type moment struct{ time.Time }

// UnmarshalText reads 2027-01-31, 2027-01-31T12:00:00Z, 12h or 90d.
func (m *moment) UnmarshalText(text []byte) error {
	for _, layout := range [...]string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, string(text)); err == nil {
			m.Time = at
			return nil
		}
	}
	var d span
	if err := d.UnmarshalText(text); err != nil {
		return errors.New("write a date, a time such as 2027-01-31T12:00:00Z, or a span from now such as 90d")
	}
	m.Time = time.Now().Add(time.Duration(d)).UTC().Truncate(time.Millisecond)
	return nil
}

// span is a duration that a flag gives; it may be days.
type span time.Duration

// UnmarshalText reads 30m, 24h or 90d.
func (d *span) UnmarshalText(text []byte) error {
	days := strings.HasSuffix(string(text), "d")
	if days {
		text = []byte(strings.TrimSuffix(string(text), "d") + "h")
	}
	read, err := time.ParseDuration(string(text))
	if days && read > 10*366*time.Hour {
		err = errors.New("too long")
	}
	if err != nil || read < 0 {
		return errors.New("write a span such as 30m, 24h or 90d")
	}
	if days {
		read *= 24
	}
	*d = span(read)
	return nil
}

// shownTime is a moment as a table shows it.
func shownTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format("2006-01-02 15:04:05Z")
}

func words(list []string) string { return strings.Join(list, " ") }

// dash stands in a table where there is nothing.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
