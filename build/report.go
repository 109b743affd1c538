package build

import (
	"cmp"
	"slices"
	"strings"

	"sallyport"
	"sallyport/items"
	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
)

// Effect is what comes of a word of a document.
type Effect uint8

// The effects, the strongest first.
const (
	// Enforced words are held against every message.
	Enforced Effect = iota
	// Observed words are held, and a finding is recorded and passed.
	Observed
	// NotHeld is what says something that nobody holds.
	NotHeld
	// Annotation is what is meant to say nothing that could be held.
	Annotation
)

func (e Effect) String() string {
	return [...]string{"enforced", "observed", "not held", "annotation"}[e]
}

// Word is a word of a document with one effect for one reason.
type Word struct {
	Name   string
	Effect Effect
	// Why is one line for a person; empty where the word is held.
	Why string
	// Count is how often it stands there, At the first place.
	Count int
	At    source.Position
	// Within is set where something around the word is not held, and the word
	// for that alone.
	Within bool
}

// Place is a part of an operation that the document speaks of.
type Place struct {
	// Name is "operation", "query limit", "body application/json", "answer 200
	// application/json" ...
	Name string
	// Fields are the words of OpenAPI, Schema those of the schemas of the place,
	// wherever they lead.
	Fields, Schema []Word
}

// Summary is what comes of all words of a document, each counted once, however
// many operations it governs, with the strongest of its effects.
type Summary struct {
	Counts [Annotation + 1]int
	// NotHeld is every word that is not; of what is not held as a whole the whole.
	NotHeld []Word
	// Annotations are listed once for each reason.
	Annotations []Word
	// Unheld are the places of all words that are not held.
	Unheld map[source.Position]bool
}

// Report says of every word of the API's document what comes of it: of an
// operation that refuses every request, that nothing is read. It needs a plan
// that was built with Options.Report, and is no part of serving.
func (a *API) Report() *Report {
	return &Report{api: a, spare: jsonschema.NewCompiler(compilerOptions(a.config, a.Document)), words: map[*jsonschema.Schema][]jsonschema.KeywordUse{}}
}

// Report reads the words of one API.
type Report struct {
	api *API
	// spare compiles what the plan does not hold, to list its words.
	spare *jsonschema.Compiler
	words map[*jsonschema.Schema][]jsonschema.KeywordUse
}

// governed is a schema at a place, and what comes of it.
type governed struct {
	schema *jsonschema.Schema
	effect Effect
	why    string
	xml    bool
	// items is set where the schema is that of a stream, of which they are held.
	items *jsonschema.Schema
}

// reading is one operation while it is reported.
type reading struct {
	*Report
	op       *openapi.Operation
	served   bool
	modes    [2]Effect // what held is, of requests and of answers
	answers  string    // why answers are not held, or ""
	places   []Place
	index    map[string]int
	governed map[string][]governed
}

// Operation lists the places of the operation of that number.
func (r *Report) Operation(i int) []Place {
	o := r.read(i)
	for p := range o.places {
		place := &o.places[p]
		var all []Word
		for _, g := range o.governed[place.Name] {
			if g.items != nil {
				g.together(func(w Word) { all = append(all, w) })
				continue
			}
			for _, use := range r.keywords(g.schema) {
				all = append(all, g.word(use.Keyword, use.Count))
			}
		}
		place.Schema, place.Fields = merged(all), merged(place.Fields)
	}
	return o.places
}

// Summary goes through the whole document.
func (r *Report) Summary() Summary {
	t := tally{best: map[spot]Word{}}
	for _, w := range r.api.Document.Words() {
		t.add(wordOf(w.Keyword, Enforced, 1))
	}
	groups := map[governed][]*jsonschema.Schema{}
	for i := range r.api.Operations {
		o := r.read(i)
		for _, p := range o.places {
			for _, w := range p.Fields {
				t.add(w)
			}
		}
		for _, list := range o.governed {
			for _, g := range list {
				if g.items != nil {
					g.together(t.add)
					continue
				}
				schema := g.schema
				g.schema = nil
				groups[g] = append(groups[g], schema)
			}
		}
	}
	for g, schemas := range groups {
		jsonschema.EachKeyword(func(k jsonschema.Keyword) { t.add(g.word(k, 1)) }, schemas...)
	}
	return t.summary()
}

func (r *Report) keywords(s *jsonschema.Schema) []jsonschema.KeywordUse {
	known, ok := r.words[s]
	if !ok {
		known = s.Keywords()
		r.words[s] = known
	}
	return known
}

func (r *Report) read(i int) *reading {
	op := r.api.Operations[i]
	o := &reading{Report: r, op: r.api.Document.Operations[i], served: served(op), index: map[string]int{}, governed: map[string][]governed{}}
	declared := r.api.Document.Operations[i]
	rules := r.api.config.For(op.ID, declared.Path, declared.Tags)
	if slices.Contains(rules.Observe, sallyport.Validate.String()) {
		o.modes[jsonschema.Request-1] = Observed
	}
	switch rules.Answers.Mode {
	case "observe":
		o.modes[jsonschema.Response-1] = Observed
	case "off":
		o.answers = "answers are not looked at (mode off)"
	}
	words := r.api.Document.OperationWords(o.op)
	for at := 0; at < len(words); at++ {
		o.add(words[at])
	}
	o.unread()
	return o
}

// served tells whether the operation does anything but refuse.
func served(op *sallyport.Operation) bool {
	for _, p := range op.Steps(sallyport.Admit) {
		if slices.ContainsFunc(p.Controls, func(c sallyport.Control) bool { return c.Effect == sallyport.Refused }) {
			return false
		}
	}
	return true
}

func (o *reading) add(w openapi.Word) {
	i, known := o.index[w.Place]
	if !known {
		i = len(o.places)
		o.index[w.Place] = i
		o.places = append(o.places, Place{Name: w.Place})
	}
	direction, answer := jsonschema.Request, strings.HasPrefix(w.Place, "answer ")
	if answer {
		direction = jsonschema.Response
	}
	word := wordOf(w.Keyword, o.modes[direction-1], 1)
	switch {
	case word.Effect == NotHeld || word.Effect == Annotation:
	case !o.served:
		word.Effect, word.Why = NotHeld, "the operation refuses every request"
	case (answer || w.Place == "operation" && w.Name == "responses") && o.answers != "":
		word.Effect, word.Why = NotHeld, o.answers
	case w.Name == "schema" || w.Name == "itemSchema":
		o.schema(&word, w, direction)
	}
	o.places[i].Fields = append(o.places[i].Fields, word)
}

// schema finds out what of a schema is held: all, its items alone, or nothing.
func (o *reading) schema(word *Word, w openapi.Word, d jsonschema.Direction) {
	xml := strings.Contains(w.Place, "xml")
	govern := func(s *jsonschema.Schema, effect Effect, why string) {
		o.governed[w.Place] = append(o.governed[w.Place], governed{schema: s, effect: effect, why: why, xml: xml})
	}
	if s := o.api.compiler.Compiled(w.Value, d); s != nil {
		govern(s, word.Effect, "")
		return
	}
	held := word.Effect
	word.Effect, word.Why = NotHeld, o.whyNot(w)
	if one, all := items.Declared(nil, w.Value, func(n *source.Node) *source.Node { return follow(o.api.Document, n) }); one != nil && w.Name == "schema" {
		if s := o.api.compiler.Compiled(one, d); s != nil {
			if govern(s, held, ""); all == nil {
				word.Effect, word.Why = held, ""
				return
			}
			word.Why = "its items are held one by one; what it says of all of them together is not"
			if together, err := o.spare.Compile(w.Value, jsonschema.Use{Direction: d}); err == nil {
				o.governed[w.Place] = append(o.governed[w.Place], governed{schema: together, effect: held, why: word.Why, items: s})
			}
			return
		}
	}
	if isContent(w.Place) && saysNothing(follow(o.api.Document, w.Value)) {
		word.Effect, word.Why = Annotation, "the content is bytes, and it says nothing more of them"
	}
	if s, err := o.spare.Compile(w.Value, jsonschema.Use{Direction: d}); err == nil {
		govern(s, word.Effect, word.Why)
	}
}

// isContent tells whether a place is a body, not a parameter or header field.
func isContent(place string) bool {
	return (strings.HasPrefix(place, "body ") || strings.HasPrefix(place, "answer ")) && !strings.Contains(place, " header ")
}

// saysNothing tells whether a schema says no more of content than that it is
// text or bytes.
func saysNothing(n *source.Node) bool {
	if n == nil || n.Kind != source.Map {
		return n != nil && n.Text == "true"
	}
	return !slices.ContainsFunc(n.Members, func(m source.Member) bool {
		switch m.Name {
		case "type":
			return m.Value.Text != "string"
		case "format":
			return m.Value.Text != "binary"
		case "title", "description", "example", "examples", "default", "deprecated", "externalDocs", "contentMediaType", "$comment":
			return false
		}
		return !strings.HasPrefix(m.Name, "x-")
	})
}

// whyNot is the reason why a schema is not held.
func (o *reading) whyNot(w openapi.Word) string {
	switch media := w.Place[strings.LastIndexByte(w.Place, ' ')+1:]; {
	case strings.Contains(w.Place, " header ") && strings.HasPrefix(w.Place, "answer "):
		return "header fields of answers are not held to their schema"
	case strings.HasPrefix(w.Place, "header "):
		return "the field belongs to the message, not to the operation"
	case !strings.Contains(media, "/"):
		return "nothing reads it"
	case strings.Contains(media, "xml") && strings.HasPrefix(w.Place, "answer "):
		return "the schema does not say element by element what is there: such XML passes unread"
	case strings.Contains(media, "xml"):
		return "the schema does not say element by element what is there: XML is held to be well-formed alone"
	case strings.HasPrefix(w.Place, "answer "):
		return "answers of this media type pass unread"
	}
	return "bodies of this media type are bytes that pass unread"
}

// unread takes back what is said of parameters and header fields whose schema
// nobody reads.
func (o *reading) unread() {
	for i := range o.places {
		p := &o.places[i]
		at := slices.IndexFunc(p.Fields, func(w Word) bool { return w.Name == "schema" && w.Effect == NotHeld })
		held := slices.ContainsFunc(p.Fields, func(w Word) bool { return w.Name == "schema" && w.Effect < NotHeld })
		if at < 0 || held || isContent(p.Name) {
			continue
		}
		for f := range p.Fields {
			if w := &p.Fields[f]; w.Effect < NotHeld {
				w.Effect, w.Why, w.Within = NotHeld, p.Fields[at].Why, true
			}
		}
		if answer, _, header := strings.Cut(p.Name, " header "); header && !strings.Contains(answer, "/") {
			o.unheldHeaders(answer, p.Fields[at].Why)
		}
	}
}

// unheldHeaders: the headers of an answer of which one is not held.
func (o *reading) unheldHeaders(answer, why string) {
	place := &o.places[o.index[answer]]
	for f := range place.Fields {
		if w := &place.Fields[f]; w.Name == "headers" && w.Effect < NotHeld {
			w.Effect, w.Why, w.Within = NotHeld, why, true
		}
	}
}

// together calls f for what a schema says of all items of a stream: that it is
// one is held, and no more; what it says of each item is told elsewhere.
func (g *governed) together(f func(Word)) {
	told := map[source.Position]bool{}
	jsonschema.EachKeyword(func(k jsonschema.Keyword) { told[k.At] = true }, g.items)
	jsonschema.EachKeyword(func(k jsonschema.Keyword) {
		w := wordOf(k, g.effect, 1)
		switch {
		case told[k.At]:
			return
		case k.Effect == jsonschema.Enforced && k.Name != "type" && k.Name != "items" && k.Name != "$ref":
			w.Effect, w.Why = NotHeld, g.why
		}
		f(w)
	}, g.schema)
}

// word is what comes of a keyword where the schema as a whole is held or not.
func (g *governed) word(k jsonschema.Keyword, count int) Word {
	w := wordOf(k, g.effect, count)
	switch {
	case g.xml && k.Name == "xml" && g.effect < NotHeld:
		w.Effect, w.Why = g.effect, ""
	case k.Effect == jsonschema.Enforced:
		w.Why, w.Within = g.why, g.effect >= NotHeld
	}
	return w
}

func wordOf(k jsonschema.Keyword, enforced Effect, count int) Word {
	effect := map[jsonschema.Effect]Effect{jsonschema.Enforced: enforced, jsonschema.Annotation: Annotation, jsonschema.NotHeld: NotHeld}[k.Effect]
	return Word{Name: k.Name, Effect: effect, Why: k.Why, Count: count, At: k.At}
}

// merged puts equal words together.
func merged(words []Word) []Word {
	var out []Word
	index := map[Word]int{}
	for _, w := range words {
		key := Word{Name: w.Name, Effect: w.Effect, Why: w.Why, Within: w.Within}
		i, known := index[key]
		if !known {
			i = len(out)
			index[key] = i
			key.At = w.At
			out = append(out, key)
		}
		out[i].Count += w.Count
	}
	return out
}

// spot is one word of a document.
type spot struct {
	name string
	at   source.Position
}

// tally keeps the strongest effect of each word.
type tally struct{ best map[spot]Word }

func (t *tally) add(w Word) {
	key := spot{w.Name, w.At}
	if best, known := t.best[key]; !known || w.Effect < best.Effect || w.Effect == best.Effect && w.Why < best.Why {
		w.Count = 1
		t.best[key] = w
	}
}

func (t *tally) summary() Summary {
	s := Summary{Unheld: map[source.Position]bool{}}
	var all []Word
	for _, w := range t.best {
		if w.Effect == NotHeld {
			s.Unheld[w.At] = true
		}
		s.Counts[w.Effect]++
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b Word) int {
		return cmp.Or(cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column), cmp.Compare(a.Name, b.Name))
	})
	var annotations []Word
	for _, w := range all {
		switch {
		case w.Within:
		case w.Effect == NotHeld:
			s.NotHeld = append(s.NotHeld, w)
		case w.Effect == Annotation:
			annotations = append(annotations, w)
		}
	}
	s.Annotations = merged(annotations)
	return s
}
