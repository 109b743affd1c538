package openapi

import (
	"strings"

	"sallyport/source"
)

// rules are what an object's table cannot say.
func (w *walker) rules(k kind, n *source.Node) {
	switch k {
	case aDocument:
		w.documentRules(n)
	case aContact:
		w.contactRules(n)
	case aLicense:
		if n.Has("identifier") && n.Has("url") {
			w.wrong(n.NamePosition("url"), "keep one of them", "license has both identifier and url")
		}
	case aServer:
		w.serverRules(n)
	case aServerVariable:
		w.variableRules(n)
	case thePaths:
		w.pathsRules(n)
	case aPathItem:
		w.pathItemRules(n)
	case anOperation:
		w.operationRules(n)
	case aParameter:
		w.parameterRules(n)
	case aHeader:
		w.headerRules(n)
	case aMediaType, anEncoding:
		w.encodingRules(k, n)
	case theResponses:
		w.responsesRules(n)
	case aResponse:
		if w.version < V32 && !n.Has("description") {
			w.wrong(n.Position(), "it may be short, even empty", "a response needs the field description")
		}
	case anExample:
		w.exampleRules(n)
	case aLink:
		w.linkRules(n)
	case aCallback:
		w.callbackRules(n)
	case anXML:
		if n.Has("nodeType") && (n.Has("attribute") || n.Has("wrapped")) {
			w.wrong(n.NamePosition("nodeType"), "leave out attribute and wrapped", "xml has both nodeType and what it replaces")
		}
	case aSecurityScheme:
		w.schemeRules(n)
	case aRequirement:
		w.requirementRules(n)
	}
}

func (w *walker) documentRules(n *source.Node) {
	switch {
	case w.version == V30 && !n.Has("paths"):
		w.wrong(n.Position(), "paths: {} will do", "the document needs the field paths")
	case !n.Has("paths") && !n.Has("webhooks") && !n.Has("components"):
		w.wrong(n.Position(), "", "the document has neither paths nor webhooks nor components")
	}
	if self := n.Get("$self"); w.version >= V32 && self != nil && strings.Contains(self.Text, "#") {
		w.wrong(self.Position(), "leave out the part from # on", "$self has a fragment")
	}
	w.dialectRules(n)
	seen := map[string]bool{}
	if tags := n.Get("tags"); tags != nil {
		for _, t := range tags.Items {
			name := t.Str("name")
			if seen[name] {
				w.warn(t.Position(), "", "the tag %q is described twice", name)
			}
			seen[name] = true
		}
	}
}

func (w *walker) contactRules(n *source.Node) {
	email := n.Get("email")
	if email == nil || email.Kind != source.String {
		return
	}
	local, domain, at := strings.Cut(email.Text, "@")
	if !at || local == "" || domain == "" || strings.ContainsAny(email.Text, " \t\r\n<>()[]\\,;:") || strings.Contains(domain, "@") {
		w.wrong(email.Position(), "", "email is no e-mail address")
	}
}

func (w *walker) responsesRules(n *source.Node) {
	codes := 0
	for i := range n.Members {
		m := &n.Members[i]
		if strings.HasPrefix(m.Name, "x-") {
			continue
		}
		codes++
		if m.Name != "default" && !isStatus(m.Name) {
			w.wrong(n.MemberPosition(i), "write a status such as 200, a range such as 2XX, or default", "%q is no status", m.Name)
			continue
		}
		w.object(aResponse, m.Value)
	}
	if codes == 0 {
		w.wrong(n.Position(), "default: {description: ...} covers all", "responses needs at least one response")
	}
}

// isStatus tells whether the key is a status code or a range of them.
func isStatus(s string) bool {
	if len(s) != 3 || s[0] < '1' || s[0] > '5' {
		return false
	}
	return s[1:] == "XX" || '0' <= s[1] && s[1] <= '9' && '0' <= s[2] && s[2] <= '9'
}

func (w *walker) exampleRules(n *source.Node) {
	for _, pair := range [][2]string{
		{"value", "externalValue"}, {"value", "dataValue"}, {"value", "serializedValue"}, {"serializedValue", "externalValue"},
	} {
		if n.Has(pair[0]) && n.Has(pair[1]) {
			w.judge(w.version >= V31, n.NamePosition(pair[1]), "keep one of them", "an example has both %s and %s", pair[0], pair[1])
		}
	}
}

func (w *walker) linkRules(n *source.Node) {
	id, ref := n.Get("operationId"), n.Get("operationRef")
	switch {
	case id != nil && ref != nil:
		w.wrong(n.NamePosition("operationRef"), "keep one of them", "a link has both operationId and operationRef")
	case id == nil && ref == nil:
		w.judge(w.version >= V31, n.Position(), "", "a link needs operationId or operationRef")
	case id != nil && id.Kind == source.String:
		w.links = append(w.links, id)
	}
	if p := n.Get("parameters"); p != nil {
		w.is(p, source.Map, "parameters")
	}
}

// callbackRules reads the path items of a callback; a gateway in front of the
// API never sees their requests.
func (w *walker) callbackRules(n *source.Node) {
	for i := range n.Members {
		m := &n.Members[i]
		if !strings.HasPrefix(m.Name, "x-") {
			w.within(false, func() { w.object(aPathItem, m.Value) })
		}
	}
}

// namedRules checks the names of a map of objects.
func (w *walker) namedRules(f *field, v *source.Node) {
	switch {
	case f.of == aMediaType && f.name == "content":
		w.contentRules(v)
	case f.of == aHeader && f.shape == named:
		for i := range v.Members {
			w.headerName(v.MemberPosition(i), v.Members[i].Name)
		}
	case f.of == anOperation:
		for i := range v.Members {
			w.methodName(v.MemberPosition(i), v.Members[i].Name)
		}
	}
}

// methodName checks a key of additionalOperations (3.2).
func (w *walker) methodName(at source.Position, name string) {
	if !isToken(name) {
		w.wrong(at, "", "%q is no method (RFC 9110 §9.1)", name)
		return
	}
	for _, m := range methods(w.version) {
		if strings.ToUpper(m) == name {
			w.wrong(at, "write it as "+m+": of the path item", "additionalOperations has %s, which has a field of its own", name)
		}
	}
}

func (w *walker) headerName(at source.Position, name string) {
	if !isToken(name) {
		w.judge(w.version >= V32, at, "", "%q is no header name (RFC 9110 §5.1)", name)
	}
}

// isToken is RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(s[i])) {
			return false
		}
	}
	return s != ""
}

// address checks that a string is a URI reference (RFC 3986 §4.1). Braces are
// let through, since vendors write templates, and letters beyond ASCII.
func (w *walker) address(n *source.Node, name string) {
	for i := 0; i < len(n.Text); i++ {
		c := n.Text[i]
		if c <= ' ' || c == 0x7f || strings.IndexByte("<>\"\\^`|", c) >= 0 {
			w.wrong(n.Position(), "write it percent-encoded", "%s is no URI: it has %q in it", name, rune(c))
			return
		}
		if c == '%' && (i+2 >= len(n.Text) || !isHex(n.Text[i+1]) || !isHex(n.Text[i+2])) {
			w.wrong(n.Position(), "write % as %25", "%s is no URI: a %% stands alone", name)
			return
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
