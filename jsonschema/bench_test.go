package jsonschema

import (
	"fmt"
	"strings"
	"testing"
)

const orderSchema = `{
  "type": "object",
  "required": ["id", "customer", "currency", "lines", "placed"],
  "properties": {
    "id": {"type": "string", "pattern": "^ord_[a-z0-9]{8,32}$"},
    "placed": {"type": "string", "format": "date-time"},
    "currency": {"enum": ["EUR", "USD", "GBP", "CHF"]},
    "note": {"type": ["string", "null"], "maxLength": 500},
    "customer": {
      "type": "object",
      "required": ["name", "email"],
      "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "email": {"type": "string", "format": "email"},
        "address": {"$ref": "#/$defs/address"}
      }
    },
    "lines": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/line"}},
    "payment": {"oneOf": [{"$ref": "#/$defs/card"}, {"$ref": "#/$defs/transfer"}]}
  },
  "$defs": {
    "address": {
      "type": "object",
      "required": ["street", "city", "zip", "country"],
      "properties": {
        "street": {"type": "string", "maxLength": 200},
        "city": {"type": "string", "maxLength": 100},
        "zip": {"type": "string", "pattern": "^[0-9A-Z -]{3,10}$"},
        "country": {"type": "string", "pattern": "^[A-Z]{2}$"}
      }
    },
    "line": {
      "type": "object",
      "required": ["sku", "quantity", "price"],
      "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{6}$"},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 999},
        "price": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "tags": {"type": "array", "uniqueItems": true, "items": {"type": "string", "maxLength": 20}}
      }
    },
    "card": {
      "type": "object",
      "required": ["kind", "token"],
      "properties": {"kind": {"const": "card"}, "token": {"type": "string", "minLength": 16}}
    },
    "transfer": {
      "type": "object",
      "required": ["kind", "iban"],
      "properties": {"kind": {"const": "transfer"}, "iban": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"}}
    }
  }
}`

// orderBody is a body of about 2 KB.
func orderBody() []byte {
	var lines []string
	for i := range 18 {
		lines = append(lines, fmt.Sprintf(`{"sku": "ABC-%06d", "quantity": %d, "price": %d.%02d, "tags": ["new", "sale-%d"]}`, i, i+1, i*3, i, i))
	}
	return []byte(`{"id": "ord_0123456789abcdef", "placed": "2026-03-01T12:30:00Z", "currency": "EUR",
		"note": "please ring twice, the bell is \"soft\"",
		"customer": {"name": "Zoë Example", "email": "zoe@example.com", "address": {"street": "1 Main Street", "city": "Bern", "zip": "3000", "country": "CH"}},
		"payment": {"kind": "transfer", "iban": "CH9300762011623852957"},
		"lines": [` + strings.Join(lines, ",") + `]}`)
}

func compileText(t testing.TB, o Options, use Use, text string) *Schema {
	t.Helper()
	node := parseNode(t, text)
	if o.Resolve == nil {
		o.Resolve = localRefs(node)
	}
	s, err := NewCompiler(o).Compile(node, use)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func BenchmarkCheck(b *testing.B) {
	body := orderBody()
	for name, use := range map[string]Use{"open": {}, "closed": {Request, true}} {
		b.Run(name, func(b *testing.B) {
			s := compileText(b, Options{Dialect: OpenAPI31}, use, orderSchema)
			if faults := s.Check(body); faults != nil {
				b.Fatal(faults)
			}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				s.Check(body)
			}
		})
	}
}

func BenchmarkCheckRefused(b *testing.B) {
	body := []byte(strings.Replace(string(orderBody()), `"quantity": 3,`, `"quantity": 0,`, 1))
	s := compileText(b, Options{Dialect: OpenAPI31}, Use{Request, true}, orderSchema)
	b.ReportAllocs()
	for b.Loop() {
		if len(s.Check(body)) != 1 {
			b.Fatal("one fault is expected")
		}
	}
}

func BenchmarkClean(b *testing.B) {
	order := orderBody()
	for _, c := range []struct {
		name, schema string
		body         []byte
		cut          int
	}{
		{"order", orderSchema, order, 0},
		{"order with two more", orderSchema, []byte(strings.Replace(string(order), `"lines": [{`, `"margin": 0.3, "lines": [{"cost": 1, `, 1)), 2},
		{"5000 items with two more each", leakySchema, leaky(5000), 10_000},
		{"5000 items", leakySchema, compileText(b, Options{Dialect: OpenAPI31}, Use{Response, true}, leakySchema).Clean(leaky(5000), Cleaning{true, true}).Body, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := compileText(b, Options{Dialect: OpenAPI31}, Use{Response, true}, c.schema)
			if got := s.Clean(c.body, Cleaning{true, true}); got.CutCount != c.cut || got.Faults != nil {
				b.Fatalf("%d taken out, %s", got.CutCount, told(got.Faults))
			}
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				s.Clean(c.body, Cleaning{true, true})
			}
		})
	}
}

func BenchmarkLook(b *testing.B) {
	body := orderBody()
	s := compileText(b, Options{Dialect: OpenAPI31}, Use{Request, true}, orderSchema)
	places := compilePlaces(b, "/customer/email", "/lines/*/sku")
	for _, c := range []struct {
		name  string
		watch Watch
	}{
		{"nothing", Watch{}},
		{"two places", Watch{Capture: places}},
		{"free text", Watch{Free: true}},
		{"items kept", Watch{Keep: []Keep{{compilePlaces(b, "/lines")[0], compilePlaces(b, "/sku"), 0}}}},
		{"one masked", Watch{Mask: []Mask{{places[0], 4}}}},
		{"all", Watch{Capture: places, Free: true, Mask: []Mask{{places[0], 4}}, Keep: []Keep{{compilePlaces(b, "/lines")[0], compilePlaces(b, "/sku"), 0}}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			keep := func(_ int, item []Captured) bool { return len(item) == 1 }
			var found Found
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				found.Keep = keep
				if got := s.Look(body, Cleaning{true, true}, &c.watch, &found); got.Faults != nil || got.CutCount > 0 {
					b.Fatal(told(got.Faults))
				}
				for i := range found.FreeCount() {
					found.Free(i)
				}
			}
		})
	}
}

// BenchmarkUnion judges objects of thirty kinds, of which a member tells which.
func BenchmarkUnion(b *testing.B) {
	schema, body := unionOf(30)
	for name, use := range map[string]Use{"check": {}, "clean": {Response, true}} {
		b.Run(name, func(b *testing.B) {
			s := compileText(b, Options{Dialect: OpenAPI31}, use, schema)
			if got := s.Clean(body, Cleaning{true, true}); got.Faults != nil || got.CutCount > 0 {
				b.Fatal(told(got.Faults))
			}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				s.Clean(body, Cleaning{true, true})
			}
		})
	}
}

// unionOf is a schema of a list of so many kinds of objects, and a body with one
// of each.
func unionOf(n int) (schema string, body []byte) {
	var branches, items []string
	for i := range n {
		branches = append(branches, fmt.Sprintf(`{"type":"object","required":["kind","own%d"],"properties":{"id":{"type":"integer"},"kind":{"const":"kind%d"},"own%d":{"type":"string"}}}`, i, i, i))
		items = append(items, fmt.Sprintf(`{"id":%d,"kind":"kind%d","own%d":"text"}`, i, i, i))
	}
	return `{"items":{"oneOf":[` + strings.Join(branches, ",") + `]}}`, []byte("[" + strings.Join(items, ",") + "]")
}
