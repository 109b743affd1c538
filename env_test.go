package sallyport

import (
	"errors"
	"log/slog"
	"testing"
)

type counter struct{ opened, closed int }

func (c *counter) Open()  { c.opened++ }
func (c *counter) Close() { c.closed++ }

func made[T any](t *testing.T, l *Lasting, name string) *T {
	t.Helper()
	thing, err := Shared(l, name, func() (*T, error) { return new(T), nil })
	if err != nil {
		t.Fatal(err)
	}
	return thing
}

func TestLasting(t *testing.T) {
	newEnv := func() *Env { return NewEnv(slog.New(slog.DiscardHandler), 0) }

	t.Run("the_next_plan_finds_it_by_name", func(t *testing.T) {
		env := newEnv()
		first := env.Lasting()
		a := made[counter](t, first, "a")
		if made[counter](t, first, "a") != a {
			t.Error("one plan got two of one name")
		}
		env.Keep(first)
		second := env.Lasting()
		if made[counter](t, second, "a") != a {
			t.Error("the next plan got another one")
		}
		env.Keep(second)
		if a.closed != 0 || a.opened != 1 {
			t.Errorf("what is still needed was opened %d times and closed %d times", a.opened, a.closed)
		}
		env.Close()
		if a.closed != 1 {
			t.Error("it is not closed at the end")
		}
	})
	t.Run("what_no_plan_asks_for_is_forgotten_and_closed_once", func(t *testing.T) {
		env := newEnv()
		first := env.Lasting()
		a := made[counter](t, first, "a")
		env.Keep(first)
		env.Keep(env.Lasting())
		env.Keep(env.Lasting())
		if a.closed != 1 {
			t.Errorf("closed %d times, want once", a.closed)
		}
		if made[counter](t, env.Lasting(), "a") == a {
			t.Error("what was closed is handed out again")
		}
	})
	t.Run("a_plan_that_never_serves_opens_nothing", func(t *testing.T) {
		if a := made[counter](t, newEnv().Lasting(), "a"); a.opened != 0 {
			t.Error("nobody would close it")
		}
	})
	t.Run("a_plan_that_never_serves_changes_nothing", func(t *testing.T) {
		env := newEnv()
		first := env.Lasting()
		a := made[counter](t, first, "a")
		env.Keep(first)
		b := made[counter](t, env.Lasting(), "b")
		next := env.Lasting()
		if made[counter](t, next, "a") != a || a.closed != 0 {
			t.Error("the plan that serves lost what it needs")
		}
		if made[counter](t, next, "b") == b {
			t.Error("a plan found what another one made that never served")
		}
	})
	t.Run("another_kind_under_the_name_takes_its_place", func(t *testing.T) {
		env := newEnv()
		first := env.Lasting()
		a := made[counter](t, first, "a")
		env.Keep(first)
		second := env.Lasting()
		made[Budget](t, second, "a")
		env.Keep(second)
		if a.closed != 1 {
			t.Error("the one before was left open")
		}
	})
	t.Run("what_could_not_be_made_is_asked_for_again", func(t *testing.T) {
		l := newEnv().Lasting()
		if _, err := Shared(l, "a", func() (*counter, error) { return nil, errors.New("no") }); err == nil {
			t.Error("the error is lost")
		}
		if made[counter](t, l, "a") == nil {
			t.Error("the failure was kept")
		}
	})
}
