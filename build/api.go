package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
	"sallyport/stage/admit"
	"sallyport/stage/forward"
	"sallyport/stage/identify"
	"sallyport/stage/inspect"
	"sallyport/stage/limit"
	"sallyport/stage/validate"
	"sallyport/xmlbody"
)

// apiBuilder makes the operations of one API.
type apiBuilder struct {
	*builder
	config     *config.API
	document   *openapi.Document
	compiler   *jsonschema.Compiler
	schemes    map[string]*identify.Scheme
	rates      map[string]*limit.Rate
	flights    map[string]*limit.Concurrency
	lookups    *limit.Lookups // nil where none are counted
	flows      []*limit.Flow  // as the configuration has them
	cors       *admit.CORS
	pool       *forward.Pool
	poolConfig forward.PoolConfig
	// credentials are those for the backend, nil without any.
	credentials *forward.Credentials
	// certificates tell it those of clients, nil where it is told none.
	certificates *forward.Certificates
	names        validate.Budget
	plans        *xmlbody.Planner
	unguarded    []Unguarded
	fields       map[*config.Field]bool   // whether some operation has the value
	exceptions   map[source.Position]bool // whether some operation is one
	keepers      map[*sallyport.Operation]bool
	kept         *inspect.Kept   // nil where nothing is read before a write and kept
	later        []func()        // what is done when every operation of the API is made
	used         map[string]bool // names of the configuration that some operation needed
}

func (b *builder) api(c *config.API) *API {
	document, err := b.load(c)
	if err != nil {
		b.unread(c, err)
		return nil
	}
	b.result.Warnings = append(b.result.Warnings, document.Warnings...)
	a := &apiBuilder{
		builder:  b,
		config:   c,
		document: document,
		compiler: jsonschema.NewCompiler(compilerOptions(c, document)),
		used:     make(map[string]bool),
		fields:   make(map[*config.Field]bool),

		exceptions: make(map[source.Position]bool),
		keepers:    make(map[*sallyport.Operation]bool),
		plans:      xmlbody.NewPlanner(func(n *source.Node) *source.Node { return follow(document, n) }),
	}
	a.prepare()
	if len(b.config.APIs) == 1 {
		b.soleCORS, a.cors = a.cors, nil
	}
	api := &API{Name: c.Name, Document: document, config: c}
	if b.options.Report {
		api.compiler = a.compiler
	}
	tables := b.router.tables(c)
	for _, declared := range document.Operations {
		op := a.operation(declared)
		api.Operations = append(api.Operations, op)
		a.route(tables, declared, op)
	}
	api.Unguarded = a.unguarded
	for _, f := range a.later {
		f()
	}
	a.forgetWritten(api.Operations)
	a.unusedFields()
	a.unusedExceptions()
	a.unused()
	a.strayExtensions()
	b.router.undeclared(tables, c.Name, a.cors, a.preflights())
	return api
}

// unread says what is wrong with a document. What has no line in it, because it
// could not be opened, is shown where the configuration names it.
func (b *builder) unread(c *config.API, err error) {
	at := c.PositionOf("document")
	ms, ok := err.(source.Mistakes)
	if !ok {
		b.mistakes.Add(at, "", "%s", err)
		return
	}
	for _, m := range ms {
		if m.Line == 0 && m.File == c.Document {
			m = &source.Mistake{Position: at, Message: m.File + ": " + m.Message, Remedy: m.Remedy}
		}
		b.mistakes = append(b.mistakes, m)
	}
}

func (b *builder) load(c *config.API) (*openapi.Document, error) {
	o := openapi.Options{Partial: c.Partial, Dialects: c.DialectAddresses()}
	if c.Wrote("base_path") {
		o.BasePaths = []string{string(c.BasePath)}
	}
	if b.options.Fetch != nil && len(c.RemoteRefs) > 0 {
		o.Remote = func(ctx context.Context, address string) ([]byte, error) {
			for _, prefix := range c.RemoteRefs {
				if within(prefix.URL, address) {
					return b.options.Fetch(ctx, address)
				}
			}
			return nil, errors.New("remote_refs does not name the beginning of this address")
		}
	}
	if text, ok := b.options.Documents[c.Document]; ok {
		return openapi.Parse(c.Document, text, o)
	}
	return openapi.Load(b.ctx, c.Document, o)
}

// within tells whether an address begins with a prefix, host by host and
// segment by segment: https://docs.example must not let docs.example.net in.
func within(prefix url.URL, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != prefix.Scheme || u.Host != prefix.Host || u.User != nil {
		return false
	}
	path, root := u.EscapedPath(), strings.TrimSuffix(prefix.EscapedPath(), "/")
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == ".." {
			return false // the server would climb out
		}
	}
	return path == root || strings.HasPrefix(path, root+"/")
}

func compilerOptions(c *config.API, d *openapi.Document) jsonschema.Options {
	return jsonschema.Options{Dialect: dialect(d), Resolve: d.Resolve, Dialects: dialects(c), Backtracking: c.Patterns == "backtracking"}
}

// dialect is the language of schemas that name none themselves.
func dialect(d *openapi.Document) jsonschema.Dialect {
	if d.Version == openapi.V30 {
		return jsonschema.OpenAPI30
	}
	if named, ok := jsonschema.DialectOf(d.Dialect); ok {
		return named
	}
	return jsonschema.OpenAPI31
}

// dialects are those of the configuration, as what they are read.
func dialects(c *config.API) map[string]jsonschema.Dialect {
	known := make(map[string]jsonschema.Dialect, len(c.Dialects))
	for address, as := range c.DialectAddresses() {
		known[address], _ = jsonschema.DialectOf(as)
	}
	return known
}

// prepare makes what the operations of the API share.
func (a *apiBuilder) prepare() {
	a.schemes = a.identifySchemes()
	a.prepareLimits()
	a.prepareLookups()
	a.prepareFlows()
	a.cors = a.corsPolicy()
	a.prepareUpstream()
	a.prepareCertificates()
}

// route puts an operation under each of its paths. HEAD goes wherever GET is
// declared (RFC 9110 §9.3.2).
func (a *apiBuilder) route(tables []*table, declared *openapi.Operation, op *sallyport.Operation) {
	for _, t := range tables {
		for _, base := range declared.BasePaths {
			if strings.ContainsAny(declared.Path, "#?") {
				continue // no request can name it; the document's mistake says so
			}
			err := t.add(declared.Method, base+declared.Path, op)
			if err == nil && declared.Method == "GET" && !a.declares("HEAD", declared.Path) {
				err = t.add("HEAD", base+declared.Path, op)
			}
			if err != nil && len(declared.Mistakes) == 0 {
				a.unroutable(declared.At, op, err)
			}
		}
	}
}

// unroutable refuses an operation that another one is in the way of. Where that
// is another API's, no setting lets either be served: the configuration decides
// which requests belong to whom.
func (a *apiBuilder) unroutable(at source.Position, op *sallyport.Operation, err error) {
	if c, ok := errors.AsType[*clash](err); ok && c.earlier != nil && c.earlier.API != op.API {
		a.mistakes.Add(at, "give one of the APIs other hosts or its server another path",
			"%s %s of the API %q is %s of the API %q too, at %s", c.method, c.template, op.API, c.earlier.ID, c.earlier.API, c.earlier.At)
		return
	}
	a.unserved(op, source.Mistakes{{Position: at, Message: err.Error()}})
}

func (a *apiBuilder) declares(method, path string) bool {
	return slices.ContainsFunc(a.document.Operations, func(op *openapi.Operation) bool { return op.Method == method && op.Path == path })
}

// unserved makes an operation refuse every request, where the configuration
// asks for the rest to be served; else it is a mistake that refuses the plan.
func (a *apiBuilder) unserved(op *sallyport.Operation, mistakes source.Mistakes) {
	if !a.config.Partial {
		for _, m := range mistakes {
			a.mistakes.Add(m.Position, cmp.Or(m.Remedy, "mend it, or serve the rest with partial: true"), "%s", m.Message)
		}
		return
	}
	refuse(op, mistakes)
}

// unused points at names of the configuration that no operation needed: most
// often they are misspelt, and what they should hold is held by nobody.
func (a *apiBuilder) unused() {
	var schemes []string
	for name := range a.document.Schemes {
		schemes = append(schemes, name)
	}
	for i := range a.config.Identify {
		s := &a.config.Identify[i]
		if a.document.Schemes[s.Name] == nil {
			remedy := "the document has no security schemes"
			if near := source.Nearest(s.Name, schemes); near != "" {
				remedy = "did you mean " + near + "?"
			} else if len(schemes) > 0 {
				slices.Sort(schemes)
				remedy = "it has " + strings.Join(schemes, ", ")
			}
			a.mistakes.Add(s.At, remedy, "the document has no security scheme %q", s.Name)
		}
	}
	a.unusedGlobs("public", a.config.Public, a.config.Place)
	for i := range a.config.Limits {
		a.unusedGlobs("on", a.config.Limits[i].On, a.config.Limits[i].Place)
	}
	for i := range a.config.Operations {
		o := &a.config.Operations[i]
		a.unusedEntry(o)
	}
}

func (a *apiBuilder) unusedGlobs(key string, globs []config.Glob, place config.Place) {
	for i, g := range globs {
		a.unusedGlob(g, place.PositionOf(fmt.Sprintf("%s/%d", key, i)))
	}
}

// unusedEntry finds settings that are for no operation.
func (a *apiBuilder) unusedEntry(o *config.Override) {
	if !strings.HasPrefix(o.Name, "/") && !strings.HasPrefix(o.Name, "tag:") {
		a.unusedGlob(config.Glob(o.Name), o.At)
		return
	}
	if !slices.ContainsFunc(a.document.Operations, func(op *openapi.Operation) bool { return o.Fits(op.ID, op.Path, op.Tags) }) {
		a.mistakes.Add(o.At, "write it as the document does; * stands for any characters", "no operation of the document fits %q", o.Name)
	}
}

func (a *apiBuilder) unusedGlob(g config.Glob, at source.Position) {
	var ids []string
	for _, op := range a.document.Operations {
		if g.Match(op.ID) {
			return
		}
		ids = append(ids, op.ID)
	}
	remedy := "it takes the ids of operations; * stands for any characters"
	if near := source.Nearest(string(g), ids); near != "" {
		remedy = "did you mean " + near + "?"
	}
	a.mistakes.Add(at, remedy, "no operation of the document fits %q", string(g))
}

func counted(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
