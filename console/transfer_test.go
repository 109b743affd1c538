package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"sallyport/console"
	"sallyport/keyring/keyringtest"
)

// exported is everything as lines of JSON.
func (o *office) exported() string {
	o.t.Helper()
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	if err := o.Export(o.t.Context(), me, func(r console.Record) error { return encoder.Encode(r) }); err != nil {
		o.t.Fatal(err)
	}
	return b.String()
}

// imported takes lines of JSON in.
func (o *office) imported(text string, dry bool) (console.Imported, error) {
	return o.importing(o.t.Context(), text, dry)
}

// overwritten takes lines of JSON in for what is there, too.
func (o *office) overwritten(text string) (console.Imported, error) {
	i := o.Import(me)
	i.Overwrite = true
	return o.taking(o.t.Context(), text, i)
}

func (o *office) importing(ctx context.Context, text string, dry bool) (console.Imported, error) {
	i := o.Import(me)
	i.Dry = dry
	return o.taking(ctx, text, i)
}

func (o *office) taking(ctx context.Context, text string, i *console.Import) (console.Imported, error) {
	err := console.ReadRecords(strings.NewReader(text), func(_ int, r console.Record) error { return i.Take(ctx, r) })
	return i.Imported, errors.Join(err, i.Finish(ctx))
}

func TestTransfer(t *testing.T) {
	ring := keyringtest.New(t)
	from, to := openWith(t, ring), openWith(t, ring)
	from.consumer("empty")
	if _, err := from.AddConsumer(t.Context(), me, console.NewConsumer{Name: "full", Tenant: "t", Roles: []string{"r"}, Scopes: []string{"s"}, Note: "n", Disabled: true}); err != nil {
		t.Fatal(err)
	}
	kept := from.issue("full", console.NewKey{Name: "k", Scopes: []string{"s2"}, Roles: []string{"r2"}, Networks: []string{"10.0.0.0/8", "2001:db8::/32"}, Expires: from.clock.Now().Add(time.Hour)})
	rotated := from.issue("empty", console.NewKey{})
	if _, err := from.RotateKey(t.Context(), me, rotated.ID, console.AnyRevision, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := from.RevokeKey(t.Context(), me, kept.ID, console.AnyRevision); err != nil {
		t.Fatal(err)
	}
	text := from.exported()
	for _, secret := range []string{kept.Secret, rotated.Secret} {
		if strings.Contains(text, secret) {
			t.Errorf("the export holds the key %s", secret)
		}
	}

	before := len(to.entries())
	dry, err := to.imported(text, true)
	if err != nil || dry.Consumers.Added != 2 || dry.Keys.Added != 3 || len(to.entries()) != before {
		t.Errorf("in a dry run: %+v %v", dry, err)
	}
	if done, err := to.imported(text, false); err != nil || !reflect.DeepEqual(done, dry) {
		t.Errorf("%+v %v", done, err)
	}
	if got := to.exported(); got != text {
		t.Errorf("it is not what was exported:\n%s\n%s", got, text)
	}
	entries := len(to.entries())
	again, err := to.imported(text, false)
	if want := (console.Imported{Consumers: console.Counts{Unchanged: 2}, Keys: console.Counts{Unchanged: 3}}); err != nil || !reflect.DeepEqual(again, want) || len(to.entries()) != entries {
		t.Errorf("a second time: %+v %v", again, err)
	}

	// What is revoked stays so, whatever an older export says.
	if err := to.RevokeKey(t.Context(), me, rotated.ID, console.AnyRevision); err != nil {
		t.Fatal(err)
	}
	if _, err := to.imported(text, false); err != nil {
		t.Fatal(err)
	}
	if k, err := to.Key(t.Context(), rotated.ID); err != nil || k.State != console.Revoked {
		t.Errorf("%+v %v", k, err)
	}

	changed, err := to.overwritten(strings.Replace(text, `"tenant":"t"`, `"tenant":"u"`, 1))
	if c, _ := to.Consumer(t.Context(), "full"); err != nil || changed.Consumers.Changed != 1 || c.Tenant != "u" {
		t.Errorf("%+v %v %+v", changed, err, c)
	}
}

func TestTransferOfAnotherKeyring(t *testing.T) {
	from, to := open(t), open(t)
	from.consumer("c")
	from.issue("c", console.NewKey{})
	before := len(to.entries())
	_, err := to.imported(from.exported(), false)
	if !errors.Is(err, console.ErrInvalid) || !strings.Contains(err.Error(), "the keyring of another store") || len(to.entries()) != before {
		t.Error(err)
	}
}

func TestRecordsThatAreNone(t *testing.T) {
	o := open(t)
	o.consumer("c")
	o.issue("c", console.NewKey{})
	text := o.exported()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	key := lines[len(lines)-1]
	for name, c := range map[string]struct{ text, says string }{
		"no JSON":                   {"{", "line 1"},
		"two values":                {`{"type":"consumer","consumer":"a"} {}`, "more than one value"},
		"a member that is unknown":  {`{"type":"consumer","consumer":"a","password":"x"}`, "a member that no record has"},
		"another type":              {`{"type":"admin"}`, "must be keyring, consumer or key"},
		"a number for a name":       {`{"type":"consumer","consumer":1}`, "consumer must not be number"},
		"a name that is none":       {`{"type":"consumer","consumer":"a b"}`, "consumer: may hold"},
		"an id that is none":        {`{"type":"consumer","consumer":"a","id":"1"}`, "id: must be a UUID"},
		"a key without its keyring": {key, "must come before the first key"},
		"a key of nobody":           {lines[0] + "\n" + strings.Replace(key, `"consumer":"c"`, `"consumer":"d"`, 1), "line 2: consumer: there is no such consumer"},
		"a hash that is none":       {lines[0] + "\n" + strings.Replace(key, `"hash":"`, `"hash":"zz`, 1), "64 hexadecimal digits"},
		"a second key of this hash": {lines[0] + "\n" + strings.Replace(key, `"id":"0`, `"id":"1`, 1), "another key with this hash"},
		"a line without an end":     {`{"type":"consumer","note":"` + strings.Repeat("x", 300<<10), "longer than any record"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			o.t = t
			if _, err := o.imported(c.text, false); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
	o.t = t
	other := strings.NewReplacer(`"hash":"`, `"hash":"00`, `00000000000000"`, `000000000000"`).Replace(key)
	twice := lines[0] + "\n" + strings.Replace(other, `"id":"0`, `"id":"2`, 1) + "\n" + strings.Replace(other, `"id":"0`, `"id":"3`, 1)
	if _, err := o.imported(twice, true); err == nil || !strings.Contains(err.Error(), "line 3: There is another key") {
		t.Errorf("one hash for two keys: %v", err)
	}
	if got := o.exported(); got != text {
		t.Errorf("what was refused has changed something:\n%s\n%s", got, text)
	}
}

// FuzzImport takes whatever comes in, in a dry run: what is refused is refused
// with a sentence, and what is taken is taken again when it is written anew.
func FuzzImport(f *testing.F) {
	o := open(f)
	o.consumer("a")
	key := `{"type":"key","consumer":"a","id":"01a201fd-dcde-7c0a-af0d-d37c019fbf49","created":"2026-11-22T06:42:24.094Z","name":"ci","hash":"f7c4699002791dcf320c3a577a5ccd563253e72bf1c481a91200000000000000","generation":1,"hint":"XPId","networks":["10.0.0.0/8"],"expires":"2027-02-20T06:42:24.093Z"}`
	f.Add([]byte(`{"type":"consumer","consumer":"b","roles":["r"],"disabled":true}`))
	f.Add([]byte("{\"type\":\"keyring\",\"marks\":{}}\n" + key))
	f.Add([]byte(`{"type":"key","networks":["::ffff:10.0.0.0/104"]}`))
	f.Add([]byte("\n\n[1]\nnull\n\"type\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		i := o.Import(me)
		i.Dry = true
		var taken bytes.Buffer
		encoder := json.NewEncoder(&taken)
		err := console.ReadRecords(bytes.NewReader(text), func(_ int, r console.Record) error {
			if err := i.Take(t.Context(), r); err != nil {
				return err
			}
			return encoder.Encode(r)
		})
		if r := (*console.Refused)(nil); err != nil && !errors.As(err, &r) {
			t.Fatalf("the store has refused what was let by: %v", err)
		}
		again, err := o.importing(t.Context(), taken.String(), true)
		if err != nil || again.Consumers != i.Imported.Consumers && i.Imported.Keys == again.Keys {
			t.Errorf("what was taken is not taken again: %v\n%s", err, taken.String())
		}
	})
}
