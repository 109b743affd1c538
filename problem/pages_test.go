package problem_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"sallyport/docs"
	"sallyport/problem"
)

// The pages are what a developer reads who got one of our answers: each kind
// has one, and what it shows is what the gateway would send.

func TestEveryKindHasAPage(t *testing.T) {
	for _, kind := range problem.Kinds() {
		t.Run(kind.Name(), func(t *testing.T) {
			page, err := docs.Problems.ReadFile("problems/" + kind.Name() + ".md")
			if err != nil {
				t.Fatalf("write docs/problems/%s.md: what it means, who can mend it, what to change", kind.Name())
			}
			first, rest, _ := strings.Cut(string(page), "\n")
			if first != "# "+kind.Title() {
				t.Errorf("its first line is %q; the title of the kind is %q", first, kind.Title())
			}
			status := "Status: " + strconv.Itoa(kind.Status()) + " "
			if !strings.HasPrefix(strings.TrimSpace(rest), status) {
				t.Errorf("below its title must stand a line that begins with %q", status)
			}
			if name := "Name: `" + kind.Name() + "`"; !strings.Contains(rest, name) {
				t.Errorf("it must say %s: that is what clients compare", name)
			}
			for _, heading := range []string{"## What to change", "## Example", "## In the log"} {
				if !strings.Contains(rest, "\n"+heading+"\n") {
					t.Errorf("it has no section %q", heading)
				}
			}
			checkExample(t, kind, rest)
		})
	}
}

// checkExample makes the refusal of the example anew: what it becomes must be
// the example, to the order of its members.
func checkExample(t *testing.T, kind problem.Kind, page string) {
	_, after, _ := strings.Cut(page, "```json\n")
	example, _, ok := strings.Cut(after, "\n```")
	if !ok {
		t.Fatal("it shows no example between ```json and ```")
	}
	var shown struct {
		Detail   string
		Instance string
		Errors   []problem.Fault
	}
	var oneLine bytes.Buffer
	if err := json.Unmarshal([]byte(example), &shown); err != nil {
		t.Fatalf("its example: %v", err)
	}
	if err := json.Compact(&oneLine, []byte(example)); err != nil {
		t.Fatalf("its example: %v", err)
	}
	refusal := &problem.Refusal{Kind: kind, Detail: shown.Detail, Faults: shown.Errors}
	sent, err := refusal.Response(problem.DefaultBase, shown.Instance).Body.Hold(1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := oneLine.String(), strings.TrimSpace(string(sent)); got != want {
		t.Errorf("its example is\n%s\nthe gateway would send\n%s", got, want)
	}
}

func TestEveryPageHasAKind(t *testing.T) {
	known := make(map[string]bool)
	for _, kind := range problem.Kinds() {
		known[kind.Name()+".md"] = true
	}
	pages, err := fs.ReadDir(docs.Problems, "problems")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if !known[page.Name()] {
			t.Errorf("docs/problems/%s explains a kind that is not in problem/kinds.go: remove it, or mend its name", page.Name())
		}
	}
}
