package pathmatch

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// conformance returns the path of test data that lies outside this repository.
func conformance(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	at := filepath.Join(root, name)
	if _, err := os.Stat(at); err != nil {
		t.Skipf("conformance data absent: %s", at)
	}
	return at
}

// description is as much of an OpenAPI document as this test reads.
type description struct {
	OpenAPI string                                `json:"openapi"`
	Paths   map[string]map[string]json.RawMessage `json:"paths"`
}

func TestDescriptionsFindTheirOwnPaths(t *testing.T) {
	root := conformance(t, "api-descriptions")
	read := 0
	err := filepath.WalkDir(root, func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(at) != ".json" {
			return err
		}
		text, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		var d description
		if err := json.Unmarshal(text, &d); err != nil || d.OpenAPI == "" {
			t.Logf("%s: not read as an OpenAPI document", filepath.Base(at))
			return nil
		}
		read++
		t.Run(strings.TrimSuffix(filepath.Base(at), ".json"), func(t *testing.T) { checkDescription(t, d) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read == 0 {
		t.Error("no document was read")
	}
}

func checkDescription(t *testing.T, d description) {
	var b Builder[string]
	var added []addition
	for _, template := range slices.Sorted(maps.Keys(d.Paths)) {
		for key := range d.Paths[template] {
			method := strings.ToUpper(key)
			if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"}, method) {
				continue
			}
			err := b.Add(method, template, template)
			if wrong, ok := errors.AsType[*TemplateError](err); ok {
				t.Logf("not routable: %v", err)
				// What real documents get wrong: fragments that tell operations apart, and a name used twice.
				if !strings.ContainsAny(template, "#?") && !strings.Contains(wrong.Reason, "twice") {
					t.Errorf("%s is refused", template)
				}
				break
			}
			clash, _ := errors.AsType[*Conflict](err)
			if clash != nil {
				t.Logf("collides: %v", err)
			}
			if err == nil || clash != nil && !clash.SameMethod {
				added = append(added, addition{method, template})
			}
		}
	}
	m := b.Build()
	for _, a := range added {
		checkFound(t, m, a)
	}
}

// checkFound puts a value for each parameter and expects the template itself, or one that has every right
// to go before it.
func checkFound(t *testing.T, m *Matcher[string], a addition) {
	path := a.template
	names, err := Names(a.template)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path = strings.Replace(path, "{"+name+"}", "sample", 1)
	}
	var into Match[string]
	verdict := m.Match(a.method, path, &into)
	switch {
	case verdict != NoPath && into.Template != a.template && moreConcrete(into.Template, a.template) < 0:
		t.Logf("%s %s is taken by the more concrete %s", a.method, path, into.Template)
	case verdict != Found || into.Template != a.template || into.Value != a.template:
		t.Errorf("%s %s: %v, %s; want %s", a.method, path, verdict, into.Template, a.template)
	case into.Values.Len() != len(names):
		t.Errorf("%s has %d values for %q", path, into.Values.Len(), names)
	default:
		for i := range names {
			if into.Values.At(i) != "sample" {
				t.Errorf("%s: %s is %q", path, names[i], into.Values.At(i))
			}
		}
	}
}

// A scenario of another gateway gives requests only; the templates here are the ones its title describes.
type scenario struct {
	templates []string
	clash     bool   // OpenAPI calls the templates identical
	reason    string // why the other gateway's answers are not ours
}

const bySchema = "told apart by the schema of the parameter alone; OpenAPI calls such templates identical and the document invalid"

func scenarios() map[string]scenario {
	return map[string]scenario{
		"TestScenario11_MultipleStaticPathsShielded#0":      {templates: []string{"/users/{id}", "/users/admin", "/users/me", "/users/status"}},
		"TestScenario24_ThreeCollapsedParameterizedPaths#0": {[]string{"/employees/{id}", "/employees/{code}", "/employees/{slug}"}, true, bySchema},
		"TestScenario28_DotstarPatternVsSpecificPattern#0":  {[]string{"/employees/{id}", "/employees/{any}"}, true, bySchema},
		"TestScenario32_IntegerVsNumberPriority#0":          {[]string{"/employees/{id}", "/employees/{amount}"}, true, bySchema},
		"TestScenario34_BooleanVsStringWithPattern#0":       {[]string{"/employees/{flag}", "/employees/{code}"}, true, bySchema},
		"TestScenario36_StringPatternLengthOrdering#0":      {[]string{"/employees/{code}", "/employees/{tag}"}, true, bySchema},
		"TestScenario38_StringPatternVsEnum#0":              {[]string{"/employees/{code}", "/employees/{role}"}, true, bySchema},
		"TestScenario40_StringMinLengthVsUnconstrained#0":   {[]string{"/employees/{short}", "/employees/{any}"}, true, bySchema},
		"TestScenario43_FullTypeHierarchy#0":                {[]string{"/items/{id}", "/items/{price}", "/items/{flag}"}, true, bySchema},
		"TestScenario6_AllowListBlocksUnknownPaths#0":       {[]string{"/test-6/employees/static", "/test-6/employees/{id}"}, false, "an undeclared path is not passed on, and a value that breaks its schema is found here and refused by validation"},
	}
}

func TestPriorityScenarios(t *testing.T) {
	text, err := os.ReadFile(conformance(t, filepath.Join("openapi-validation", "tyk-path-priority-scenarios.json")))
	if err != nil {
		t.Fatal(err)
	}
	var given map[string][]json.RawMessage
	if err := json.Unmarshal(text, &given); err != nil {
		t.Fatal(err)
	}
	known := scenarios()
	for name, requests := range given {
		t.Run(name, func(t *testing.T) {
			s, ok := known[name]
			if !ok {
				t.Log("its templates are not known here")
				return
			}
			if s.reason != "" {
				t.Log("departs: " + s.reason)
			}
			checkScenario(t, s, requests)
		})
	}
}

func checkScenario(t *testing.T, s scenario, requests []json.RawMessage) {
	var b Builder[string]
	for i, template := range s.templates {
		_, clash := errors.AsType[*Conflict](b.Add("GET", template, template))
		if clash != (s.clash && i > 0) {
			t.Errorf("%s: conflict is %v", template, clash)
		}
	}
	if s.clash {
		return
	}
	m := b.Build()
	for _, request := range requests {
		path := scenarioPath(t, request)
		want := ""
		switch {
		case slices.Contains(s.templates, path):
			want = path
		case !strings.Contains(path, "unknown"):
			want = s.templates[len(s.templates)-1]
		}
		var into Match[string]
		if v := m.Match("GET", path, &into); into.Value != want || (v == Found) != (want != "") {
			t.Errorf("%s: %v, %q; want %q", path, v, into.Value, want)
		}
	}
}

// scenarioPath reads a request in either of the two forms of the file: a pair of path and operation, or an
// object with a Path.
func scenarioPath(t *testing.T, request json.RawMessage) string {
	var pair []string
	if json.Unmarshal(request, &pair) == nil && len(pair) == 2 {
		return pair[0]
	}
	var object struct{ Path string }
	if err := json.Unmarshal(request, &object); err != nil {
		t.Fatal(err)
	}
	return object.Path
}
