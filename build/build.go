// Package build makes a plan of a configuration and the documents that it
// names. It is the only package that knows every stage: which steps an
// operation gets, in which order within a stage, and with what settings, is
// written here and nowhere else.
//
// Everything that can be wrong is found here, before a request is served: all
// mistakes at once, each with its place. It fetches nothing but documents; what
// must answer before the plan may serve is listed in Result.Ready.
package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/netip"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/password"
	"sallyport/problem"
	"sallyport/roster"
	"sallyport/source"
	"sallyport/stage/admit"
	"sallyport/stage/forward"
	"sallyport/stage/identify"
	"sallyport/stage/limit"
	"sallyport/stage/record"
)

// Options are what a plan needs beside the configuration.
type Options struct {
	// Metrics count exchanges; nil counts none.
	Metrics *record.Metrics
	// Lines takes the lines about requests as JSON; nil leaves them to the log
	// of the environment.
	Lines io.Writer
	// Fetch gets what a remote $ref names, where the configuration allows its
	// address; nil refuses all.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	// Lookup finds the addresses of a name that a value of a request leads to; nil
	// asks the resolver of this machine.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	// Report keeps what API.Report needs: the compiled schemas by their places
	// in the document.
	Report bool
	// Roster knows the holders of what the store keeps; nil where none is open.
	Roster *roster.Roster
	// Secret is what lies sealed in the store under a name; nil where no store is
	// open. Then each such secret is a random one that nobody knows.
	Secret func(ctx context.Context, name string) (string, error)
	// Documents are given instead of files, by the path that the
	// configuration names.
	Documents map[string][]byte
	// Local are the APIs, by their names, that this program answers itself; no
	// configuration file can say so. Their upstream is never asked.
	Local map[string]Local
}

// Result is a plan and what is known about it.
type Result struct {
	Plan *sallyport.Plan
	APIs []*API
	// Warnings change nothing that is enforced.
	Warnings source.Mistakes
	// Files are all that were read: a change in one is a reason to build anew.
	Files []string
	// Ready must succeed before the plan may serve.
	Ready []Ready
	// Reachable is what a gateway cannot work without, though it may start: who
	// sends requests to it should ask.
	Reachable []Ready
	// Upstreams are the pools of the APIs.
	Upstreams []*forward.Pool
	// Tunnels are counts of WebSockets, of the APIs that have some.
	Tunnels []*forward.Tunnels
	// Guessing counts what failures to identify there are, nil if nothing does;
	// Watches are of the schemes that it counts for.
	Guessing *identify.Guessing
	Watches  []*identify.Watch
	// Trails are what is known of lookups, nil if no API counts any; Lookups are
	// what they have come to, by API.
	Trails  *limit.Trails
	Lookups []*limit.LookupCounts
	// Passwords bounds what passwords take, those that are set included; nil if
	// no store is open and no scheme has any.
	Passwords *password.Checker
	// Lasting is to be kept once the plan serves.
	Lasting *sallyport.Lasting
}

// API is one API of the plan.
type API struct {
	Name     string
	Document *openapi.Document
	// Operations in the order of the document.
	Operations []*sallyport.Operation
	// Unguarded are those that no rule binds to the objects of the caller.
	Unguarded []Unguarded

	config   *config.API
	compiler *jsonschema.Compiler // nil unless Options.Report
}

// Ready is something that must answer.
type Ready struct {
	// Name says what it is.
	Name  string
	At    source.Position
	Check func(context.Context) error
}

// Build makes a plan. Errors are source.Mistakes: all that were found.
func Build(ctx context.Context, env *sallyport.Env, c *config.Config, o Options) (*Result, error) {
	b := &builder{ctx: ctx, env: env, config: c, options: o, result: &Result{Files: slices.Clone(c.Files), Lasting: env.Lasting()}, router: newRouter(), texts: make(map[string]string)}
	b.fillSecrets()
	if o.Roster != nil {
		if _, err := b.checker(); err != nil {
			return nil, err
		}
	}
	digest := sha256.New()
	for i := range c.APIs {
		if api := b.api(&c.APIs[i]); api != nil {
			b.result.APIs = append(b.result.APIs, api)
			for _, name := range api.Document.Files {
				if !strings.Contains(name, "://") { // a change of what was fetched is not told
					b.result.Files = append(b.result.Files, name)
				}
			}
			digest.Write([]byte(api.Document.Digest))
		}
	}
	b.result.Guessing = b.guessed
	b.router.finish(&b.mistakes)
	if err := b.mistakes.Err(); err != nil {
		return nil, err
	}
	for _, file := range c.Files {
		text, _ := source.ReadText(file, source.DefaultLimits) // what cannot be read any more is a change too
		digest.Write(text)
	}
	b.result.Plan = &sallyport.Plan{
		Digest:      hex.EncodeToString(digest.Sum(nil)),
		Entry:       b.entry(),
		Unread:      []sallyport.Placed{b.answerFields()},
		Match:       b.router.match,
		Finish:      b.finish(),
		Operations:  b.operations,
		ProblemBase: problemBase(c),
	}
	return b.result, nil
}

func problemBase(c *config.Config) string {
	if c.Problems.Base != "" {
		return c.Problems.Base
	}
	return problem.DefaultBase
}

type builder struct {
	ctx        context.Context
	env        *sallyport.Env
	config     *config.Config
	options    Options
	result     *Result
	router     *router
	operations []*sallyport.Operation
	soleCORS   *admit.CORS
	guessed    *identify.Guessing
	mistakes   source.Mistakes
	texts      map[string]string // of what is not enforced, each once
}

// wrong notes what an error says at a place; Mistakes keep their own places.
func (b *builder) wrong(at source.Position, remedy string, err error) {
	if ms, ok := err.(source.Mistakes); ok {
		b.mistakes = append(b.mistakes, ms...)
		return
	}
	b.mistakes.Add(at, remedy, "%s", err)
}

// entry is what happens to every request before its operation is known.
func (b *builder) entry() []sallyport.Placed {
	trusted := make([]netip.Prefix, len(b.config.TrustedProxies))
	for i, p := range b.config.TrustedProxies {
		trusted[i] = p.Prefix
	}
	sizes := b.config.Sizes
	steps := []sallyport.Placed{
		admitted("client", admit.NewClient(trusted), "client address: the peer's; "+counted(len(trusted), "proxy prefix is", "proxy prefixes are")+" trusted", b.config.PositionOf("trusted_proxies")),
		b.answerFields(),
		admitted("canonical", &admit.Canonical{
			MaxTarget: int(sizes.TargetBytes), MaxFields: sizes.HeaderCount, MaxFieldBytes: int(sizes.HeaderBytes),
		}, "one reading of path, query and host; sizes of target and header fields", sizes.At),
	}
	if b.soleCORS != nil {
		// With one policy for everything, scripts can read every refusal.
		steps = slices.Insert(steps, 2, admitted("cors", b.soleCORS, "cors: answers may be read by listed origins", b.config.APIs[0].CORS.At))
	}
	return steps
}

func admitted(name string, step sallyport.Step, says string, at source.Position) sallyport.Placed {
	return sallyport.Placed{Stage: sallyport.Admit, Name: name, Step: step, Controls: []sallyport.Control{{Says: says, From: at}}}
}

// answerFields hold for every answer, whatever it answers.
func (b *builder) answerFields() sallyport.Placed {
	return admitted("answer", &admit.AnswerFields{Fields: b.everyAnswer(), HSTS: b.hsts()}, "every answer: nosniff; over TLS, Strict-Transport-Security", source.Position{})
}

// finish is what happens after every exchange.
func (b *builder) finish() []sallyport.Placed {
	steps := []sallyport.Placed{{Stage: sallyport.Record, Name: "log", Step: &record.Log{Requests: b.config.Log.Requests, Lines: b.options.Lines}}}
	if b.options.Metrics != nil {
		steps = append(steps, sallyport.Placed{Stage: sallyport.Record, Name: "metrics", Step: b.options.Metrics.Counting(len(b.operations))})
	}
	return steps
}
