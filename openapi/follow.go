package openapi

import (
	"sallyport/source"
)

// reference reads a Reference Object, which stands in the place of another.
func (w *walker) reference(k kind, n, ref *source.Node) {
	if !w.is(ref, source.String, "$ref") {
		return
	}
	for i := range n.Members {
		name := n.Members[i].Name
		if name == "$ref" || w.version >= V31 && (name == "summary" || name == "description") {
			continue
		}
		w.warn(n.MemberPosition(i), "move it to what the reference names", "%s beside $ref is ignored", name)
	}
	w.queue = append(w.queue, pending{from: n, ref: ref.Text, kind: k, unit: w.unit})
}

// follow finds what a reference names and reads it as what belongs in the
// reference's place.
func (w *walker) follow(p pending) {
	outer := w.unit
	w.unit = p.unit
	defer func() { w.unit = outer }()

	target, mistake := w.files.resolve(p.from, p.ref)
	if mistake != nil && p.at != nil {
		mistake.Position = p.at.Position()
	}
	if mistake != nil && p.mild {
		w.warn(mistake.Position, mistake.Remedy, "%s", mistake.Message)
		return
	}
	if mistake != nil {
		w.wrong(mistake.Position, mistake.Remedy, "%s", mistake.Message)
		return
	}
	if p.at == nil {
		w.targets[p.from] = target
		w.followed = append(w.followed, p)
	}
	was, known := w.first[target]
	if known && was != p.kind && w.seen[sight{target, p.kind}] == nil && !isEmpty(target) {
		w.wrong(refPosition(p.from), "refer to "+w.title(p.kind), "the reference %q names %s, but here stands %s", p.ref, w.title(was), w.title(p.kind))
		return
	}
	if known {
		w.object(p.kind, target)
		return
	}
	u := w.within(true, func() { w.object(p.kind, target) })
	p.unit.need(u)
}

func isEmpty(n *source.Node) bool { return n.Kind == source.Map && len(n.Members) == 0 }

func (w *walker) title(k kind) string {
	if k == aSchema {
		return "a schema"
	}
	return w.grammar[k].title
}

// endlessReferences finds the rings, once all references are known.
func (w *walker) endlessReferences() {
	for _, p := range w.followed {
		if w.endless(p.from) {
			w.note(p.unit, refPosition(p.from), "let one of them say what it is", "the reference %q leads back to itself, or over more than %d others", p.ref, longestChain)
		}
	}
}

// longestChain is how many references may follow one another directly.
const longestChain = 100

// endless tells whether the references from a node never come to an end. A
// schema that says more than $ref would still ask itself for ever.
func (w *walker) endless(n *source.Node) bool {
	for range longestChain {
		if n = w.targets[n]; n == nil {
			return false
		}
	}
	return true
}

// deref is the object that a node stands for: itself or what its references
// lead to; nil where they lead nowhere.
func (w *walker) deref(n *source.Node) *source.Node {
	for range longestChain {
		if n == nil || n.Kind != source.Map || !n.Has("$ref") {
			return n
		}
		n = w.targets[n]
	}
	return nil
}
