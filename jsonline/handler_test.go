package jsonline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/slogtest"
	"time"
)

func TestHandler(t *testing.T) {
	var out bytes.Buffer
	results := func() []map[string]any {
		var all []map[string]any
		for line := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\n"), "\n") {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if at, ok := m["ts"]; ok {
				m[slog.TimeKey] = at
			}
			all = append(all, m)
		}
		return all
	}
	if err := slogtest.TestHandler(&Handler{Out: &out, Level: slog.LevelInfo}, results); err != nil {
		t.Error(err)
	}
}

type marshals struct{}

func (marshals) MarshalJSON() ([]byte, error) { return []byte(`{"its":"own"}`), nil }
func (marshals) Error() string                { return "not this" }

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { return nil, errors.New("no form") }

type hidden string

func (hidden) LogValue() slog.Value { return slog.StringValue("······") }

// slog's own handler is the reference.
func TestHandlerSaysWhatSlogSays(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 5, 51, 802418198, time.UTC)
	attrs := []slog.Attr{
		slog.String("text", "a\"b\\c\nd\te\r\b\f\x00\x1f<&>é\u2028\u2029\xff\xc3("), slog.String("", "without a name"), slog.Int("n", -7),
		slog.Uint64("u", math.MaxUint64), slog.Bool("yes", true), slog.Duration("d", time.Second), slog.Time("t", at),
		slog.Float64("f", 0.123), slog.Float64("whole", 4), slog.Float64("huge", 1e30), slog.Float64("none", 0), slog.Any("error", errors.New("a \"cause\"")),
		slog.Any("list", []string{"a", "<b>"}), slog.Any("null", nil), slog.Any("own", marshals{}), slog.Any("secret", hidden("s3cret")),
		slog.Group("fault", slog.String("in", "body"), slog.Group("deeper", slog.Int("a", 1)), slog.Group("empty")), slog.Group("", slog.Int("inlined", 1)),
		slog.Any("broken", broken{}),
	}
	rename := func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			a.Key = "ts"
		}
		return a
	}
	for name, with := range map[string]func(slog.Handler) slog.Handler{
		"plain":                 func(h slog.Handler) slog.Handler { return h },
		"with attributes":       func(h slog.Handler) slog.Handler { return h.WithAttrs([]slog.Attr{slog.Int("a", 1)}) },
		"within a group":        func(h slog.Handler) slog.Handler { return h.WithGroup("g") },
		"attributes in a group": func(h slog.Handler) slog.Handler { return h.WithGroup("g").WithAttrs(attrs).WithGroup("h") },
		"two ways from one": func(h slog.Handler) slog.Handler {
			h = h.WithGroup("g")
			h.WithGroup("other").WithAttrs(attrs)
			return h.WithGroup("h")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ours, theirs bytes.Buffer
			for _, n := range []int{0, 1, len(attrs)} {
				record := slog.NewRecord(at, slog.LevelError, "request <&>", 0)
				record.AddAttrs(attrs[:n]...)
				for _, h := range []slog.Handler{&Handler{Out: &ours, Level: slog.LevelInfo}, slog.NewJSONHandler(&theirs, &slog.HandlerOptions{ReplaceAttr: rename})} {
					if err := with(h).Handle(context.Background(), record); err != nil {
						t.Fatal(err)
					}
				}
			}
			if ours.String() != theirs.String() {
				t.Errorf("\n%s\nslog writes\n%s", &ours, &theirs)
			}
		})
	}
	text := slog.New(&Handler{Out: io.Discard, Level: slog.LevelInfo})
	if text.Enabled(context.Background(), slog.LevelDebug) || !text.Enabled(context.Background(), slog.LevelInfo) {
		t.Error("the level is not held")
	}
}

func FuzzLine(f *testing.F) {
	f.Add("GET", "a\x00\"", int64(3), 0.5)
	f.Fuzz(func(t *testing.T, key, text string, n int64, x float64) {
		var out bytes.Buffer
		h := &Handler{Out: &out, Level: slog.LevelInfo}
		record := slog.NewRecord(time.Unix(n%1e9, 0).UTC(), slog.LevelInfo, text, 0)
		record.AddAttrs(slog.String(key, text), slog.Int64("n", n), slog.Float64("x", x))
		if err := h.Handle(context.Background(), record); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out.Bytes()) || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
			t.Fatalf("not one line of JSON: %q", out.Bytes())
		}
		var m map[string]any
		reference, _ := json.Marshal(text) // which replaces what is not UTF-8 alike
		var want any
		json.Unmarshal(reference, &want)
		if err := json.Unmarshal(out.Bytes(), &m); err != nil || key != slog.MessageKey && m[slog.MessageKey] != want {
			t.Fatalf("%v, %q is read as %q", err, text, m[slog.MessageKey])
		}
	})
}

func BenchmarkLine(b *testing.B) {
	attrs := []slog.Attr{
		slog.String("request_id", "01a20137-9dba-7dc8-b4b2-fdac98122e96"), slog.String("trace_id", "01a201379dba7dc8b4b2fdac98122e96"), slog.String("client_ip", "127.0.0.1"),
		slog.String("method", "GET"), slog.Int("status", 200), slog.String("decision", "allowed"), slog.Float64("duration_ms", .401), slog.Int64("bytes_in", 0), slog.Int64("bytes_out", 463),
		slog.String("api", "one"), slog.String("operation", "listItems"), slog.String("path_template", "/items"),
		slog.String("upstream", "http://127.0.0.1:23882"), slog.Int("upstream_status", 200), slog.Float64("upstream_ms", .343),
	}
	for name, h := range map[string]slog.Handler{"ours": &Handler{Out: io.Discard, Level: slog.LevelInfo}, "slog": slog.NewJSONHandler(io.Discard, nil)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				record := slog.NewRecord(time.Unix(1_800_000_000, 123456789), slog.LevelInfo, "request", 0)
				record.AddAttrs(attrs...)
				h.Handle(context.Background(), record)
			}
		})
	}
}
