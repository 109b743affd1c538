package filter

import (
	"io"
	"testing"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/problem"
	"sallyport/source"
	"sallyport/xmlbody"
)

// xmlUsers answers a user as JSON and as XML.
func xmlUsers(t testing.TB, mode Mode) *Answer {
	t.Helper()
	node, err := source.Parse("schema.json", []byte(user), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var content []Media
	for _, name := range []string{"application/xml", "application/*"} {
		m := Media{}
		if m.Range, err = mediatype.ParseRange(name); err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler(jsonschema.Options{Dialect: jsonschema.OpenAPI31})
		use := jsonschema.Use{Direction: jsonschema.Response, Closed: true}
		if m.XML, err = xmlbody.Compile(c, xmlbody.NewPlanner(func(n *source.Node) *source.Node { return n }), node, use); err != nil || m.XML == nil {
			t.Fatal(err)
		}
		if name != "application/xml" {
			if m.Schema, err = c.Compile(node, use); err != nil {
				t.Fatal(err)
			}
		}
		content = append(content, m)
	}
	return &Answer{Mode: mode, Responses: []Response{NewResponse(200, content)}}
}

func TestXMLOfAnAnswer(t *testing.T) {
	for _, c := range []struct {
		contentType, content string
		pruned               string // what leaves in mode prune; empty if nothing does
		cut, findings        int
		blocks               bool
	}{
		{"application/xml", `<user><name>a</name></user>`, `<user><name>a</name></user>`, 0, 0, false},
		{"application/xml; charset=utf-8", `<user><name>a</name><hash>1</hash><pin>2</pin></user>`, `<user><name>a</name></user>`, 2, 0, true},
		{"application/user+xml", `<user id="7"><name>a</name></user>`, `<user><name>a</name></user>`, 1, 0, true},
		{"application/json", `{"name":"a","hash":1}`, `{"name":"a"}`, 1, 0, true},
		{"application/octet-stream", `<user id="7"/>`, `<user id="7"/>`, 0, 0, false},
		{"application/xml", `<user><name>a</name><name>b</name></user>`, "", 0, 0, true},
		{"application/xml", `{"name":"a"}`, "", 0, 0, true},
		{"application/xml; charset=latin1", `<user><name>a</name></user>`, "", 0, 0, true},
		{"application/xml", `<!DOCTYPE user><user><name>a</name></user>`, "", 0, 0, true},
	} {
		x := streamed(c.contentType, c.content, "Etag", `"1"`, "Content-Digest", "sha-256=:a:")
		err := xmlUsers(t, Prune).Run(x)
		if c.pruned == "" {
			if err == nil || problem.As(err).Kind != problem.AnswerInvalid {
				t.Errorf("%s: %v", c.content, err)
			}
		} else if got, _ := io.ReadAll(x.Response.Body); err != nil || string(got) != c.pruned || x.Pruned != c.cut || len(x.Findings) != c.findings {
			t.Errorf("%s: %v, left %s, pruned %d, %d findings", c.content, err, got, x.Pruned, len(x.Findings))
		} else if tag := x.Response.Fields.Joined("Etag"); (tag == `W/"1"`) != (c.cut > 0) || x.Response.Fields.Has("Content-Digest") != (c.cut == 0) {
			t.Errorf("%s: %v", c.content, x.Response.Fields)
		}

		x = streamed(c.contentType, c.content)
		if err := xmlUsers(t, Block).Run(x); (err != nil) != c.blocks {
			t.Errorf("%s: blocked with %v", c.content, err)
		}

		x = streamed(c.contentType, c.content)
		if err := xmlUsers(t, Watch).Run(x); err != nil || (len(x.Findings) > 0) != c.blocks {
			t.Errorf("%s: watched with %v, %d findings", c.content, err, len(x.Findings))
		}
		if got, _ := io.ReadAll(x.Response.Body); string(got) != c.content {
			t.Errorf("%s: watched, it left %s", c.content, got)
		}
	}
}

func TestHeadOfXMLHasNoLength(t *testing.T) {
	x := given{method: "HEAD", status: 200, contentType: "application/xml", content: "<user/>"}.exchange()
	if err := xmlUsers(t, Prune).Run(x); err != nil || x.Response.Body.Length != -1 {
		t.Errorf("%v, length %d", err, x.Response.Body.Length)
	}
}
