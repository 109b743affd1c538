package filter

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"sallyport"
	"sallyport/problem"
)

func zipped(t testing.TB, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func coded(content string) *sallyport.Exchange {
	x := answering(content, "Content-Encoding", "gzip", "Etag", `"1"`, "Repr-Digest", "sha-256=:a:")
	x.Env = sallyport.NewEnv(x.Env.Log, 1<<30)
	return x
}

func TestAnAnswerThatCameCodedIsDecodedAndJudged(t *testing.T) {
	for content, c := range map[string]struct {
		left   string
		pruned int
	}{
		`{"name":"Ann"}`:            {`{"name":"Ann"}`, 0},
		`{"name":"Ann","hash":"x"}`: {`{"name":"Ann"}`, 1},
	} {
		x := coded(zipped(t, content))
		if err := users(t, Prune).Run(x); err != nil {
			t.Fatal(err)
		}
		f := x.Response.Fields
		if got := left(t, x); got != c.left || x.Pruned != c.pruned || f.Has("Content-Encoding") || f.Get("ETag") != `W/"1"` || f.Has("Repr-Digest") {
			t.Errorf("%s: left %s, %d pruned, %v", content, got, x.Pruned, f)
		}
	}
}

func TestACodedAnswerThatCannotBeJudgedDoesNotLeave(t *testing.T) {
	whole := zipped(t, `{"name":"Ann"}`)
	for name, c := range map[string]struct {
		content string
		want    problem.Kind
	}{
		"no gzip":   {`{"name":"Ann"}`, problem.AnswerInvalid},
		"cut":       {whole[:len(whole)-1], problem.AnswerInvalid},
		"more":      {whole + "{}", problem.AnswerInvalid},
		"a bomb":    {zipped(t, strings.Repeat(" ", 1<<20)), problem.AnswerTooLarge},
		"no JSON":   {zipped(t, `{"name"`), problem.AnswerInvalid},
		"too large": {zipped(t, `"`+strings.Repeat("0123456789abcdef", 7_000)+`"`), problem.AnswerTooLarge},
	} {
		for _, mode := range []Mode{Prune, Block} {
			if err := users(t, mode).Run(coded(c.content)); err == nil || problem.As(err).Kind != c.want {
				t.Errorf("%s, mode %d: %v", name, mode, err)
			}
		}
		x := coded(c.content)
		if err := users(t, Watch).Run(x); err != nil || len(x.Findings) != 1 || left(t, x) != c.content || x.Response.Fields.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s, watched: %v, %d findings, %v", name, err, len(x.Findings), x.Response.Fields)
		}
	}
}

func TestAWatchedAnswerStaysCoded(t *testing.T) {
	content := zipped(t, `{"name":"Ann","hash":"x"}`)
	x := coded(content)
	if err := users(t, Watch).Run(x); err != nil || len(x.Findings) != 1 || left(t, x) != content || x.Response.Fields.Get("Content-Encoding") != "gzip" {
		t.Errorf("%v, %d findings, %v", err, len(x.Findings), x.Response.Fields)
	}
}
