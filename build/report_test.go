package build_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
)

const reported = `openapi: 3.1.0
info: { title: Shop, version: "1" }
security: []
paths:
  /orders/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string, maxLength: 9 } }
      - { name: limit, in: query, schema: { type: integer } }
    post:
      operationId: putOrder
      deprecated: true
      parameters:
        - { name: limit, in: query, schema: { type: integer, maximum: 9 }, example: 5 }
        - { name: Host, in: header, schema: { type: string } }
        - { name: Accept, in: header, schema: { type: string } }
      requestBody:
        content:
          application/json: { schema: { $ref: "#/components/schemas/Order" }, encoding: { a: { contentType: text/plain } } }
          application/pdf: { schema: { type: string, format: binary } }
      responses:
        "200":
          description: ok
          headers: { X-Left: { schema: { type: integer, minimum: 0 } } }
          content:
            application/json: { schema: { $ref: "#/components/schemas/Order" } }
            text/csv: { schema: { type: string, pattern: "^a" } }
            application/jsonl: { schema: { type: array, items: { type: object, properties: { a: { type: string } } }, uniqueItems: true } }
          links: { next: { operationId: putOrder } }
      callbacks: { paid: { "{$request.body#/url}": { post: { responses: { "200": { description: ok } } } } } }
  /gone:
    get:
      operationId: getGone
      parameters: [ { name: q, in: query, schema: { type: string, pattern: "(?=a)" } } ]
      responses: { "200": { description: ok } }
components:
  schemas:
    Order: { type: object, properties: { id: { type: string, readOnly: true, format: shoe-size }, note: { type: string, x-mine: 1, xml: { name: n } } } }
webhooks:
  shipped: { post: { responses: { "200": { description: ok } } } }
`

// report makes a plan with its report.
func report(t *testing.T, document string, change func(*config.API)) (*build.API, *build.Report) {
	t.Helper()
	c, err := config.FromFlags(config.Flags{Document: "api.yaml", Upstream: "http://backend.invalid", Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&c.APIs[0])
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 64<<20)
	result, err := build.Build(context.Background(), env, c, build.Options{Report: true, Documents: map[string][]byte{"api.yaml": []byte(document)}})
	if err != nil {
		t.Fatal(err)
	}
	return result.APIs[0], result.APIs[0].Report()
}

func wordLines(words []build.Word) []string {
	var lines []string
	for _, w := range words {
		line := fmt.Sprintf("%s %v", w.Name, w.Effect)
		if w.Count > 1 {
			line = fmt.Sprintf("%s %d %v", w.Name, w.Count, w.Effect)
		}
		if w.Why != "" {
			line += ": " + w.Why
		}
		lines = append(lines, line)
	}
	return lines
}

func checkPlaces(t *testing.T, places []build.Place, want map[string][]string) {
	t.Helper()
	found := map[string]bool{}
	for _, p := range places {
		lines, ok := want[p.Name]
		found[p.Name] = true
		if got := append(wordLines(p.Fields), wordLines(p.Schema)...); ok && !slices.Equal(got, lines) {
			t.Errorf("%s says\n%s\nand not\n%s", p.Name, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
	for name := range want {
		if !found[name] {
			t.Errorf("there is no place %q", name)
		}
	}
}

func TestReport_of_an_operation(t *testing.T) {
	_, r := report(t, reported, nil)
	places := r.Operation(0)
	checkPlaces(t, places, map[string][]string{
		"path item": {"parameters enforced", "post enforced"},
		"operation": {"operationId enforced", "deprecated annotation: is told in log and metrics; callers are not told", "parameters enforced", "requestBody enforced", "responses enforced",
			"callbacks not held: the gateway stands in front of the API and never sees these requests"},
		"path id": {"name enforced", "in enforced", "required enforced", "schema enforced", "type enforced", "maxLength enforced"},
		// The operation's own comes before that of the path item.
		"query limit": {
			"name not held: the operation has one of its own", "in not held: the operation has one of its own", "schema not held: the operation has one of its own",
			"name enforced", "in enforced", "schema enforced", "example annotation: for people",
			"type enforced", "maximum enforced",
		},
		"header Host": {
			"name not held: the field belongs to the message, not to the operation", "in not held: the field belongs to the message, not to the operation",
			"schema not held: the field belongs to the message, not to the operation", "type not held: the field belongs to the message, not to the operation",
		},
		"header Accept": {
			"name not held: OpenAPI ignores a parameter of that name", "in not held: OpenAPI ignores a parameter of that name", "schema not held: OpenAPI ignores a parameter of that name",
		},
		"body application/json": {
			"schema enforced", "encoding not held: says nothing of this media type",
			"$ref enforced", "type 3 enforced", "properties enforced", "readOnly enforced", `format not held: the format "shoe-size" is not known: it is an annotation`,
			"x-mine annotation: an extension", "xml annotation: is for XML; JSON has names of its own",
		},
		"body application/pdf": {
			"schema annotation: the content is bytes, and it says nothing more of them",
			"type annotation: the content is bytes, and it says nothing more of them", "format annotation: says nothing that could be checked of a text",
		},
		"answer 200": {"description annotation: for people", "headers not held: header fields of answers are not held to their schema", "content enforced", "links annotation: for clients; the gateway needs none of it"},
		"answer 200 header X-Left": {
			"schema not held: header fields of answers are not held to their schema",
			"type not held: header fields of answers are not held to their schema", "minimum not held: header fields of answers are not held to their schema",
		},
		"answer 200 application/json": {
			"schema enforced",
			"$ref enforced", "type 3 enforced", "properties enforced", "readOnly annotation: is for requests", `format not held: the format "shoe-size" is not known: it is an annotation`,
			"x-mine annotation: an extension", "xml annotation: is for XML; JSON has names of its own",
		},
		"answer 200 text/csv": {
			"schema not held: answers of this media type pass unread",
			"type not held: answers of this media type pass unread", "pattern not held: answers of this media type pass unread",
		},
		"answer 200 link next": {"operationId annotation: for clients; the gateway needs none of it"},
	})
}

// Of a stream the items are held, and what is said of all together is not.
func TestReport_of_a_stream(t *testing.T) {
	_, r := report(t, reported, nil)
	for _, p := range r.Operation(0) {
		if p.Name != "answer 200 application/jsonl" {
			continue
		}
		lines := append(wordLines(p.Fields), wordLines(p.Schema)...)
		const why = "not held: its items are held one by one; what it says of all of them together is not"
		for _, want := range []string{"schema " + why, "uniqueItems " + why, "properties enforced", "type 3 enforced", "items enforced"} {
			if !slices.Contains(lines, want) {
				t.Errorf("it does not say %q:\n%s", want, strings.Join(lines, "\n"))
			}
		}
		return
	}
	t.Error("there is no stream")
}

func TestReport_of_what_refuses(t *testing.T) {
	_, r := report(t, reported, nil)
	for _, p := range r.Operation(1) {
		for _, w := range p.Fields {
			if w.Effect == build.Enforced || w.Effect == build.NotHeld && w.Why != "the operation refuses every request" {
				t.Errorf("%s: %s is %v: %s", p.Name, w.Name, w.Effect, w.Why)
			}
		}
	}
}

func TestReport_of_modes(t *testing.T) {
	_, r := report(t, reported, func(a *config.API) {
		a.Observe = []string{"validate"}
		a.Answers.Mode = "off"
	})
	checkPlaces(t, r.Operation(0), map[string][]string{
		"path id":                     {"name observed", "in observed", "required observed", "schema observed", "type observed", "maxLength observed"},
		"answer 200 application/json": {"schema not held: answers are not looked at (mode off)"},
	})
}

func TestReport_summary(t *testing.T) {
	_, r := report(t, reported, nil)
	s := r.Summary()
	total := 0
	for _, n := range s.Counts {
		total += n
	}
	listed := map[string]bool{}
	for _, w := range s.NotHeld {
		listed[w.Name+": "+w.Why] = true
		if w.At.Line == 0 || w.At.File != "api.yaml" || !s.Unheld[w.At] {
			t.Errorf("%s is at %v", w.Name, w.At)
		}
	}
	for _, want := range []string{
		"webhooks: the gateway stands in front of the API and never sees these requests",
		"callbacks: the gateway stands in front of the API and never sees these requests",
		`format: the format "shoe-size" is not known: it is an annotation`,
		"schema: header fields of answers are not held to their schema",
		"schema: answers of this media type pass unread",
	} {
		if !listed[want] {
			t.Errorf("it does not list %q", want)
		}
	}
	if listed["minimum: header fields of answers are not held to their schema"] {
		t.Error("what stands within something that is not held is listed for itself")
	}
	if s.Counts[build.Enforced] == 0 || s.Counts[build.Annotation] == 0 || s.Counts[build.Observed] != 0 {
		t.Errorf("of %d words the counts are %v", total, s.Counts)
	}
}
