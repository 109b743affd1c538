package build_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sallyport/jsonschema"
	"sallyport/openapi"
)

var write = flag.Bool("write", false, "write the reference page in place of comparing it")

// The page of keywords is made of the tables that the report is made of.
func TestKeywordReference(t *testing.T) {
	const path = "../docs/reference/keywords.md"
	page := keywordPage()
	if *write {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != page {
		t.Errorf("%s is not what the tables say (%v): go test ./build -run TestKeywordReference -write", path, err)
	}
}

const keywordHead = `# Keywords

Every word of OpenAPI 3.0, 3.1 and 3.2 and of their schemas, and what comes of it. *Enforced* words are held against every message; *annotations* are meant to say nothing that could be held; *not held* is what says something that nobody holds. The place may make a difference: of a document, ` + "`sallyport check`" + ` tells what comes of each word where it stands ([command line](cli.md)). Headers are enforced where they are those of the parts of a body; those of answers are not held. A word that is none of these and does not begin with x- is a mistake outside schemas and in schemas of 3.0, and not held in those since 3.1. ` + "`readOnly` and `writeOnly`" + ` hold of the members of objects and the items of arrays; at the root of a body there is nothing to take out, and they are not held.

## Dialects

| read as | where |
|---|---|
| OpenAPI 3.0 | schemas of a 3.0 document |
| OpenAPI 3.1 | schemas of 3.1 and 3.2, unless they say otherwise: 2020-12 with OpenAPI's base vocabulary |
| 2020-12, 2019-09, draft-07, draft-06, draft-04 | where ` + "`$schema`" + ` of a schema or ` + "`jsonSchemaDialect`" + ` of the document names one |
| a dialect that the document brings | where ` + "`$schema`" + ` names the ` + "`$id`" + ` of a meta-schema on 2020-12 or 2019-09; a required vocabulary that is not known is a mistake, an optional one is not held |
| any other | a mistake, unless ` + "`dialects`" + ` of [the configuration](configuration.md) says what to read it as |

The public JSON Schema test suite, as ` + "`go test ./jsonschema -run Suite -v`" + ` prints it:

| dialect | required | optional | formats |
|---|---|---|---|
| 2020-12 | 1299 of 1299 | 162 of 162 | 764 of 764 |
| draft-07 | 927 of 927 | 114 of 118 | 676 of 676 |
| draft-04 | 618 of 618 | 99 of 100 | 218 of 219 |

The six cases that come out otherwise are listed with their reasons in ` + "`jsonschema/suite_test.go`" + `: what a text encodes is no assertion, 1.0 is an integer in every dialect, and host names are judged by IDNA2008 in every dialect.

`

func keywordPage() string {
	var b strings.Builder
	b.WriteString(keywordHead)
	b.WriteString("## Schemas\n\n| word | in | effect |\n|---|---|---|\n")
	dialects := []jsonschema.Dialect{jsonschema.OpenAPI30, jsonschema.OpenAPI31, jsonschema.Draft2020, jsonschema.Draft2019, jsonschema.Draft7, jsonschema.Draft6, jsonschema.Draft4}
	short := []string{"3.0", "3.1", "2020-12", "2019-09", "draft-07", "draft-06", "draft-04"}
	words, in := map[string]jsonschema.Keyword{}, map[string][]string{}
	for i, d := range dialects {
		for _, k := range jsonschema.Vocabulary(d) {
			words[k.Name] = k
			in[k.Name] = append(in[k.Name], short[i])
		}
	}
	for _, name := range sorted(words) {
		where := strings.Join(in[name], ", ")
		if len(in[name]) == len(dialects) {
			where = "all"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, where, effectText(words[name].Effect, words[name].Why))
	}
	versions := []openapi.Version{openapi.V30, openapi.V31, openapi.V32}
	fields, since := map[[2]string]openapi.Field{}, map[[2]string][]string{}
	var order [][2]string
	for _, v := range slices.Backward(versions) {
		for _, f := range openapi.Fields(v) {
			key := [2]string{f.Object, f.Name}
			if _, known := fields[key]; !known {
				order = append(order, key)
			}
			fields[key] = f
			since[key] = append([]string{v.String()}, since[key]...)
		}
	}
	b.WriteString("\n## Everything else\n\n| object | field | in | effect |\n|---|---|---|---|\n")
	slices.SortStableFunc(order, func(x, y [2]string) int { return strings.Compare(plainTitle(x[0]), plainTitle(y[0])) })
	for _, key := range order {
		f := fields[key]
		where := strings.Join(since[key], ", ")
		if len(since[key]) == len(versions) {
			where = "all"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", plainTitle(f.Object), f.Name, where, effectText(f.Effect, f.Why))
	}
	return b.String()
}

// plainTitle is what an object is called, without its article.
func plainTitle(object string) string {
	for _, article := range []string{"a ", "an ", "the "} {
		if rest, ok := strings.CutPrefix(object, article); ok {
			return rest
		}
	}
	return object
}

func effectText(e jsonschema.Effect, why string) string {
	if why == "" {
		return e.String()
	}
	return e.String() + ": " + why
}

func sorted[T any](m map[string]T) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
