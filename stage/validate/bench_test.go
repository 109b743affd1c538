package validate

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
)

const twoParameters = `[{name: id, in: path, schema: {type: integer, minimum: 1}}, {name: expand, in: query, schema: {type: string, enum: [owner, items]}}]`

func BenchmarkTwoParameters(b *testing.B) {
	s := parameters(b, twoParameters, ParameterOptions{})
	x := exchange("expand=owner", []string{"id=42"})
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkManyParameters(b *testing.B) {
	s := parameters(b, several, ParameterOptions{})
	x := exchange("since=2024-01-31&limit=5&tags=a&tags=b&size=4&kind=x%20y", []string{"id=42"},
		message.Field{Name: "X-List", Value: "1, 2, 3"}, message.Field{Name: "Cookie", Value: "a=b; session=abc"})
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

// An order of about 2 KB.
func order() []byte {
	item := `{"sku":"AB-12345","name":"A thing that is sold","quantity":3,"price":{"amount":"12.50","currency":"EUR"},"note":"` + strings.Repeat("words ", 12) + `"}`
	return []byte(`{"customer":"c_0123456789","items":[` + item + strings.Repeat(","+item, 8) + `]}`)
}

const orderSchema = `{required: true, content: {application/json: {schema: {type: object, required: [customer, items], properties: {
	customer: {type: string, pattern: "^c_[0-9]{10}$"},
	items: {type: array, maxItems: 50, items: {type: object, required: [sku, quantity], properties: {
		sku: {type: string, maxLength: 10}, name: {type: string, maxLength: 80}, quantity: {type: integer, minimum: 1},
		price: {type: object, properties: {amount: {type: string}, currency: {enum: [EUR, USD]}}}, note: {type: string, maxLength: 200}}}}}}}}}`

func BenchmarkJSON2KB(b *testing.B) {
	s := body(b, orderSchema, BodyOptions{})
	content := order()
	x := sending("application/json", string(content))
	if err := s.Run(x); err != nil { // the body is held from now on
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkForm(b *testing.B) {
	s := body(b, `{content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: string}, n: {type: integer}, l: {type: array, items: {type: string}}}}}}}`, BodyOptions{})
	x := sending(formType, "a="+strings.Repeat("x", 200)+"&n=12&l=a&l=b&l=c")
	benchmarkBody(b, s, x)
}

func BenchmarkMultipart(b *testing.B) {
	s := body(b, `{content: {multipart/form-data: {schema: {type: object, properties: {a: {type: string}, f: {type: string, format: binary}}}}}}`, BodyOptions{})
	x := sending(multiType, written(field("a", "x"), file("f", "image/png", strings.Repeat("\x00", 64<<10))))
	benchmarkBody(b, s, x)
}

func benchmarkBody(b *testing.B, s *Body, x *sallyport.Exchange) {
	b.Helper()
	content, err := io.ReadAll(x.Request.Body)
	if err != nil {
		b.Fatal(err)
	}
	x.Request.Body = message.BytesBody(bytes.Clone(content))
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

// A file of 64 MiB on its way through, in a memory that does not grow with it.
func BenchmarkUpload(b *testing.B) {
	s := body(b, photos, BodyOptions{MaxBody: heldBytes, MaxFile: 64 << 20})
	content := written(field("name", "Bo"), file("photo", "image/png", strings.Repeat("x", 64<<20)))
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		x := limited(sending(multiType, content))
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, x.Request.Body); err != nil || n != int64(len(content)) {
			b.Fatal(n, err)
		}
	}
}
