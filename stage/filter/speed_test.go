package filter

import (
	"testing"

	"sallyport/message"
)

func BenchmarkServeAnswer(b *testing.B) {
	for name, a := range map[string]*Answer{"JSON": bank(b, Prune), "undeclared": {Mode: Watch}} {
		b.Run(name, func(b *testing.B) {
			x := given{status: 200, contentType: "application/json; charset=utf-8", content: `{"id":1}`}.exchange()
			if _, err := x.HoldResponse(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				x.Findings = x.Findings[:0]
				if err := a.Run(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkServeFields(b *testing.B) {
	f := &Fields{CORS: true, Defaults: message.Fields{{Name: "Cache-Control", Value: "no-store"}, {Name: "Referrer-Policy", Value: "no-referrer"}}}
	x := given{status: 200}.exchange()
	backend := message.Fields{
		{Name: "Content-Type", Value: "application/json"}, {Name: "Date", Value: "x"}, {Name: "Etag", Value: `"1"`}, {Name: "Server", Value: "nginx"},
		{Name: "Vary", Value: "Accept"}, {Name: "X-Powered-By", Value: "PHP"}, {Name: "Last-Modified", Value: "x"},
	}
	room := make(message.Fields, 0, 16)
	b.ReportAllocs()
	for b.Loop() {
		x.Response.Fields = append(room[:0], backend...)
		if err := f.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}
