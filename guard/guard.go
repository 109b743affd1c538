// Package guard asks the rules of an operation about an exchange: it gives them
// the caller, the parameters and what a body holds, and turns a rule that does
// not hold into the refusal that the configuration names. The stages use it, each
// for the rules of which everything is known when its turn comes.
//
// A rule that cannot be decided does not hold. A caller is told no more than what
// somebody is told who asks for what does not exist; the log gets the rule.
package guard

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/problem"
	"sallyport/rule"
	"sallyport/source"
)

// Rule is one rule of an operation. Make it with New.
type Rule struct {
	*rule.Rule
	// From is where it stands.
	From source.Position
	// Forbids tells a caller for whom it does not hold that the operation is
	// forbidden (403); else that there is no such object (404).
	Forbids bool

	claims claims
	first  int // the index of its first place among those of its set
}

// claims is what a rule asks of the claims of a token.
type claims struct {
	schema *jsonschema.Schema // any JSON; nil where nothing is asked
	watch  jsonschema.Watch
}

// New makes a rule of an operation.
func New(r *rule.Rule, from source.Position, forbids bool) (*Rule, error) {
	g := &Rule{Rule: r, From: from, Forbids: forbids}
	g.claims.watch.Capture = r.Places(rule.Caller)
	if len(g.claims.watch.Capture) == 0 {
		return g, nil
	}
	var err error
	g.claims.schema, err = jsonschema.CompileText("claims", []byte("{}"), jsonschema.Options{Dialect: jsonschema.OpenAPI31}, jsonschema.Use{})
	return g, err
}

// Set is rules that must all hold, over one body at most.
type Set struct {
	Rules []*Rule
	// Capture are the places of the body that they ask for together.
	Capture []*jsonschema.Place

	root rule.Root
}

// NewSet puts rules together that ask for a body of one root.
func NewSet(root rule.Root, rules ...*Rule) *Set {
	s := &Set{root: root}
	for _, r := range rules {
		own := *r
		own.first = len(s.Capture)
		s.Rules = append(s.Rules, &own)
		s.Capture = append(s.Capture, r.Places(root)...)
	}
	return s
}

// Decide is nil where all rules hold, else the refusal of the first that does
// not. Captured is what was found at the places of Capture.
func (s *Set) Decide(x *sallyport.Exchange, captured []jsonschema.Captured) error {
	f := s.about(x, captured)
	for _, r := range s.Rules {
		if v := f.decide(r); v != rule.Yes {
			return r.refusal(v)
		}
	}
	return nil
}

// Holding tells of one body after the other whether all rules hold of it, for
// one exchange.
func (s *Set) Holding(x *sallyport.Exchange) func([]jsonschema.Captured) bool {
	f := s.about(x, nil)
	return func(captured []jsonschema.Captured) bool {
		f.captured = captured
		for _, r := range s.Rules {
			if f.decide(r) != rule.Yes {
				return false
			}
		}
		return true
	}
}

func (s *Set) about(x *sallyport.Exchange, captured []jsonschema.Captured) *facts {
	return &facts{exchange: x, root: s.root, captured: captured}
}

func (r *Rule) refusal(v rule.Verdict) error {
	why := fmt.Errorf("the rule at %s: %s", r.From, v)
	if r.Forbids {
		return problem.Refuse(problem.RuleRefused, "").Because(why)
	}
	return problem.Refuse(problem.ObjectUnknown, "").Because(why) // to the letter what an absent one gets
}

// Host is the name by which rules ask for the host that the client asked for, in
// lower case and without a port.
const Host = "Host"

// facts are what is known of an exchange, for one rule after the other. What
// rules seldom ask for is found out when one does.
type facts struct {
	exchange *sallyport.Exchange
	rule     *Rule
	root     rule.Root
	captured []jsonschema.Captured
	claims   map[*Rule][]jsonschema.Captured
}

func (f *facts) decide(r *Rule) rule.Verdict {
	f.rule = r
	return r.Rule.Decide(f)
}

// Text implements rule.Inputs.
func (f *facts) Text(field rule.Field) string {
	c := f.exchange.Caller.Proved()
	switch {
	case c == nil:
		return ""
	case field == rule.ID:
		return c.ID
	case field == rule.Subject:
		return f.exchange.Caller.Subject()
	case field == rule.Consumer:
		return c.Consumer
	case field == rule.Tenant:
		return c.Tenant
	case field == rule.Issuer:
		return c.Issuer
	case field == rule.Kind:
		return c.Kind
	}
	return ""
}

// List implements rule.Inputs.
func (f *facts) List(field rule.Field) ([]string, bool) {
	c := f.exchange.Caller.Proved()
	switch {
	case c == nil:
		return nil, false
	case field == rule.Roles:
		return c.Roles, true
	}
	return c.Scopes, true
}

// claimed is what the rule asks of the claims of the caller's token.
func (f *facts) claimed() []jsonschema.Captured {
	claims, known := f.claims[f.rule]
	if known || f.rule.claims.schema == nil {
		return claims
	}
	found := new(jsonschema.Found)
	f.rule.claims.schema.Look([]byte(claimsOf(f.exchange)), jsonschema.Cleaning{}, &f.rule.claims.watch, found)
	if f.claims == nil {
		f.claims = make(map[*Rule][]jsonschema.Captured)
	}
	f.claims[f.rule] = found.Captured
	return found.Captured
}

func claimsOf(x *sallyport.Exchange) string {
	for _, c := range x.Caller.Credentials {
		if c.Claims != "" {
			return c.Claims
		}
	}
	return ""
}

// Value implements rule.Inputs.
func (f *facts) Value(root rule.Root, i int) (jsonschema.Value, bool) {
	captured, first := f.captured, f.rule.first
	switch root {
	case rule.Caller:
		v, ok := at(f.claimed(), i)
		return v, ok && !isEmpty(v)
	case f.root:
		return at(captured, first+i)
	}
	return jsonschema.Value{}, false
}

// at is what was captured at a place. Values are captured place by place.
func at(captured []jsonschema.Captured, place int) (jsonschema.Value, bool) {
	for n := range captured {
		if captured[n].Place >= place {
			return captured[n].Value, captured[n].Place == place
		}
	}
	return jsonschema.Value{}, false
}

// isEmpty tells a claim that says nothing: a caller who has none is equal to
// nobody.
func isEmpty(v jsonschema.Value) bool {
	switch v.Kind {
	case jsonschema.Null:
		return true
	case jsonschema.String:
		return len(v.Text) == 0
	case jsonschema.Array, jsonschema.Object:
		return len(bytes.TrimSpace(v.Raw[1:len(v.Raw)-1])) == 0
	}
	return false
}

// Parameter implements rule.Inputs. What comes twice is not there: nobody knows
// which of the two the backend takes.
func (f *facts) Parameter(root rule.Root, i int) (string, bool) {
	name := f.rule.Parameters(root)[i].Name
	switch root {
	case rule.Path:
		text, ok := f.exchange.Param(name)
		if !ok || strings.IndexByte(text, '%') < 0 {
			return text, ok
		}
		text, err := url.PathUnescape(text)
		return text, err == nil
	case rule.Query:
		return queryParameter(f.exchange.Request.Query, name)
	case rule.Headers:
		if strings.EqualFold(name, Host) {
			return f.exchange.Request.Host, true
		}
		fields := f.exchange.Request.Fields
		return fields.Get(name), fields.Count(name) == 1
	}
	return "", false
}

func queryParameter(query, name string) (text string, ok bool) {
	count := 0
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			continue
		}
		var err error
		if text, err = url.QueryUnescape(value); err != nil {
			return "", false
		}
		count++
	}
	return text, count == 1
}
