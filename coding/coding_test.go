package coding

import (
	"errors"
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		value string
		want  []Coding
		err   error
	}{
		{"", nil, nil},
		{"identity", nil, nil},
		{"gzip", []Coding{Gzip}, nil},
		{"X-GZip", []Coding{Gzip}, nil},
		{"deflate", []Coding{Deflate}, nil},
		{"BR", []Coding{Brotli}, nil},
		{"zstd", []Coding{Zstd}, nil},
		{" gzip ,\tbr", []Coding{Gzip, Brotli}, nil},
		{", gzip, , identity", []Coding{Gzip}, nil},
		{"gzip, gzip, gzip", nil, ErrStacked},
		{"compress", nil, ErrUnknown},
		{"gzip, compress", nil, ErrUnknown},
		{"gzip;q=1", nil, ErrUnknown},
		{"gzip br", nil, ErrUnknown},
		{"*", nil, ErrUnknown},
	} {
		got, err := Parse(c.value)
		if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%q: %v, %v; want %v, %v", c.value, got, err, c.want, c.err)
		}
	}
}

func TestNamesAreThoseThatAreTaken(t *testing.T) {
	var listed string
	for c := Gzip; c <= Zstd; c++ {
		if listed != "" {
			listed += ", "
		}
		listed += c.String()
		if got, err := Parse(c.String()); err != nil || !slices.Equal(got, []Coding{c}) {
			t.Errorf("%s: %v, %v", c, got, err)
		}
	}
	if listed != Names {
		t.Errorf("the list says %q; the codings are %q", Names, listed)
	}
}
