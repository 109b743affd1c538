package record

import (
	"log/slog"
	"net/netip"
	"strconv"
	"time"

	"sallyport/jsonline"
)

// event is the form in which an exchange is told of.
type event interface {
	text(key, value string)
	// plain is for text of our own making that needs no escape.
	plain(key, value string)
	address(key string, value netip.Addr)
	number(key string, value int64)
	millis(key string, value time.Duration)
	// attr is for what few exchanges have.
	attr(slog.Attr)
}

// attributes are for any log.
type attributes []slog.Attr

func (a *attributes) plain(key, value string)          { a.text(key, value) }
func (a *attributes) text(key, value string)           { *a = append(*a, slog.String(key, value)) }
func (a *attributes) address(key string, v netip.Addr) { *a = append(*a, slog.String(key, v.String())) }
func (a *attributes) number(key string, value int64)   { *a = append(*a, slog.Int64(key, value)) }
func (a *attributes) attr(attr slog.Attr)              { *a = append(*a, attr) }
func (a *attributes) millis(key string, value time.Duration) {
	*a = append(*a, slog.Float64(key, float64(value.Microseconds())/1000))
}

// text is a line of JSON. Its keys are ours and need no escape.
type text []byte

func (t *text) key(key string) []byte {
	b := append(*t, ',', '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

func (t *text) plain(key, value string) {
	b := append(t.key(key), '"')
	b = append(b, value...)
	*t = append(b, '"')
}

func (t *text) text(key, value string)         { *t = jsonline.Text(t.key(key), value) }
func (t *text) number(key string, value int64) { *t = strconv.AppendInt(t.key(key), value, 10) }
func (t *text) attr(attr slog.Attr)            { *t = jsonline.Attr(*t, attr) }

func (t *text) address(key string, value netip.Addr) {
	b := append(t.key(key), '"')
	if !value.IsValid() {
		*t = append(append(b, value.String()...), '"')
		return
	}
	*t = append(value.AppendTo(b), '"') // a zone is the system's name of an interface
}

// millis writes microseconds as milliseconds, as encoding/json writes the
// fraction.
func (t *text) millis(key string, value time.Duration) {
	micros := value.Microseconds()
	b := t.key(key)
	if micros < 0 {
		b, micros = append(b, '-'), -micros
	}
	b = strconv.AppendInt(b, micros/1000, 10)
	if rest := micros % 1000; rest != 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	*t = b
}
