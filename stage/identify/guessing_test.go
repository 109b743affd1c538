package identify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// attacked is an operation with HTTP Basic that counts what is tried. Its clock
// is the bubble's.
type attacked struct {
	env      *sallyport.Env
	log      strings.Builder
	guessing *Guessing
	security *Security
	guard    *Guard
	right    passwords
	checked  int // passwords that were compared
}

func attack(users int) *attacked {
	a := &attacked{right: passwords{"victim": "right"}}
	for i := range users {
		a.right[user(i)] = "right" + user(i)
	}
	a.env = &sallyport.Env{Now: time.Now, Log: slog.New(slog.NewTextHandler(&a.log, nil))}
	a.guessing = &Guessing{
		Client: Allowance{100, time.Hour}, Account: Allowance{10, time.Hour}, Delay: 250 * time.Millisecond, MaxDelay: 4 * time.Second, Waiting: 1024,
		Ratio: 50, Failures: 100, Unknown: Allowance{60, time.Minute}, Remember: 7 * 24 * time.Hour, Tally: NewTally(time.Now()),
	}
	a.guessing.Compile()
	scheme := &Scheme{Name: "login", Place: Place{In: "authorization", Scheme: "basic"}, Method: a, Watch: a.guessing.Tally.NewWatch("shop", "login")}
	a.security = &Security{Realm: "shop", Alternatives: [][]Requirement{all(scheme)}, Guessing: a.guessing}
	a.guard = &Guard{a.security}
	return a
}

func user(i int) string { return fmt.Sprintf("user%d", i) }

func (a *attacked) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	a.checked++
	return a.right.Check(x, secret)
}

func (a *attacked) Account(secret string) string { return a.right.Account(secret) }

func (a *attacked) Strength(string) Strength { return Guessable }

// asks is one request, and what came of it; it waits where it is held back.
func (a *attacked) asks(from netip.Addr, name, password string) error {
	x := request("", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
	x.Env, x.Client, x.Start = a.env, from, time.Now()
	err := a.guard.Run(x)
	if wait, ok := errors.AsType[*sallyport.Wait](err); ok {
		time.Sleep(wait.For)
		err = nil
	}
	if err == nil {
		err = a.security.Run(x)
	}
	return err
}

func (a *attacked) mustLetIn(t *testing.T, from netip.Addr, name, password string) {
	t.Helper()
	begun := time.Now()
	if err := a.asks(from, name, password); err != nil {
		t.Fatalf("%s from %s after all: %v", name, from, err)
	}
	if waited := time.Since(begun); waited > a.guessing.MaxDelay {
		t.Errorf("%s waited for %s", name, waited)
	}
}

func refused(err error) bool { return err != nil && problem.As(err).Kind == problem.FailuresExceeded }

func address(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

func TestGuessing(t *testing.T) {
	home, office := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for name, run := range map[string]func(*testing.T){
		"an honest user who mistypes gets in at the next try": func(t *testing.T) {
			for typos := range 10 {
				a := attack(0)
				for range typos {
					if err := a.asks(home, "victim", "wrong"); refused(err) {
						t.Errorf("refused after %d typos", typos)
					}
				}
				a.mustLetIn(t, home, "victim", "right")
			}
		},
		"an honest user who was locked out gets in by waiting": func(t *testing.T) {
			a := attack(0)
			for !refused(a.asks(home, "victim", "wrong")) {
			}
			err := a.asks(home, "victim", "right")
			if !refused(err) {
				t.Fatalf("the limit does not hold for the right password: it would be told from others (%v)", err)
			}
			wait, _ := time.ParseDuration(problem.As(err).Fields.Get("Retry-After") + "s")
			if wait < time.Second || wait > 6*time.Minute {
				t.Errorf("Retry-After is %s", wait)
			}
			time.Sleep(wait)
			a.mustLetIn(t, home, "victim", "right")
		},
		"brute force from one address tries ten, and ten in an hour": func(t *testing.T) {
			a := attack(0)
			for begun := time.Now(); time.Since(begun) < 24*time.Hour; time.Sleep(10 * time.Second) {
				a.asks(home, "victim", "guess")
			}
			if most := 10 + 24*10; a.checked > most || a.checked < 100 {
				t.Errorf("%d guesses in a day, want at most %d", a.checked, most)
			}
		},
		"brute force from ten thousand addresses tries no more": func(t *testing.T) {
			a := attack(0)
			begun := time.Now()
			for i := 0; time.Since(begun) < 24*time.Hour; i++ {
				a.asks(address(i%10_000), "victim", "guess")
				time.Sleep(2 * time.Second)
			}
			if most := 10 + 24*10; a.checked > most {
				t.Errorf("%d guesses in a day, want at most %d", a.checked, most)
			}
		},
		"one password over many accounts tries a hundred, and a hundred in an hour": func(t *testing.T) {
			a := attack(0)
			begun := time.Now()
			for i := 0; time.Since(begun) < 10*time.Hour; i++ {
				a.asks(home, user(i), "Summer2026")
				time.Sleep(time.Second)
			}
			if most := 100 + 10*100; a.checked > most {
				t.Errorf("%d accounts tried in ten hours, want at most %d", a.checked, most)
			}
		},
		"an IPv6 subscriber is one client": func(t *testing.T) {
			a := attack(0)
			for i := range 5000 {
				bytes := office.As16()
				bytes[14], bytes[15] = byte(i>>8), byte(i)
				a.asks(netip.AddrFrom16(bytes), user(i), "Summer2026")
			}
			if a.checked > 100+10 { // some are forgotten while the attacker waits
				t.Errorf("%d accounts tried", a.checked)
			}
		},
		"stuffing from ten thousand addresses is slowed down as a whole": func(t *testing.T) {
			a := attack(200)
			for i := range 100 {
				a.mustLetIn(t, address(1<<20+i), user(i), "right"+user(i))
			}
			a.checked = 0
			begun, newcomer, newcomerTries := time.Now(), false, 0
			for i := range 10_000 {
				a.asks(address(i), fmt.Sprintf("leaked%d", i), "leaked")
				time.Sleep(10 * time.Millisecond)
				if i%10 == 0 { // those who are known notice nothing
					n := i / 10 % 100
					at := time.Now()
					if err := a.asks(address(1<<20+n), user(n), "right"+user(n)); err != nil || time.Since(at) > 0 {
						t.Fatalf("a known user was refused or held back: %v", err)
					}
					a.checked--
				}
				if !newcomer && i > 1000 && i%100 == 0 {
					newcomerTries++
					newcomer = a.asks(address(1<<21), user(150), "right"+user(150)) == nil
				}
			}
			took := time.Since(begun)
			// A hundred users were right before: as many may be wrong until it is half.
			if most := 2*100 + 60 + int(took/time.Second) + 1; a.checked > most {
				t.Errorf("%d of 10,000 leaked passwords were tried within %s, want at most %d", a.checked, took, most)
			}
			if !newcomer {
				t.Errorf("a newcomer did not get in with %d tries during the attack", newcomerTries)
			}
			time.Sleep(30 * time.Minute)
			a.mustLetIn(t, address(1<<21+1), user(151), "right"+user(151))
			if begins, ends := strings.Count(a.log.String(), guessingBegins+`" by=scheme`), strings.Count(a.log.String(), guessingEnds+`" by=scheme`); begins != 1 || ends != 1 {
				t.Errorf("the log tells of %d beginnings and %d ends of one attack:\n%s", begins, ends, a.log.String())
			}
		},
		"a thousand users behind one address work on beside an attacker": func(t *testing.T) {
			a := attack(1000)
			for i := range 1000 {
				a.mustLetIn(t, home, user(i), "right"+user(i))
			}
			for i := range 10_000 {
				a.asks(home, user(i), "Summer2026")
				if err := a.asks(home, user(i%1000), "right"+user(i%1000)); err != nil {
					t.Fatalf("an honest user: %v", err)
				}
			}
		},
		"nobody can lock a victim out of the network it works from": func(t *testing.T) {
			a := attack(0)
			a.mustLetIn(t, home, "victim", "right")
			for i := range 5000 {
				a.asks(address(i), "victim", "guess")
				if i%50 == 0 {
					if err := a.asks(home, "victim", "right"); err != nil {
						t.Fatalf("the victim: %v", err)
					}
				}
			}
			for range 3 { // even when it mistypes
				if err := a.asks(home, "victim", "typo"); refused(err) {
					t.Fatal("the victim's typos were counted with the attacker's")
				}
			}
			a.mustLetIn(t, home, "victim", "right")
			if err := a.asks(office, "victim", "right"); !refused(err) {
				t.Errorf("from a network that it is not known from it is one of the attackers: %v", err)
			}
			time.Sleep(2 * time.Hour)
			a.mustLetIn(t, office, "victim", "right")
		},
		"somebody behind the same address cannot guess by being refused": func(t *testing.T) {
			a := attack(0)
			a.mustLetIn(t, home, "victim", "right")
			for i := 0; !refused(a.asks(home, user(i), "Summer2026")); i++ { // the address is over its limit
			}
			for i := range 30 {
				if err := a.asks(home, "victim", fmt.Sprint("guess", i)); !refused(err) {
					t.Fatalf("guess %d: %v", i, err)
				}
			}
			if err := a.asks(home, "victim", "right"); !refused(err) {
				t.Fatalf("the right password after thirty guesses: %v", err)
			}
			time.Sleep(3 * time.Hour)
			a.mustLetIn(t, home, "victim", "right")
		},
		"an account that is not there looks like one that is": func(t *testing.T) {
			there, absent := attack(0), attack(0)
			for i := range 30 {
				begun := time.Now()
				first := there.asks(address(i), "victim", "wrong")
				took := time.Since(begun)
				second := absent.asks(address(i), "nobody", "wrong")
				if first.Error() != second.Error() || took != time.Since(begun)-took {
					t.Fatalf("try %d: %v after %s, %v after %s", i, first, took, second, time.Since(begun)-took)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, run) })
	}
}

func TestGuessingCountsFailuresOfTheCallerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := newIssuer(t, "https://one.example", "EdDSA")
		a := attack(0)
		tokens := one.bearer(t, "one")
		tokens.Watch = a.guessing.Tally.NewWatch("shop", "one")
		ask := func(s *Scheme, value string) error {
			x := request("", "Authorization", value)
			x.Env, x.Client, x.Start = a.env, address(1), time.Now()
			security := &Security{Realm: "shop", Alternatives: [][]Requirement{all(s)}, Guessing: a.guessing}
			if err := (&Guard{security}).Run(x); err != nil {
				return err
			}
			return security.Run(x)
		}
		expired := "Bearer " + one.token(t, map[string]any{"exp": 1})
		for range 1000 {
			if wantKind(t, ask(tokens, expired), problem.TokenExpired) == nil {
				return
			}
		}
		keyless := one.accepted()
		keyless.Verifier.Keys = absent{}
		broken := &Scheme{Name: "broken", Place: bearerPlace, Method: newJWT(t, "broken", 16, keyless), Watch: a.guessing.Tally.NewWatch("shop", "broken")}
		for range 1000 {
			wantKind(t, ask(broken, "Bearer "+one.token(t, map[string]any{"jti": "x"})), problem.KeysUnavailable)
		}
		if level := a.guessing.Tally.clients.level(a.guessing.Tally.network(address(1)), time.Now()); level != 0 {
			t.Errorf("counted %s of failures", level)
		}
		for range 130 {
			wantKind(t, ask(tokens, "Bearer a.b.c"), problem.TokenInvalid)
		}
		if level := a.guessing.Tally.clients.level(a.guessing.Tally.network(address(1)), time.Now()); level == 0 {
			t.Error("tokens that are not valid were not counted")
		}
	})
}

func TestWhatAFailureWeighs(t *testing.T) {
	for kind, want := range map[problem.Kind]float64{
		problem.CredentialsInvalid: 1, problem.TokenInvalid: 0.1, problem.ProofInvalid: 0.1,
		problem.TokenExpired: 0, problem.ProofNonce: 0, problem.KeysUnavailable: 0, problem.Overloaded: 0,
		problem.LimitExceeded: 0, problem.CredentialsAmbiguous: 0, problem.Internal: 0,
	} {
		if got := weigh(problem.Refuse(kind, "")); got != want {
			t.Errorf("%s weighs %v, want %v", kind, got, want)
		}
	}
}

func TestGuessingTellsOfAnAccountByItsHashAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(0)
		for range 20 {
			a.asks(address(1), "hunter2-typed-as-a-name", "wrong")
		}
		log := a.log.String()
		if strings.Count(log, guessingBegins+`" by=account`) != 1 || strings.Contains(log, "hunter2") {
			t.Errorf("the log:\n%s", log)
		}
		time.Sleep(2 * time.Hour)
		a.asks(address(2), "victim", "right")
		if strings.Count(a.log.String(), guessingEnds+`" by=account`) != 1 {
			t.Errorf("the log does not tell of the end:\n%s", a.log.String())
		}
	})
}

func TestTriesAtOneTimeAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(0)
		held := &holding{release: make(chan struct{})}
		scheme := a.security.Alternatives[0][0].Scheme
		scheme.Method = held
		results := make(chan error)
		const sent = 500
		for i := range sent {
			go func() { results <- a.asks(address(1), user(i), "wrong") }()
			synctest.Wait()
		}
		close(held.release)
		turned := 0
		for range sent {
			if err := <-results; refused(err) || problem.As(err).Kind == problem.Overloaded {
				turned++
			}
		}
		// Those that stood in the queue are judged by what the first have come to. A
		// seat is free a moment before what came of its try is counted.
		if checked, limit := sent-turned, a.guessing.Client.Count; checked < limit || checked > limit+2*clientSeats {
			t.Errorf("%d tries were checked, want the %d that are let by, and those under way or just ended on top", checked, limit)
		}
		if held.most > clientSeats {
			t.Errorf("%d tries were under way at one time", held.most)
		}
	})
}

// holding checks for as long as it likes.
type holding struct {
	passwords
	release chan struct{}

	mu        sync.Mutex
	now, most int
}

func (h *holding) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	h.under(1)
	defer h.under(-1)
	<-h.release
	return h.passwords.Check(x, secret)
}

func (h *holding) Strength(string) Strength { return Guessable }

func (h *holding) under(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now += n
	h.most = max(h.most, h.now)
}

func TestTriesThatAreHeldBackAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(0)
		a.guessing.Waiting = 8
		for range 6 {
			a.asks(address(1), "victim", "wrong")
		}
		results := make(chan error)
		for i := range 20 {
			go func() { results <- a.asks(address(2), "victim", fmt.Sprint("wrong", i)) }()
		}
		turned := 0
		for range 20 {
			if refused(<-results) {
				turned++
			}
		}
		if turned < 12 {
			t.Errorf("%d of 20 were held back, want 8 at most", 20-turned)
		}
		synctest.Wait()
		if n := a.guessing.Tally.waiting.Load(); n != 0 {
			t.Errorf("%d places were not given back", n)
		}
	})
}

// TestNothingIsPushedOut: neither a million addresses nor a million names lower
// what is remembered of one, and no memory grows.
func TestNothingIsPushedOut(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	tally := NewTally(now)
	p := Allowance{10, time.Hour}.pace()
	victim := mix(1, 2)
	for range 12 {
		tally.accounts.add(victim, now, p.interval, p)
	}
	before := tally.accounts.level(victim, now)
	for i := range 1_000_000 {
		tally.accounts.add(mix(uint64(i), 77), now, p.interval, p)
	}
	if after := tally.accounts.level(victim, now); after < before {
		t.Errorf("a million names took the level of one from %s to %s", before, after)
	}
	if size := reflect.TypeFor[Tally]().Size(); size > 2200<<10 {
		t.Errorf("a tally takes %d bytes", size)
	}
	if size := reflect.TypeFor[Watch]().Size() + reflect.TypeFor[[acquaintanceSets]acquaintanceSet]().Size(); size > 3<<20+1024 {
		t.Errorf("a watch takes %d bytes", size)
	}

	var known acquaintances
	for i := range uint64(1000) { // a thousand customers
		known.meet(mix(i, 3), mix(i, 4), 10)
	}
	account := mix(5, 6)
	for i := range uint64(1_000_000) { // and one with very many networks
		known.meet(account, mix(i, 7), 20)
	}
	lost := 0
	for i := range uint64(1000) {
		if still, _ := known.knows(mix(i, 3), mix(i, 4), 30, 1000); !still {
			lost++
		}
	}
	if lost > 8 {
		t.Errorf("one account made the gateway forget %d of a thousand others", lost)
	}
}

func TestKnowingAllocatesNothing(t *testing.T) {
	a, x := knownRequest(t)
	if n := testing.AllocsPerRun(100, func() {
		if err := a.guard.Run(x); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a credential that is known", n)
	}
}

func knownRequest(t testing.TB) (*attacked, *sallyport.Exchange) {
	a := attack(1)
	a.security.Alternatives[0][0].Scheme.Place = Place{In: "header", Name: "X-Key"}
	if err := a.asks(address(1), user(0), "right"+user(0)); err == nil {
		t.Fatal("the field was not asked for")
	}
	x := request("", "Accept", "*/*", "X-Key", base64.StdEncoding.EncodeToString([]byte(user(0)+":right"+user(0))))
	x.Env, x.Client, x.Start = a.env, address(1), time.Now()
	if err := a.security.Run(x); err != nil {
		t.Fatal(err)
	}
	return a, x
}

// BenchmarkKnown is what guarding costs a request whose credential is known: the
// guard, and what Security adds.
func BenchmarkKnown(b *testing.B) {
	a, x := knownRequest(b)
	scheme := a.security.Alternatives[0][0].Scheme
	secret := x.Request.Fields.Get("X-Key")
	credential := &sallyport.Credential{}
	b.Run("guard", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := a.guard.Run(x); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("success", func(b *testing.B) {
		b.ReportAllocs()
		found := []finding{{scheme: scheme, credential: credential}}
		for b.Loop() {
			found[0].try = a.guessing.try(x, scheme, secret)
			a.guessing.learn(x, found)
		}
	})
}

// TestLeavingIsAFailure: who gives a try up that is held back has
// learnt that it was wrong.
func TestLeavingIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attack(0)
		home := address(1)
		a.mustLetIn(t, home, "victim", "right")
		for range 3 {
			a.asks(home, "victim", "wrong") // from now on tries are held back
		}
		op := &sallyport.Operation{Index: -1}
		op.Place(sallyport.Placed{Stage: sallyport.Identify, Name: "guessing", Step: a.guard}, sallyport.Placed{Stage: sallyport.Identify, Name: "security", Step: a.security})
		a.env.Bodies = sallyport.NewBudget(1 << 20)
		gateway := sallyport.NewGateway(a.env, &sallyport.Plan{Match: func(*sallyport.Exchange) *sallyport.Operation { return op }})
		for i := range 20 {
			x := request("", "Authorization", "Basic "+base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "victim:guess%d", i)))
			ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
			x.Context, x.Client = ctx, home
			if err := gateway.Serve(x, closedDoor{}); err != nil {
				t.Fatal(err)
			}
			leave()
		}
		if checked := a.checked; checked > 5 {
			t.Errorf("%d were checked", checked)
		}
		if err := a.asks(home, "victim", "right"); !refused(err) {
			t.Errorf("the right password after twenty guesses that were given up: %v", err)
		}
	})
}

// closedDoor sends nothing.
type closedDoor struct{}

func (closedDoor) Send(*message.Response) (int64, error) { return 0, nil }
