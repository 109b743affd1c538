package filter

import "testing"

func TestParts(t *testing.T) {
	const octets = "application/octet-stream"
	asked := []string{"Range", "bytes=0-1"}
	plain := NewResponse(200, []Media{media(t, octets, "")})
	fault := NewResponse(0, []Media{media(t, "application/json", `{"type":"object"}`)})
	judged := NewResponse(200, []Media{media(t, octets, ""), media(t, "application/json", `{"type":"object"}`)})
	for _, c := range []struct {
		name      string
		responses []Response
		given     given
		prune     string
		block     string
	}{
		{"a part of what nobody reads", []Response{plain}, given{status: 206, contentType: octets, content: "ab", asked: asked}, passes, passes},
		{"beside a default", []Response{fault, plain}, given{status: 206, contentType: octets, content: "ab", asked: asked}, passes, passes},
		{"of another type", []Response{plain}, given{status: 206, contentType: "text/html", content: "ab", asked: asked}, refused, refused},
		{"several parts", []Response{plain}, given{status: 206, contentType: "multipart/byteranges; boundary=a", content: "ab", asked: asked}, passes, passes},
		{"nobody asked", []Response{plain}, given{status: 206, contentType: octets, content: "ab"}, refused, refused},
		{"several parts that nobody asked for", []Response{plain}, given{status: 200, contentType: "multipart/byteranges; boundary=a", content: "ab"}, refused, refused},
		{"declared itself", []Response{NewResponse(206, []Media{media(t, octets, "")})}, given{status: 206, contentType: octets, content: "ab"}, passes, passes},
		{"of what is read", []Response{judged}, given{status: 206, contentType: octets, content: "ab", asked: asked}, refused, refused},
		{"several parts of what is read", []Response{judged}, given{status: 206, contentType: "multipart/byteranges; boundary=a", content: "ab", asked: asked}, refused, refused},
		{"not satisfiable", []Response{plain}, given{status: 416, fields: []string{"Content-Range", "bytes */9"}, asked: asked}, replaced, replaced},
		{"not satisfiable, though nobody asked", []Response{plain}, given{status: 416}, replaced, refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			for mode, want := range map[Mode]string{Prune: c.prune, Block: c.block} {
				x := c.given.exchange()
				err := (&Answer{Mode: mode, Responses: c.responses}).Run(x)
				if got := became(t, c.given, x, err); got != want {
					t.Errorf("mode %d: it %s (%v), want it %s", mode, got, err, want)
				}
				if c.given.fields != nil && x.Response.Fields.Get("Content-Range") != "bytes */9" {
					t.Error("the length of the whole is not told")
				}
			}
		})
	}
}

func TestReadsSuccess(t *testing.T) {
	read, unread := []Media{media(t, "application/json", `{"type":"object"}`)}, []Media{media(t, "application/octet-stream", "")}
	for _, c := range []struct {
		name      string
		responses []Response
		want      bool
	}{
		{"nothing declared", nil, false},
		{"without a schema", []Response{NewResponse(200, unread)}, false},
		{"with one", []Response{NewResponse(200, read)}, true},
		{"with one for another success", []Response{NewResponse(200, unread), NewResponse(203, read)}, true},
		{"with one for the range", []Response{NewResponse(200, unread), NewResponse(2, read)}, true},
		{"with one for errors", []Response{NewResponse(200, unread), NewResponse(404, read), NewResponse(4, read)}, false},
		{"with one for the rest", []Response{NewResponse(0, read), NewResponse(200, unread)}, false},
		{"with one for all", []Response{NewResponse(0, read)}, true},
	} {
		if got := (&Answer{Responses: c.responses}).ReadsSuccess(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
