// Package storetest is the one suite that every store passes: what package
// store promises, asked of a store from outside. It knows no database.
package storetest

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"sallyport/store"
)

// Place is where stores can be opened: each new place is empty, and opening it
// twice gives two handles on one store.
type Place interface {
	Open(testing.TB) store.Store
}

// Run runs the suite; empty makes a new place.
func Run(t *testing.T, empty func(testing.TB) Place) {
	for name, test := range map[string]func(*testing.T, Place){
		"consumers":           consumers,
		"names of consumers":  namesOfConsumers,
		"deleted consumers":   deletedConsumers,
		"keys":                keys,
		"many keys":           manyKeys,
		"replaced keys":       replacedKeys,
		"used keys":           usedKeys,
		"passwords":           passwords,
		"revocations":         revocations,
		"secrets":             secrets,
		"wrapped keys":        wrappedKeys,
		"shelf":               shelf,
		"admins":              admins,
		"audit":               audit,
		"entries are needed":  entriesAreNeeded,
		"ended keys":          endedKeys,
		"changes":             changes,
		"forgotten changes":   forgottenChanges,
		"await":               await,
		"await ends":          awaitEnds,
		"no lost update":      noLostUpdate,
		"changes in order":    changesInOrder,
		"one node wins":       oneNodeWins,
		"many open at a time": manyOpen,
		"refused values":      refusedValues,
		"unusual values":      unusualValues,
		"unknown things":      unknownThings,
		"pages":               pages,
		"cancelled":           cancelled,
		"closed":              closed,
		"opened again":        openedAgain,
	} {
		t.Run(name, func(t *testing.T) { test(t, empty(t)) })
	}
}

// clock is a time that no store may change: with milliseconds, and in UTC.
var clock = time.Date(2031, 2, 3, 4, 5, 6, 789e6, time.UTC)

func entry(action string) store.Entry {
	return store.Entry{At: clock, Actor: "cli:tester", Action: action, Object: "what", Outcome: "done", Detail: `{"a":1}`, From: "192.0.2.1"}
}

func newID() store.ID { return store.NewID(clock) }

func newConsumer(name string) *store.Consumer {
	return &store.Consumer{ID: newID(), Name: name, Tenant: "acme", Roles: []string{"clerk", "a \"quoted\" one"}, Scopes: []string{"read:all"},
		Note: "two\nlines", Created: clock, Changed: clock.Add(time.Millisecond)}
}

func newKey(c *store.Consumer) *store.Key {
	id := newID()
	return &store.Key{ID: id, Consumer: c.ID, Name: "laptop", Hash: []byte("hash of " + id)[:40], Generation: 255, Hint: "Xy9z",
		Scopes: []string{"write"}, Roles: []string{"clerk"},
		Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
		Created:  clock, Expires: clock.Add(time.Hour)}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is demands an error of package store, alone or wrapped.
func is(t testing.TB, err, want error, doing string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error is %v, not %v", doing, err, want)
	}
}

func same[T any](t testing.TB, got, want T, what string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, show(got), show(want))
	}
}

func show(v any) string {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && !p.IsNil() {
		v = p.Elem().Interface()
	}
	return fmt.Sprintf("%+v", v)
}

func addConsumer(t testing.TB, s store.Store, name string) *store.Consumer {
	t.Helper()
	c := newConsumer(name)
	must(t, s.AddConsumer(t.Context(), c, entry("consumer.add")))
	return c
}

func addKey(t testing.TB, s store.Store, c *store.Consumer) *store.Key {
	t.Helper()
	k := newKey(c)
	must(t, s.AddKeys(t.Context(), []*store.Key{k}, entry("key.add")))
	return k
}
