package console_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/console"
	"sallyport/store"
)

// An older export opens nothing that was shut since.
func TestImportBringsNoAccessBack(t *testing.T) {
	o := open(t)
	o.consumer("shut")
	if _, err := o.AddConsumer(t.Context(), me, console.NewConsumer{Name: "less", Tenant: "a", Roles: []string{"clerk", "boss"}, Scopes: []string{"read", "write"}}); err != nil {
		t.Fatal(err)
	}
	rotated, narrowed, revoked := o.issue("less", console.NewKey{}), o.issue("less", console.NewKey{Scopes: []string{"pay"}}), o.issue("less", console.NewKey{})
	old := o.exported()

	if _, err := o.ChangeConsumer(t.Context(), me, "shut", console.AnyRevision, console.ConsumerChange{Disabled: console.Give(true)}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.ChangeConsumer(t.Context(), me, "less", console.AnyRevision, console.ConsumerChange{Tenant: console.Give("b"), Roles: console.Give([]string{"clerk"}), Scopes: console.Give([]string{"read"})}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.RotateKey(t.Context(), me, rotated.ID, console.AnyRevision, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := o.ChangeKey(t.Context(), me, narrowed.ID, console.AnyRevision, console.KeyChange{Scopes: console.Give([]string(nil)), Networks: console.Give([]string{"10.0.0.0/8"}), Expires: console.Give(o.clock.Now().Add(time.Hour))}); err != nil {
		t.Fatal(err)
	}
	if err := o.RevokeKey(t.Context(), me, revoked.ID, console.AnyRevision); err != nil {
		t.Fatal(err)
	}
	now := o.exported()

	if done, err := o.imported(old, false); err != nil || done.Consumers.Unchanged != 2 || done.Keys.Unchanged != 3 || done.Opens != nil {
		t.Errorf("%+v %v", done, err)
	}
	if got := o.exported(); got != now {
		t.Errorf("an older export has changed what is there:\n%s\n%s", got, now)
	}

	// What closes is taken in.
	if done, err := o.imported(now, false); err != nil || done.Consumers.Changed+done.Keys.Changed != 0 {
		t.Errorf("%+v %v", done, err)
	}
	closing := strings.Replace(now, `"consumer":"less",`, `"consumer":"less","disabled":true,`, 1)
	if done, err := o.imported(closing, false); err != nil || done.Consumers.Changed != 1 || done.Opens != nil {
		t.Errorf("%+v %v", done, err)
	}

	// Whoever asks for more gets it, and is told of it; not for what was revoked
	// or has another in its place.
	done, err := o.overwritten(old)
	if err != nil || done.Consumers.Changed != 2 || done.Keys.Changed != 1 {
		t.Errorf("%+v %v", done, err)
	}
	var hows []string
	for _, opening := range done.Opens {
		hows = append(hows, opening.Consumer+" "+opening.How)
		if opening.Key != "" && opening.Key != narrowed.ID {
			t.Errorf("%s opens", opening.Key)
		}
	}
	slices.Sort(hows)
	if want := []string{"less belongs to another tenant", "less is enabled", "less is granted more", "less is granted more", "less lives longer", "less may be used from elsewhere", "shut is enabled"}; !slices.Equal(hows, want) {
		t.Errorf("%q", hows)
	}
	if k, err := o.Key(t.Context(), rotated.ID); err != nil || k.State != console.Rotated || k.Expires == nil {
		t.Errorf("%+v %v", k, err)
	}
	if k, err := o.Key(t.Context(), revoked.ID); err != nil || k.State != console.Revoked {
		t.Errorf("%+v %v", k, err)
	}
}

// To delete a consumer does not make anybody forget which of its keys had been
// revoked, or were to end.
func TestImportOfADeletedConsumer(t *testing.T) {
	o := open(t)
	o.consumer("c")
	revoked, rotated, living := o.issue("c", console.NewKey{}), o.issue("c", console.NewKey{}), o.issue("c", console.NewKey{})
	old := o.exported()
	if err := o.RevokeKey(t.Context(), me, revoked.ID, console.AnyRevision); err != nil {
		t.Fatal(err)
	}
	if _, err := o.RotateKey(t.Context(), me, rotated.ID, console.AnyRevision, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := o.DeleteConsumer(t.Context(), me, "c", console.AnyRevision); err != nil {
		t.Fatal(err)
	}
	o.clock.pass(time.Hour)
	dry, err := o.imported(old, true)
	if want := []console.Opening{{Consumer: "c", Key: living.ID, How: "comes back"}}; err != nil || !reflect.DeepEqual(dry.Opens, want) {
		t.Errorf("%+v %v", dry, err)
	}
	if _, err := o.overwritten(old); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[store.ID]string{revoked.ID: console.Revoked, rotated.ID: console.Expired, living.ID: console.Active} {
		if k, err := o.Key(t.Context(), id); err != nil || k.State != want {
			t.Errorf("%+v %v, want %s", k, err, want)
		}
	}
}

// The audit says of each key that was taken in what it may do and until when,
// and of what was there what became of it; and who took everything out.
func TestAuditOfTransfers(t *testing.T) {
	ring := open(t).ring
	from, to := openWith(t, ring), openWith(t, ring)
	from.consumer("c")
	made := from.issue("c", console.NewKey{Name: "ci", Scopes: []string{"a<b"}, Roles: []string{"r"}, Networks: []string{"10.0.0.0/8"}, Expires: from.clock.Now().Add(time.Hour)})
	for range 249 {
		from.issue("c", console.NewKey{Scopes: []string{strings.Repeat("<", 128)}})
	}
	text := from.exported()
	entries := from.entries()
	if last := entries[len(entries)-1]; last.Action != "consumer.export" || last.Actor != me.Actor {
		t.Errorf("the export: %+v", last)
	}
	if _, err := to.imported(text, false); err != nil {
		t.Fatal(err)
	}
	told, most := 0, 0
	for _, e := range to.entries() {
		if e.Action != "key.import" {
			continue
		}
		var detail struct{ Keys []map[string]any }
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
			t.Fatal(err)
		}
		told, most = told+len(detail.Keys), max(most, len(detail.Keys))
		for _, k := range detail.Keys {
			if k["id"] == string(made.ID) && !reflect.DeepEqual(k, map[string]any{
				"id": string(made.ID), "consumer": "c", "hint": made.Hint, "name": "ci", "scopes": []any{"a<b"}, "roles": []any{"r"},
				"networks": []any{"10.0.0.0/8"}, "expires": made.Expires.Format("2006-01-02T15:04:05.999Z"),
			}) {
				t.Errorf("%v", k)
			}
		}
	}
	if told != 250 || most > 100 {
		t.Errorf("%d keys are in the audit, %d of them in one entry", told, most)
	}

	i := to.Import(me)
	i.Overwrite = true
	if _, err := to.taking(t.Context(), strings.Replace(text, `"roles":["r"]`, `"roles":["r","s"]`, 1), i); err != nil {
		t.Fatal(err)
	}
	entries = to.entries()
	if last := entries[len(entries)-1]; last.Object != string(made.ID) || !strings.Contains(last.Detail, `"roles":["r","s"]`) || !strings.Contains(last.Detail, `"expires":`) {
		t.Errorf("%+v", last)
	}
}
