package source

import (
	"errors"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"get", "put", "security", "string", "integer", "number", "maxLength", "minLength", "operationId"}
	tests := []struct{ name, want string }{
		{"securty", "security"}, {"strin", "string"}, {"maxLenght", "maxLength"}, {"GET", "get"}, {"operationid", "operationId"},
		{"int", "integer"}, {"num", "number"}, {"x", ""}, {"", ""}, {"pot", "put"}, {"post", ""}, {"entirely", ""}, {"gte", "get"},
	}
	for _, tt := range tests {
		if got := Nearest(tt.name, names); got != tt.want {
			t.Errorf("nearest to %q is %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMistakes(t *testing.T) {
	var ms Mistakes
	if ms.Err() != nil {
		t.Error("no mistakes are an error")
	}
	ms.Add(Position{"b.yaml", 1, 1}, "", "third")
	ms.Add(Position{"a.yaml", 2, 1}, "do %s", "second")
	ms.Add(Position{"a.yaml", 1, 9}, "", "first %d", 1)
	ms.Add(Position{"a.yaml", 1, 9}, "", "first %d", 1)
	err := ms.Err()
	want := "a.yaml:1:9: first 1\na.yaml:2:1: second (do %s)\nb.yaml:1:1: third"
	if err.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", err, want)
	}
	var one *Mistake
	if !errors.As(err, &one) || one.Line != 1 {
		t.Errorf("got %v, want the first mistake", one)
	}
}
