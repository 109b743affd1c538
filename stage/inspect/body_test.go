package inspect

import (
	"errors"
	"strings"
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
)

func TestBody(t *testing.T) {
	const json = "application/json"
	files := "multipart/form-data; boundary=b"
	for _, c := range []struct {
		name        string
		contentType string
		body        string
		rules       Rules
		want        string
	}{
		{"the owner's", json, `{"owner":"ann"}`, owned("ann"), ""},
		{"somebody else's", json, `{"owner":"bob"}`, owned("ann"), "object-unknown"},
		{"nobody's", json, `{}`, owned("ann"), "object-unknown"},
		{"no body is judged as one without values", "", "", owned("ann"), "object-unknown"},
		{"no body where that is right", "", "", anything{}, ""},
		{"a suffix of JSON", "application/merge-patch+json", `{"owner":"ann"}`, owned("ann"), ""},
		{"not JSON to its end", json, `{"owner":"ann"`, anything{}, "rule-refused"},
		{"a member twice", json, `{"owner":"ann","owner":"bob"}`, anything{}, "rule-refused"},
		{"another charset", json + "; charset=utf-16", `{"owner":"ann"}`, anything{}, "rule-refused"},
		{"what nobody can ask", "text/plain", `owner=bob`, anything{}, "rule-refused"},
		{"a form", "application/x-www-form-urlencoded", `owner=bob`, anything{}, "rule-refused"},
		{"parts", files, "--b--", anything{}, "rule-refused"},
		{"of no known type", "", `{"owner":"ann"}`, anything{}, "rule-refused"},
		{"too large", json, `{"owner":"` + strings.Repeat("a", 100) + `"}`, anything{}, "body-too-large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &Body{
				Ranges: []mediatype.Range{ranged(t, "text/plain"), ranged(t, "multipart/*"), ranged(t, "application/*")},
				Looks:  []Look{{Rules: c.rules}, {Rules: c.rules}, look(t, c.rules)},
			}
			x := request("POST", "/orders", c.body)
			if c.contentType != "" {
				x.Request.Fields.Add("Content-Type", c.contentType)
			}
			if got := told(b.Run(x)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A second Content-Type would let the backend read another body.
func TestBodyOfTwoTypes(t *testing.T) {
	b := &Body{Ranges: []mediatype.Range{ranged(t, "application/json")}, Looks: []Look{look(t, anything{})}}
	x := request("POST", "/orders", `{}`, "Content-Type", "application/json", "Content-Type", "application/xml")
	if got := told(b.Run(x)); got != "rule-refused" {
		t.Error(got)
	}
}

// What is passed on as it comes is refused before any of it is read.
func TestBodyThatStreams(t *testing.T) {
	b := &Body{Ranges: []mediatype.Range{ranged(t, "multipart/form-data")}, Looks: []Look{{Rules: anything{}}}}
	x := request("POST", "/files", "", "Content-Type", "multipart/form-data; boundary=b")
	x.Request.Body = message.NewBody(unreadable{t}, 1<<40)
	if got := told(b.Run(x)); got != "rule-refused" {
		t.Error(got)
	}
}

type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("it was read")
	return 0, errors.New("it was read")
}

func (u unreadable) Close() error { return nil }

func TestBodyThatMayNotBeWritten(t *testing.T) {
	l := look(t, anything{})
	l.Writable = func(_ *sallyport.Exchange, captured []jsonschema.Captured) error {
		if len(captured) > 0 {
			return problem.Refuse(problem.RuleRefused, "")
		}
		return nil
	}
	b := &Body{Ranges: []mediatype.Range{ranged(t, "*/*")}, Looks: []Look{l}}
	for body, want := range map[string]string{`{"note":"x"}`: "", `{"owner":null}`: "rule-refused", "": ""} {
		if got := told(b.Run(request("PUT", "/orders/1", body, "Content-Type", "application/json"))); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
	if got := told(b.Run(request("PUT", "/orders/1", "owner=x", "Content-Type", "text/plain"))); got != "rule-refused" {
		t.Error(got) // it could be set there
	}
}
