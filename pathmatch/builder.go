package pathmatch

import (
	"fmt"
	"slices"
	"strings"
)

// Builder collects templates and compiles them. The zero value is ready for use.
type Builder[T any] struct {
	routes  []route[T]
	byShape map[string]int
}

// Conflict is returned for a template that no path can tell apart from one that was added before: OpenAPI
// calls "/pets/{id}" and "/pets/{name}" identical and a document that has both invalid. Spellings that
// differ only in what is percent-encoded conflict as well.
type Conflict struct {
	Method   string
	Template string // the one being added
	Other    string // the one that was there
	// SameMethod is set if both have the method. What was being added is then left out. If it is not set,
	// the two share the path but no operation, and the value has been added: whether to go on is the
	// caller's choice.
	SameMethod bool
}

func (c *Conflict) Error() string {
	switch {
	case !c.SameMethod:
		return fmt.Sprintf("path template %.200q (%s) matches the same paths as %.200q", c.Template, c.Method, c.Other)
	case c.Template == c.Other:
		return fmt.Sprintf("path template %.200q has %s twice", c.Template, c.Method)
	}
	return fmt.Sprintf("path template %.200q matches the same paths as %.200q, and both have %s", c.Template, c.Other, c.Method)
}

// MethodError is returned for a method that no request could carry.
type MethodError struct{ Method string }

func (e *MethodError) Error() string {
	return fmt.Sprintf("method %.50q is not a token (RFC 9110 section 9.1)", e.Method)
}

// Add gives a value to a method and a path template. The method is taken as it is, in its letter case, and
// may be any token; HEAD is not implied by GET. It returns a *TemplateError, a *MethodError, or a *Conflict.
func (b *Builder[T]) Add(method, template string, value T) error {
	if !isToken(method) {
		return &MethodError{Method: method}
	}
	t, err := parse(template)
	if err != nil {
		return err
	}
	r := b.route(t)
	clash := r.conflict(method, template)
	if clash == nil || !clash.SameMethod {
		r.entries = append(r.entries, entry[T]{method: method, template: template, value: value})
	}
	if clash != nil {
		return clash
	}
	return nil
}

// route returns the route of the template's shape and makes it if there is none.
func (b *Builder[T]) route(t template) *route[T] {
	shape := t.shape()
	i, known := b.byShape[shape]
	if !known {
		if b.byShape == nil {
			b.byShape = make(map[string]int)
		}
		i = len(b.routes)
		b.byShape[shape] = i
		b.routes = append(b.routes, route[T]{segments: t.segments})
	}
	return &b.routes[i]
}

// conflict compares with the template that came first: every operation of a second one is reported, and none
// of the first.
func (r *route[T]) conflict(method, template string) *Conflict {
	if e := r.entry(method); e != nil {
		return &Conflict{Method: method, Template: template, Other: e.template, SameMethod: true}
	}
	if len(r.entries) > 0 && r.entries[0].template != template {
		return &Conflict{Method: method, Template: template, Other: r.entries[0].template}
	}
	return nil
}

// Build compiles what has been added. The builder may be added to and built again; matchers it made before
// stay as they are.
func (b *Builder[T]) Build() *Matcher[T] {
	m := &Matcher[T]{routes: make([]route[T], len(b.routes))}
	for i, r := range b.routes {
		m.routes[i] = r.settled()
		m.exact.insert(r.segments, i+1)
		m.folded.insert(folded(r.segments), i+1)
	}
	return m
}

// settled is a copy that no later Add can change.
func (r *route[T]) settled() route[T] {
	s := route[T]{segments: r.segments, entries: slices.Clone(r.entries)}
	for _, e := range r.entries {
		s.allow = append(s.allow, e.method)
	}
	slices.Sort(s.allow)
	return s
}

func folded(segments []segment) []segment {
	f := make([]segment, len(segments))
	for i, s := range segments {
		f[i] = s.folded()
	}
	return f
}

// isToken is RFC 9110 section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
