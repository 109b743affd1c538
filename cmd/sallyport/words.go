package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"sallyport"
	"sallyport/build"
	"sallyport/source"
)

// summaryReport is what comes of the words of a document, each counted once.
type summaryReport struct {
	Enforced    int          `json:"enforced"`
	Observed    int          `json:"observed"`
	NotHeld     int          `json:"not_held"`
	Annotation  int          `json:"annotation"`
	Unheld      []wordReport `json:"unheld"`
	Annotations []wordReport `json:"annotations"`
	told        map[source.Position]bool
}

// wordsReport is a place of an operation: the words of OpenAPI and those of the
// schemas.
type wordsReport struct {
	Place  string       `json:"place"`
	Fields []wordReport `json:"fields"`
	Schema []wordReport `json:"schema"`
}

type wordReport struct {
	Word   string `json:"word"`
	Effect string `json:"effect"`
	Why    string `json:"why,omitempty"`
	Count  int    `json:"count"`
	At     string `json:"at"`
	// Within: something around the word is not held, and the word for that alone.
	Within bool `json:"within,omitempty"`
	at     source.Position
}

func newSummaryReport(s build.Summary) summaryReport {
	return summaryReport{
		Enforced: s.Counts[build.Enforced], Observed: s.Counts[build.Observed], NotHeld: s.Counts[build.NotHeld], Annotation: s.Counts[build.Annotation],
		Unheld: newWordReports(s.NotHeld), Annotations: newWordReports(s.Annotations), told: s.Unheld,
	}
}

func newWordsReports(places []build.Place) []wordsReport {
	out := []wordsReport{}
	for _, p := range places {
		out = append(out, wordsReport{p.Name, newWordReports(p.Fields), newWordReports(p.Schema)})
	}
	return out
}

func newWordReports(words []build.Word) []wordReport {
	out := []wordReport{}
	for _, w := range words {
		out = append(out, wordReport{w.Name, w.Effect.String(), w.Why, w.Count, w.At.String(), w.Within, w.At})
	}
	return out
}

// addPlaces finds the words of one operation.
func (o *operationReport) addPlaces(result *build.Result, op *sallyport.Operation) {
	for _, api := range result.APIs {
		if i := slices.Index(api.Operations, op); i >= 0 {
			o.Places = newWordsReports(api.Report().Operation(i))
		}
	}
}

// writeText tells how many words are held, and which are not.
func (s *summaryReport) writeText(out io.Writer) {
	observed := ""
	if s.Observed > 0 {
		observed = fmt.Sprintf(", %d observed", s.Observed)
	}
	fmt.Fprintf(out, "  %s of the document: %d enforced%s, %s, %d not held\n",
		plural(s.Enforced+s.Observed+s.NotHeld+s.Annotation, "word"), s.Enforced, observed, plural(s.Annotation, "annotation"), s.NotHeld)
	if len(s.Unheld) > 0 {
		fmt.Fprintln(out, "  not held:")
	}
	for _, w := range together(s.Unheld) {
		fmt.Fprintf(out, "    %s\n", w.text())
	}
	if names := s.annotated(); names != "" {
		fmt.Fprintf(out, "  annotations: %s\n", names)
	}
}

// together puts words with one reason on one line, with the first place.
func together(words []wordReport) []wordReport {
	var out []wordReport
	index := map[[2]string]int{}
	for _, w := range words {
		key := [2]string{w.Word, w.Why}
		i, known := index[key]
		if !known {
			index[key] = len(out)
			out = append(out, w)
			continue
		}
		out[i].Count += w.Count
	}
	return out
}

// annotated counts the annotations by their names, the commonest first.
func (s *summaryReport) annotated() string {
	counts := map[string]int{}
	for _, w := range s.Annotations {
		counts[w.Word] += w.Count
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(names, ", ")
}

func (w *wordReport) text() string {
	text := w.Word
	if w.Count > 1 {
		text += fmt.Sprintf(" (%d times)", w.Count)
	}
	if w.Why != "" {
		text += ": " + w.Why
	}
	return text + "  (" + w.At + ")"
}

// writePlaces tells place by place: what is held on one line, what is not on a
// line each.
func (o *operationReport) writePlaces(out io.Writer, indent string) {
	for _, p := range o.Places {
		fmt.Fprintf(out, "%s%s\n", indent, p.Place)
		for _, part := range []struct {
			name  string
			words []wordReport
		}{{"", p.Fields}, {"schema: ", p.Schema}} {
			for _, effect := range []build.Effect{build.Enforced, build.Observed, build.Annotation} {
				if names := named(part.words, effect); names != "" {
					fmt.Fprintf(out, "%s  %-10s %s%s\n", indent, effect, part.name, names)
				}
			}
			for _, w := range part.words {
				if w.Effect == build.NotHeld.String() && !w.Within {
					fmt.Fprintf(out, "%s  %-10s %s%s\n", indent, w.Effect, part.name, w.text())
				}
			}
		}
	}
}

// named lists the words of one effect, with how often each stands there.
func named(words []wordReport, effect build.Effect) string {
	var order []string
	counts := map[string]int{}
	for _, w := range words {
		if w.Effect != effect.String() {
			continue
		}
		if counts[w.Word] == 0 {
			order = append(order, w.Word)
		}
		counts[w.Word] += w.Count
	}
	for i, name := range order {
		if counts[name] > 1 {
			order[i] = fmt.Sprintf("%s %d", name, counts[name])
		}
	}
	return strings.Join(order, ", ")
}

// keep leaves one operation of the report.
func (r *enforcement) keep(id string) error {
	found := false
	for i := range r.APIs {
		a := &r.APIs[i]
		a.Operations = slices.DeleteFunc(a.Operations, func(o operationReport) bool { return o.ID != id })
		found = found || len(a.Operations) > 0
	}
	if !found {
		return fmt.Errorf("no operation has the id %q", id)
	}
	return nil
}
