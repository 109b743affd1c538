package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNewID reads the parts of RFC 9562 §5.7 back.
func TestNewID(t *testing.T) {
	at := time.UnixMilli(0x123456789abc)
	id := NewID(at)
	if !id.Valid() || !strings.HasPrefix(string(id), "12345678-9abc-7") || !strings.ContainsRune("89ab", rune(id[19])) {
		t.Errorf("id is %s", id)
	}
	if NewID(at) == id {
		t.Error("two are the same")
	}
	var ids []ID
	for i := range 100 {
		ids = append(ids, NewID(at.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) {
		t.Errorf("not in the order of their times: %s", ids)
	}
}

func TestValidIDs(t *testing.T) {
	for id, want := range map[ID]bool{
		"0190b3f5-7c1e-7abc-8def-0123456789ab":  true,
		"":                                      false,
		"0190B3F5-7c1e-7abc-8def-0123456789ab":  false,
		"0190b3f57c1e7abc8def0123456789ab":      false,
		"0190b3f5-7c1e-7abc-8def-0123456789ag":  false,
		"0190b3f5-7c1e-7abc-8def-0123456789a:":  false,
		"0190b3f5-7c1e-7abc-8def-0123456789ab ": false,
		"0190b3f5-7c1e-7abc-8de-f0123456789ab":  false,
		"{190b3f5-7c1e-7abc-8def-0123456789a}":  false,
	} {
		if id.Valid() != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}

// TestSum writes down by hand what Sum's comment says, for whoever verifies a
// chain with other tools.
func TestSum(t *testing.T) {
	e := Entry{Number: 258, At: time.UnixMilli(1).Add(999), Actor: "cli:é", Action: "key.add", Object: "k", Outcome: "done", Detail: "{}", Hash: []byte("not of it")}
	before := []byte{0xff}
	want := sha256.Sum256([]byte("\x00\x00\x00\x00\x00\x00\x00\x01\xff" +
		"\x00\x00\x00\x00\x00\x00\x01\x02" + "\x00\x00\x00\x00\x00\x00\x00\x01" +
		"\x00\x00\x00\x00\x00\x00\x00\x06cli:é" + "\x00\x00\x00\x00\x00\x00\x00\x07key.add" +
		"\x00\x00\x00\x00\x00\x00\x00\x01k" + "\x00\x00\x00\x00\x00\x00\x00\x04done" +
		"\x00\x00\x00\x00\x00\x00\x00\x02{}" + "\x00\x00\x00\x00\x00\x00\x00\x00"))
	if got := e.Sum(before); !bytes.Equal(got, want[:]) {
		t.Errorf("sum is %x, not %x", got, want)
	}
	if bytes.Equal((&Entry{Actor: "ab", Action: "c"}).Sum(nil), (&Entry{Actor: "a", Action: "bc"}).Sum(nil)) {
		t.Error("what is moved from field to field has the same sum")
	}
}

// TestErrorsShowNoValue asks each check about a value that is not to be shown.
func TestErrorsShowNoValue(t *testing.T) {
	const hostile = "hostile\x00"
	for _, thing := range []interface{ Check() error }{
		&Consumer{ID: hostile}, &Consumer{ID: NewID(time.Now()), Name: hostile}, &Key{ID: hostile},
		&Password{Consumer: hostile}, &Revocation{ID: hostile, Token: hostile, Until: time.Now()}, &Secret{Name: hostile},
		&AdminToken{ID: hostile}, &Entry{At: time.Now(), Outcome: hostile}, &Entry{At: time.Now(), Outcome: "done", Detail: hostile},
	} {
		if err := thing.Check(); err == nil || strings.Contains(fmt.Sprint(err), "hostile") {
			t.Errorf("%T: error is %v", thing, err)
		}
	}
}
