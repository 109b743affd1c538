package jsonschema

import (
	"testing"
)

func TestPut(t *testing.T) {
	s, err := CompileText("s.json", []byte(`{"type":"object","properties":{"total":{"type":"integer","minimum":3},"page":{"type":"object","properties":{"count":{"type":"integer"}}},
		"items":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}}}}`), Options{Dialect: OpenAPI31}, Use{Direction: Response, Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	place := func(text string) *Place {
		p, err := CompilePlace(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	put := func(at, text string) Put { return Put{place(at), []byte(text)} }
	for _, c := range []struct {
		name, body string
		veil       Veil
		want       string
		puts       int
		masks      int
	}{
		{"a number", `{"total": 5, "items":[]}`, Veil{Put: []Put{put("/total", "3")}}, `{"total": 3, "items":[]}`, 1, 0},
		{"what is put is not judged again", `{"total":5}`, Veil{Put: []Put{put("/total", "0")}}, `{"total":0}`, 1, 0},
		{"longer", `{"total":5,"x":1}`, Veil{Put: []Put{put("/total", "12345")}}, `{"total":12345}`, 1, 0},
		{"nothing there", `{"items":[]}`, Veil{Put: []Put{put("/total", "3")}}, `{"items":[]}`, 0, 0},
		{"two", `{"total":5,"page":{"count":9}}`, Veil{Put: []Put{put("/page/count", "1"), put("/total", "3")}}, `{"total":3,"page":{"count":1}}`, 2, 0},
		{"several values", `{"items":[{"n":1},{"n":2}]}`, Veil{Put: []Put{put("/items/*/n", "0")}}, `{"items":[{"n":0},{"n":0}]}`, 2, 0},
		{"what is masked stays masked", `{"total":5}`, Veil{Put: []Put{put("/total", "3")}, Mask: []Mask{{Place: place("/total")}}}, `{"total":null}`, 0, 1},
		{"within what is masked", `{"page":{"count":9}}`, Veil{Put: []Put{put("/page/count", "1")}, Mask: []Mask{{Place: place("/page")}}}, `{"page":null}`, 0, 1},
		{"what is dropped stays away", `{"total":5,"items":[]}`, Veil{Put: []Put{put("/total", "3")}, Drop: []*Place{place("/total")}}, `{"items":[]}`, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := &Found{Veil: func([]Captured) Veil { return c.veil }}
			got := s.Look([]byte(c.body), Cleaning{Undeclared: true}, &Watch{}, found)
			if string(got.Body) != c.want || got.PutCount != c.puts || got.MaskCount != c.masks || len(got.Faults) > 0 {
				t.Errorf("%s, %d put, %d masked, %v", got.Body, got.PutCount, got.MaskCount, got.Faults)
			}
		})
	}
}
