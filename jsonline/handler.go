package jsonline

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"
)

// Handler is a slog.Handler that writes what slog's own JSON handler does, with
// ts for the time, at about half the cost.
type Handler struct {
	// Out takes each line in one call.
	Out io.Writer
	// Level is the least important level that is written.
	Level slog.Leveler

	// given is what WithAttrs and WithGroup wrote so far; open is how many
	// groups of it are to be closed.
	given []byte
	open  int
	// groups are those that WithGroup named and nothing was written to yet: a
	// group without attributes is left out.
	groups []string
}

// Enabled implements slog.Handler.
func (h *Handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.Level.Level()
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	n := *h
	n.given, n.open = h.enter(slices.Clone(h.given))
	n.groups = nil
	for _, a := range attrs {
		n.given = Attr(n.given, a)
	}
	return &n
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	n := *h
	n.groups = append(slices.Clip(h.groups), name)
	return &n
}

// enter opens the groups that are still to be written.
func (h *Handler) enter(b []byte) ([]byte, int) {
	for _, name := range h.groups {
		b = append(Key(b, name), '{')
	}
	return b, h.open + len(h.groups)
}

// Handle implements slog.Handler.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	line := Take()
	b := append(Begin(line.Bytes, r.Time, r.Level, r.Message), h.given...)
	open := h.open
	if r.NumAttrs() > 0 {
		b, open = h.enter(b)
	}
	r.Attrs(func(a slog.Attr) bool {
		b = Attr(b, a)
		return true
	})
	for range open {
		b = append(b, '}')
	}
	line.Bytes = End(b)
	return line.Send(h.Out)
}

// Attr appends a member; attributes without a name and groups without
// attributes are left out, as slog.Handler asks.
func Attr(b []byte, a slog.Attr) []byte {
	a.Value = a.Value.Resolve()
	if a.Equal(slog.Attr{}) {
		return b
	}
	if a.Value.Kind() != slog.KindGroup {
		return appendValue(Key(b, a.Key), a.Value)
	}
	group := a.Value.Group()
	switch {
	case len(group) == 0:
		return b
	case a.Key == "":
		for _, member := range group {
			b = Attr(b, member)
		}
		return b
	}
	b = append(Key(b, a.Key), '{')
	for _, member := range group {
		b = Attr(b, member)
	}
	return append(b, '}')
}

func appendValue(b []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindString:
		return Text(b, v.String())
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case slog.KindUint64:
		return strconv.AppendUint(b, v.Uint64(), 10)
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case slog.KindDuration:
		return strconv.AppendInt(b, int64(v.Duration()), 10)
	case slog.KindTime:
		return append(v.Time().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
	case slog.KindFloat64:
		// As encoding/json writes it, which has no word for what is no number.
		if f := v.Float64(); f-f == 0 && f > -1e15 && f < 1e15 {
			return strconv.AppendFloat(b, f, 'f', -1, 64)
		}
	}
	return appendAny(b, v.Any())
}

// appendAny is for what has no text of its own, which no line about a request
// holds unless something was found.
func appendAny(b []byte, v any) []byte {
	if err, ok := v.(error); ok {
		if _, marshals := v.(json.Marshaler); !marshals {
			return Text(b, err.Error())
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return Text(b, "!ERROR:"+err.Error())
	}
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}
