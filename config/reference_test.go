package config

import (
	"fmt"
	"reflect"
	"strings"
)

const referenceHead = `# Configuration

Generated from the comments in config/. One YAML file, sallyport.yaml, holds everything; what it leaves out has the default below. An unknown key, a value of the wrong kind and a setting that contradicts another one are mistakes: the gateway does not start, or goes on with the configuration that it has, and every mistake is reported with file, line and column. ` + "`sallyport check`" + ` reports them without starting anything. An editor that is given ` + "`config/schema.json`" + ` completes and checks keys while you type.

## How values are written

| value | written |
|---|---|
| duration | ` + "`10s`, `500ms`, `1h30m`, `180d`" + `; ` + "`off`" + ` where the default column or the meaning says so |
| size | ` + "`1MiB`, `64KiB`" + ` (units of 1024), ` + "`10MB`" + ` (units of 1000), or a number of bytes |
| rate | ` + "`100/1m`, `5/s`" + ` |
| percentage | ` + "`20%`" + ` |
| pattern | a name; ` + "`*`" + ` stands for any run of characters |
| path | relative to the file it stands in |
| list | a list; one value alone may be written without the brackets |
| variable | ` + "`${NAME}`" + ` in any string is replaced by the environment variable, which must be set; ` + "`$${`" + ` stands for ` + "`${`" + ` itself |
| secret | ` + "`${NAME}`" + `, ` + "`file:PATH`" + `, or ` + "`store:NAME`" + ` for what lies sealed in the store; never in the clear, and not shown anywhere again |

Single values outside lists, such as ` + "`admin.address`" + ` or ` + "`log.level`" + `, can be set by the environment instead: ` + "`SALLYPORT_ADMIN_ADDRESS`, `SALLYPORT_LOG_LEVEL`" + `. The variable counts more than the file.
`

// reference is the page for people.
func (m *manual) reference() string {
	var out strings.Builder
	out.WriteString(referenceHead)
	places := make(map[reflect.Type]string)
	structsUnder(reflect.TypeFor[Config](), "", func(t reflect.Type, path string) { places[t] = path }, map[reflect.Type]bool{})
	structsUnder(reflect.TypeFor[Config](), "", func(t reflect.Type, path string) {
		title := "The file"
		if path != "" {
			title = "`" + path + "`"
		}
		fmt.Fprintf(&out, "\n## %s\n\n%s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", title, m.about(t))
		for _, f := range fieldsOf(t) {
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.key, valueOf(t.FieldByIndex(f.index).Type, f, places), presetOf(t.FieldByIndex(f.index).Type, f), cell(m.comment(t, f)))
		}
	}, map[reflect.Type]bool{})
	return out.String()
}

// about is a struct's comment without the name that Go's comments begin with.
func (m *manual) about(t reflect.Type) string {
	text := strings.TrimPrefix(m.types[t.Name()], t.Name()+" ")
	for _, verb := range []string{"is ", "are ", "says "} {
		text = strings.TrimPrefix(text, verb)
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// cell keeps Markdown from reading its own signs into a comment.
func cell(text string) string { return strings.NewReplacer("|", `\|`, "*", `\*`).Replace(text) }

func valueOf(t reflect.Type, f field, places map[reflect.Type]string) string {
	element := elementOf(t)
	what := map[reflect.Kind]string{reflect.Bool: "true or false", reflect.Int: "number", reflect.String: "text", reflect.Struct: "see `" + places[element] + "`"}[element.Kind()]
	switch v := reflect.New(element).Interface().(type) {
	case value:
		what, _ = v.wanted()
		for _, article := range []string{"a ", "an "} {
			what = strings.TrimPrefix(what, article)
		}
	case *Secret:
		what = "secret"
	case *KeySource:
		what = "URL or path"
	case *StoreURL:
		what = "URL of a store"
	case *MasterKey:
		what = "`file:PATH` or secret"
	}
	if choices := f.choices(); len(choices) > 0 {
		what = "`" + strings.Join(choices, "`, `") + "`"
	} else if _, ok := f.tag.Lookup("path"); ok {
		what = "path"
	}
	if _, ok := f.tag.Lookup("off"); ok {
		what += ", or `off`"
	}
	if isList(t) && !f.named && places[element] == "" {
		what = "list: " + what
	}
	return what
}

func presetOf(t reflect.Type, f field) string {
	if f.required() {
		return "**required**"
	}
	if text, ok := f.tag.Lookup("default"); ok {
		return "`" + strings.Join(strings.Fields(text), "`, `") + "`"
	}
	if t.Kind() == reflect.Bool {
		return "`false`"
	}
	return ""
}
