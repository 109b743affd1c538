package identify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/problem"
)

// together are so many requests at one time, and how many were let in.
func (a *attacked) together(from netip.Addr, name string, password func(int) string, n int) (let int, errs []error) {
	results := make(chan error)
	for i := range n {
		go func() { results <- a.asks(from, name, password(i)) }()
	}
	for range n {
		if err := <-results; err != nil {
			errs = append(errs, err)
		} else {
			let++
		}
	}
	return let, errs
}

func always(password string) func(int) string { return func(int) string { return password } }

// slow takes its time, as comparing passwords and asking an issuer do.
type slow struct {
	*attacked
	mu       sync.Mutex
	strength Strength
}

func (s *slow) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	time.Sleep(300 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attacked.Check(x, secret)
}

func (s *slow) Strength(string) Strength { return s.strength }

// tired makes the scheme slow.
func (a *attacked) tired(strength Strength) *attacked {
	a.security.Alternatives[0][0].Scheme.Method = &slow{attacked: a, strength: strength}
	return a
}

func TestHonestBurstsAreNoGuesses(t *testing.T) {
	home := address(1)
	for name, run := range map[string]func(*testing.T, *attacked){
		"one right password sixty times at once, to a gateway that knows nobody": func(t *testing.T, a *attacked) {
			if let, errs := a.together(home, "victim", always("right"), 60); let != 60 {
				t.Errorf("%d of 60 were let in: %v", let, errs[0])
			}
		},
		"the new password sixty times at once, where the old one is known": func(t *testing.T, a *attacked) {
			a.mustLetIn(t, home, "victim", "right")
			a.right["victim"] = "new"
			for range 3 {
				a.asks(home, "victim", "right") // the machine has not heard of it
			}
			if let, errs := a.together(home, "victim", always("new"), 60); let != 60 {
				t.Errorf("%d of 60 were let in: %v", let, errs[0])
			}
			if let, errs := a.together(home, "victim", always("new"), 60); let != 60 {
				t.Errorf("%d of the next 60 were let in: %v", let, errs[0])
			}
		},
		"three hundred people behind one address": func(t *testing.T, a *attacked) {
			results := make(chan error)
			for i := range 300 {
				go func() { results <- a.asks(home, user(i), "right"+user(i)) }()
			}
			for range 300 {
				if err := <-results; err != nil {
					t.Errorf("one of them: %v", err)
				}
			}
		},
		"the right password is refused again and again, for its address has failed": func(t *testing.T, a *attacked) {
			a.mustLetIn(t, home, "victim", "right")
			a.right["victim"] = "new"
			for i := 0; !refused(a.asks(home, user(1000+i), "Summer2026")); i++ {
			}
			for range 40 {
				if err := a.asks(home, "victim", "new"); !refused(err) {
					t.Fatalf("from an address over its limit: %v", err)
				}
			}
			time.Sleep(time.Minute)
			if err := a.asks(home, "victim", "new"); err != nil {
				t.Fatalf("a minute later: %v", err)
			}
			key := mix(a.guessing.Tally.network(home), account(a, "victim"))
			if level := a.guessing.Tally.accounts.level(key, time.Now()); level != 0 {
				t.Errorf("%s of its own refusals are remembered", level)
			}
		},
		"a right one goes on after failures that came in with it": func(t *testing.T, a *attacked) {
			a.mustLetIn(t, home, "victim", "right")
			errs := make(chan error, 16)
			for i := range 15 {
				go func() { errs <- a.asks(home, "victim", fmt.Sprint("old", i)) }()
			}
			synctest.Wait()
			time.Sleep(time.Millisecond)
			go func() { errs <- a.asks(home, "victim", "right") }() // ends after the others
			for range 16 {
				<-errs
			}
			a.mustLetIn(t, home, "victim", "right")
			if err := a.asks(home, "victim", "guess"); !refused(err) {
				t.Fatalf("a guess: %v", err)
			}
			if err := a.asks(home, "victim", "right"); !refused(err) {
				t.Errorf("it is told from a guess, where one came between: %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { run(t, attack(300).tired(Guessable)) })
		})
	}
}

// account is the hash of a name.
func account(a *attacked, name string) uint64 {
	scheme := a.security.Alternatives[0][0].Scheme
	x := request("")
	x.Start, x.Client = time.Now(), address(99)
	t := a.guessing.try(x, scheme, base64.StdEncoding.EncodeToString([]byte(name+":?")))
	return t.account
}

// TestWhoLeavesTheQueueIsNobodysFailure: the seats of others are as free as before.
func TestWhoLeavesTheQueueIsNobodysFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(0).tired(Guessable)
		errs := make(chan error, accountSeats+1)
		for i := range accountSeats {
			go func() { errs <- a.asks(address(i), "victim", fmt.Sprint("guess", i)) }()
		}
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			x := request("", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("victim:other")))
			x.Env, x.Client, x.Start, x.Context = a.env, address(99), time.Now(), ctx
			errs <- a.security.Run(x)
		}()
		synctest.Wait()
		leave()
		if err := <-errs; problem.As(err).Kind != problem.ClientLeft {
			t.Errorf("who left: %v", err)
		}
		for range accountSeats {
			<-errs
		}
		crowd := &a.guessing.Tally.checked
		if len(crowd.seated) != 0 || len(crowd.holders) != 0 || len(crowd.queue) != 0 {
			t.Errorf("of nobody are left %d seats, %d holders and %d in the queue", len(crowd.seated), len(crowd.holders), len(crowd.queue))
		}
	})
}

func TestOpaqueTokensAreBoundedOnceSomeFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(300).tired(Opaque)
		begun := time.Now()
		results := make(chan error)
		for i := range 300 {
			go func() { results <- a.asks(address(1), user(i), "right"+user(i)) }()
		}
		for range 300 {
			if err := <-results; err != nil {
				t.Errorf("a good token: %v", err)
			}
		}
		if took := time.Since(begun); took > 300*time.Millisecond {
			t.Errorf("they stood in a queue: %s", took)
		}
	})
}

// TestABurstOfGuesses: in a crowd nothing tells the right password from others,
// wherever the account is known from.
func TestABurstOfGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(0).tired(Guessable)
		home := address(1)
		a.mustLetIn(t, home, "victim", "right")
		a.checked = 0
		let, errs := a.together(home, "victim", func(i int) string { return fmt.Sprint("guess", i) }, 2000)
		if let > 0 || a.checked > 10+2*accountSeats {
			t.Errorf("%d of 2000 guesses at one time were checked", a.checked)
		}
		overloaded := 0
		for _, err := range errs {
			if problem.As(err).Kind == problem.Overloaded {
				overloaded++
			}
		}
		if overloaded == 0 {
			t.Error("nobody was told that there are too many")
		}
		if err := a.asks(home, "victim", "right"); !refused(err) {
			t.Errorf("the right one after them: %v", err)
		}
	})
}

func TestTheRightOneStandsInTheCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(0).tired(Guessable)
		home := address(1)
		a.mustLetIn(t, home, "victim", "right")
		errs := make(chan error, 40)
		for i := range 2 * accountSeats {
			go func() { errs <- a.asks(home, "victim", fmt.Sprint("guess", i)) }()
		}
		synctest.Wait() // sixteen are compared, and sixteen wait
		if err := a.asks(home, "victim", "right"); !refused(err) {
			t.Errorf("the right one was told from the guesses it stood among: %v", err)
		}
		for range 2 * accountSeats {
			<-errs
		}
	})
}

// TestNobodyIsShutOutOfSignedTokens: what an attacker makes up costs those nothing
// who have a token that was signed, or a key with a tag, from wherever they come.
func TestNobodyIsShutOutOfSignedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := newIssuer(t, "https://one.example", "EdDSA")
		a := attack(0)
		tokens := one.bearer(t, "one")
		keys := keyScheme("key", "header", "X-Key")
		keys.Method.(*Key).Directory = tagged{}
		for _, s := range []*Scheme{tokens, keys} {
			s.Watch = a.guessing.Tally.NewWatch("shop", s.Name)
		}
		ask := func(from netip.Addr, s *Scheme, field, value string) error {
			x := request("", field, value)
			x.Env, x.Client, x.Start = a.env, from, time.Now()
			security := &Security{Realm: "shop", Alternatives: [][]Requirement{all(s)}, Guessing: a.guessing}
			if err := (&Guard{security}).Run(x); err != nil {
				if wait, ok := errors.AsType[*sallyport.Wait](err); !ok {
					return err
				} else {
					time.Sleep(wait.For)
				}
			}
			return security.Run(x)
		}
		last := error(nil)
		for i := range 10_000 {
			last = ask(address(i%7), tokens, "Authorization", fmt.Sprintf("Bearer a.b.c%d", i))
			if i%10 == 0 {
				ask(address(1000+i), keys, "X-Key", fmt.Sprint("made up ", i))
			}
		}
		if !refused(last) {
			t.Errorf("who fails on and on: %v", last)
		}
		for i := range 120 {
			for _, from := range []netip.Addr{address(500), address(i % 7)} { // one that never failed, and those that did
				if err := ask(from, tokens, "Authorization", "Bearer "+one.token(t, map[string]any{"jti": fmt.Sprint(i)})); err != nil {
					t.Fatalf("token %d from %s: %v", i, from, err)
				}
				if err := ask(from, keys, "X-Key", fmt.Sprint("tagged ", i)); err != nil {
					t.Fatalf("key %d from %s: %v", i, from, err)
				}
			}
		}
		if tokens.Watch.known.sets.Load() != nil {
			t.Error("tokens that are renewed are remembered one by one")
		}
	})
}

// tagged knows all keys that begin so.
type tagged struct{ Keys }

func (tagged) Tagged(secret string) bool { return len(secret) > 6 && secret[:6] == "tagged" }

func (d tagged) Key(_ context.Context, secret string) (*sallyport.Credential, error) {
	if !d.Tagged(secret) {
		return nil, errors.New("forged")
	}
	return &sallyport.Credential{Kind: "key", ID: "key:" + secret, Consumer: secret}, nil
}
