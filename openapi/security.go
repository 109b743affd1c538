package openapi

import (
	"slices"
	"strings"

	"sallyport/source"
)

// schemeFields are the fields that each type of security scheme needs.
func schemeFields(kind string) []string {
	switch kind {
	case "apiKey":
		return []string{"name", "in"}
	case "http":
		return []string{"scheme"}
	case "oauth2":
		return []string{"flows"}
	case "openIdConnect":
		return []string{"openIdConnectUrl"}
	}
	return nil
}

func (w *walker) schemeRules(n *source.Node) {
	kind := n.Get("type")
	if kind == nil || kind.Kind != source.String {
		return
	}
	known := []string{"apiKey", "http", "oauth2", "openIdConnect"}
	if w.version >= V31 {
		known = append(known, "mutualTLS")
	}
	if !slices.Contains(known, kind.Text) {
		remedy := w.files.meant(kind.Text, known)
		switch kind.Text {
		case "basic":
			remedy = "write type: http and scheme: basic"
		case "mutualTLS":
			remedy = "it is there from OpenAPI 3.1 on"
		}
		w.wrong(kind.Position(), remedy, "there is no security scheme of type %q", kind.Text)
		return
	}
	needed := schemeFields(kind.Text)
	for _, f := range needed {
		if !n.Has(f) {
			w.wrong(n.Position(), "", "a security scheme of type %s needs the field %s", kind.Text, f)
		}
	}
	w.schemeExtras(n, kind.Text, needed)
	if name := n.Get("scheme"); kind.Text == "http" && name != nil && name.Kind == source.String && (name.Text == "" || !isToken(name.Text)) {
		w.wrong(name.Position(), "write bearer or basic", "%q is no authentication scheme (RFC 9110 §11.1)", name.Text)
	}
	if name := n.Get("name"); kind.Text == "apiKey" && name != nil && name.Kind == source.String && name.Text == "" {
		w.wrong(name.Position(), "name the header, query parameter or cookie", "an API key stands in something that has a name")
	}
	if in := n.Get("in"); kind.Text == "apiKey" && in != nil && in.Kind == source.String {
		allowed := []string{"query", "header", "cookie"}
		if !slices.Contains(allowed, in.Text) {
			w.wrong(in.Position(), w.files.meant(in.Text, allowed), "an API key is in query, header or cookie, never in %q", in.Text)
		} else if in.Text == "header" && n.Has("name") {
			w.headerName(n.Get("name").Position(), n.Str("name"))
		}
	}
}

// schemeExtras warns of fields that belong to another type of scheme.
func (w *walker) schemeExtras(n *source.Node, kind string, needed []string) {
	for _, f := range []string{"name", "in", "scheme", "bearerFormat", "flows", "openIdConnectUrl"} {
		bearer := f == "bearerFormat" && kind == "http" && strings.EqualFold(n.Str("scheme"), "bearer")
		if n.Has(f) && !slices.Contains(needed, f) && !bearer {
			w.warn(n.NamePosition(f), "", "%s means nothing in this security scheme", f)
		}
	}
}

func (w *walker) requirementRules(n *source.Node) {
	for i := range n.Members {
		m := &n.Members[i]
		w.texts(m.Value, m.Name)
		scheme := w.scheme(n, m.Name)
		if scheme == nil {
			remedy := w.files.meantMember(m.Name, w.doc.root.Get("components").Get("securitySchemes"))
			if remedy == "" {
				remedy = "declare it under components/securitySchemes"
			}
			w.wrong(n.MemberPosition(i), remedy, "there is no security scheme %q", m.Name)
		}
	}
}

// scheme is the security scheme of that name or, since 3.2, at that URI
// (Security Requirement Object).
func (w *walker) scheme(at *source.Node, name string) *source.Node {
	if s := w.schemes[name]; s != nil || w.version < V32 || !strings.ContainsAny(name, "#/.") {
		return s
	}
	target, mistake := w.files.follow(at, name)
	if mistake != nil || target.Kind != source.Map {
		return nil
	}
	w.schemes[name] = target
	w.within(false, func() { w.object(aSecurityScheme, target) })
	return target
}

// buildSchemes fills in the document's security schemes.
func (b *builder) buildSchemes() {
	b.doc.Schemes = make(map[string]*SecurityScheme, len(b.schemes))
	for name, declared := range b.schemes {
		n := b.deref(declared)
		if n == nil || n.Kind != source.Map {
			continue
		}
		b.doc.Schemes[name] = &SecurityScheme{
			Name:             name,
			Type:             n.Str("type"),
			In:               n.Str("in"),
			Parameter:        n.Str("name"),
			HTTPScheme:       strings.ToLower(n.Str("scheme")),
			BearerFormat:     n.Str("bearerFormat"),
			OpenIDConnectURL: n.Str("openIdConnectUrl"),
			At:               declared.Position(),
		}
	}
}

// buildSecurity sets the alternatives: the operation's own, else the root's.
func (b *builder) buildSecurity(op *Operation, n *source.Node, u *unit) {
	list := n.Get("security")
	if list == nil {
		list = b.doc.root.Get("security")
	}
	if list == nil || list.Kind != source.List {
		return
	}
	u.need(b.lists[list])
	op.SecurityDeclared, op.SecurityAt = true, list.Position()
	op.Security = b.alternatives(list)
}

// alternatives of a security list; the list needs the schemes it names.
func (b *builder) alternatives(list *source.Node) []Alternative {
	if known, ok := b.secured[list]; ok {
		return known
	}
	all := []Alternative{}
	for _, item := range list.Items {
		if item.Kind != source.Map {
			continue
		}
		alternative := Alternative{}
		for i := range item.Members {
			m := &item.Members[i]
			alternative = append(alternative, Requirement{m.Name, textsOf(m.Value), item.MemberPosition(i)})
			if s := b.schemes[m.Name]; s != nil && b.lists[list] != nil {
				b.lists[list].need(b.seen[sight{s, aSecurityScheme}])
			}
			b.scopeRules(m)
		}
		all = append(all, alternative)
	}
	b.secured[list] = all
	return all
}

// scopeRules warns of scopes that no flow offers, and of scopes of schemes that
// have none in 3.0; both are enforced as written.
func (b *builder) scopeRules(m *source.Member) {
	scheme := b.deref(b.schemes[m.Name])
	kind := scheme.Str("type")
	for _, scope := range m.Value.Items {
		switch {
		case kind == "oauth2" && !offers(scheme.Get("flows"), scope.Text):
			b.warn(scope.Position(), "", "no flow of %q offers the scope %q", m.Name, scope.Text)
		case b.version == V30 && (kind == "apiKey" || kind == "http"):
			b.warn(scope.Position(), "", "a scheme of type %s has no scopes in OpenAPI 3.0", kind)
		}
	}
}

// offers tells whether one of the flows has the scope.
func offers(flows *source.Node, scope string) bool {
	if flows == nil {
		return false
	}
	for i := range flows.Members {
		if flows.Members[i].Value.Get("scopes").Has(scope) {
			return true
		}
	}
	return false
}

// textsOf is the strings of a list.
func textsOf(n *source.Node) []string {
	var list []string
	for _, item := range n.Items {
		if item.Kind == source.String {
			list = append(list, item.Text)
		}
	}
	return list
}
