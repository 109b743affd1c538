package limit

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// shop is a gateway before a backend in which each caller has objects of its own,
// called by its name: ann-1, ann-2. All others are not there.
type shop struct {
	*sallyport.Gateway
	lookups *Lookups
	now     time.Time
	log     bytes.Buffer
	heard   atomic.Int64
	broken  bool            // it gives everything to everybody
	status  int             // of all answers, unless 0
	gate    <-chan struct{} // what answers wait for, unless nil
}

func newShop(t testing.TB, over OverLookups) *shop {
	s := &shop{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.lookups = &Lookups{
		API: "shop", Window: time.Hour, Misses: 50, Least: 20, Over: over, Delay: time.Second, MaxWaiting: 2,
		Trails: NewTrails(1<<16, s.now), Counts: &LookupCounts{API: "shop"},
	}
	if over != DelayLookups {
		s.lookups.Delay = 0
	}
	if err := s.lookups.Compile(); err != nil {
		t.Fatal(err)
	}
	env := sallyport.NewEnv(slog.New(slog.NewTextHandler(&s.log, nil)), 1<<20)
	env.Now = func() time.Time { return s.now }
	op := &sallyport.Operation{ID: "getOrder", Params: []string{"id"}}
	op.Place(sallyport.Placed{Stage: sallyport.Limit, Name: "lookups", Step: s.lookups.Count("/orders/{id}", []int{0})})
	op.Place(sallyport.Placed{Stage: sallyport.Forward, Name: "backend", Step: s})
	s.Gateway = sallyport.NewGateway(env, &sallyport.Plan{
		Entry: []sallyport.Placed{{Stage: sallyport.Admit, Name: "who", Step: who{}}},
		Match: func(x *sallyport.Exchange) *sallyport.Operation {
			x.Params = []string{x.Request.Fields.Get("Id")}
			return op
		},
	})
	return s
}

// Run is the backend.
func (s *shop) Run(x *sallyport.Exchange) error {
	s.heard.Add(1)
	if s.gate != nil {
		<-s.gate
	}
	status := 404
	switch owner, _, _ := strings.Cut(x.Params[0], "-"); {
	case s.status != 0:
		status = s.status
	case s.broken || owner == x.Caller.ID():
		status = 200
	}
	x.Response = &message.Response{Status: status}
	return nil
}

// get asks for an object a second after the last one, and tells the status.
func (s *shop) get(caller, client, id string) int {
	s.now = s.now.Add(time.Second)
	answer, _ := s.exchange(caller, client, id)
	return answer.Status
}

func (s *shop) exchange(caller, client, id string) (*message.Response, *sallyport.Exchange) {
	x := &sallyport.Exchange{Context: context.Background(), Request: &message.Request{Method: "GET"}}
	x.Request.Fields = message.Fields{{Name: "Caller", Value: caller}, {Name: "Client", Value: client}, {Name: "Id", Value: id}}
	var d door
	s.Serve(x, &d)
	return d.answer, x
}

// until asks for ids until one is refused, and tells how many were let by.
func (s *shop) until(most int, ask func(i int) int) int {
	for i := range most {
		if ask(i) == 429 {
			return i
		}
	}
	return most
}

const home = "192.0.2.1"

func TestLookups(t *testing.T) {
	t.Run("a_sequential_walk_ends_at_twenty_objects_of_others", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		got := s.until(1000, func(i int) int { return s.get("mallory", home, fmt.Sprint("ann-", i)) })
		if got < 17 || got > 24 { // the count is a sketch
			t.Errorf("%d of its requests were let by", got)
		}
		if want := `msg="looking for ids" by=caller api=shop client_ip=192.0.2.1 operation=getOrder principal=mallory`; strings.Count(s.log.String(), want) != 1 {
			t.Errorf("the log says: %s", s.log.String())
		}
		if s.lookups.Counts.Callers.Load() != 1 || s.lookups.Counts.Networks.Load() != 0 {
			t.Error("it was not counted once")
		}
		if s.get("ann", home, "ann-1") != 200 {
			t.Error("another caller at the same address is refused")
		}
	})
	t.Run("made_up_ids_are_found_by_their_share", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		random := rand.New(rand.NewPCG(1, 2))
		got := s.until(1000, func(i int) int {
			if i%3 == 0 { // hidden among objects of its own
				return s.get("mallory", home, fmt.Sprint("mallory-", i))
			}
			return s.get("mallory", home, fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()))
		})
		if got < 26 || got > 45 { // so is what is taken for found
			t.Errorf("%d of its requests were let by", got)
		}
	})
	t.Run("nobody_hides_among_many_objects_of_its_own", func(t *testing.T) {
		s, misses := newShop(t, RefuseLookups), 0
		s.until(20000, func(i int) int {
			if i%5 != 0 {
				return s.get("mallory", home, fmt.Sprint("mallory-", i%500))
			}
			status := s.get("mallory", home, fmt.Sprint("ann-", i))
			if status == 404 {
				misses++
			}
			return status
		})
		if misses < 150 || misses > 330 {
			t.Errorf("%d objects of others were asked for", misses)
		}
	})
	t.Run("who_pages_through_five_thousand_objects_is_not", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		got := s.until(5000, func(i int) int {
			if i%50 == 7 { // deleted since the list was read
				return s.get("ann", home, fmt.Sprint("gone-", i))
			}
			return s.get("ann", home, fmt.Sprint("ann-", i))
		})
		if got != 5000 || s.log.Len() > 0 {
			t.Errorf("%d were let by: %s", got, s.log.String())
		}
	})
	t.Run("who_tries_again_is_not", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		if got := s.until(3000, func(i int) int { return s.get("ann", home, fmt.Sprint("gone-", i%10)) }); got != 3000 {
			t.Errorf("%d were let by", got)
		}
	})
	t.Run("what_says_nothing_of_an_id_is_not_counted", func(t *testing.T) {
		for _, status := range []int{400, 401, 405, 413, 429, 431, 500, 503} {
			s := newShop(t, RefuseLookups)
			s.status = status
			for i := range 100 {
				if s.get("ann", home, fmt.Sprint("x-", i)); s.heard.Load() != int64(i+1) {
					t.Errorf("after %d answers with %d it is refused", i, status)
					break
				}
			}
		}
	})
	t.Run("a_number_of_ids_can_be_too_many_though_all_are_found", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		s.broken, s.lookups.IDs = true, 500
		if got := s.until(5000, func(i int) int { return s.get("mallory", home, fmt.Sprint(i)) }); got < 400 || got > 620 {
			t.Errorf("%d were let by", got)
		}
	})
	t.Run("it_is_forgotten_with_time", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		s.until(100, func(i int) int { return s.get("mallory", home, fmt.Sprint("ann-", i)) })
		answer, x := s.exchange("mallory", home, "mallory-1")
		if answer.Status != 429 || x.Refusal.Kind != problem.LookupsExceeded {
			t.Fatalf("status %d", answer.Status)
		}
		var wait int
		if _, err := fmt.Sscan(answer.Fields.Get("Retry-After"), &wait); err != nil || wait < 1 || wait > 3600 {
			t.Fatalf("Retry-After is %q", answer.Fields.Get("Retry-After"))
		}
		s.now = s.now.Add(time.Duration(wait-2) * time.Second)
		if got := s.get("mallory", home, "mallory-1"); got != 429 {
			t.Errorf("before Retry-After: %d", got)
		}
		if got := s.get("mallory", home, "mallory-1"); got != 200 {
			t.Errorf("after Retry-After: %d", got)
		}
	})
}

func TestLookupsOfNetworks(t *testing.T) {
	t.Run("spraying_over_a_thousand_accounts_ends_at_a_hundred_tries", func(t *testing.T) {
		s, misses := newShop(t, RefuseLookups), 0
		for account := range 1000 {
			for i := range 3 {
				if s.get(fmt.Sprint("account", account), "2001:db8::"+fmt.Sprint(account%9), fmt.Sprint("ann-", account, "-", i)) == 404 {
					misses++
				}
			}
		}
		if misses < 100 || misses > 110 {
			t.Errorf("%d objects were asked for", misses)
		}
		if s.lookups.Counts.Networks.Load() != 1 || !strings.Contains(s.log.String(), "by=network api=shop client_ip=2001:db8::/64") {
			t.Errorf("the log says: %s", s.log.String())
		}
		if got := s.get("ann", "2001:db8:0:1::1", "ann-1"); got != 200 {
			t.Errorf("in another network: %d", got)
		}
	})
	t.Run("who_finds_what_it_asks_for_goes_on_beside_them", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		for i := range 5 {
			s.get("ann", home, fmt.Sprint("ann-", i))
		}
		for account := range 200 {
			s.get(fmt.Sprint("account", account), home, fmt.Sprint("x-", account))
		}
		if got := s.get("new", home, "new-1"); got != 429 {
			t.Errorf("a newcomer: %d", got)
		}
		if got := s.get("ann", home, "ann-9"); got != 200 {
			t.Errorf("who is known: %d", got)
		}
	})
	t.Run("honest_callers_behind_one_address_are_not", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		for i := range 33000 {
			caller := fmt.Sprint("user", i%1000)
			if i >= 30000 {
				caller = "" // nobody proves anything, and the address stands for all
			}
			s.broken = i%11 != 0 // the others are not there
			if answer, _ := s.exchange(caller, home, fmt.Sprint("x-", i)); answer.Status == 429 {
				t.Fatalf("caller %q was refused after %d", caller, i)
			}
		}
	})
	t.Run("one_caller_alone_does_not_shut_its_network_out", func(t *testing.T) {
		s := newShop(t, ObserveLookups)
		for i := range 2000 {
			s.get("mallory", home, fmt.Sprint("ann-", i))
		}
		if s.lookups.Counts.Networks.Load() != 0 {
			t.Error("the network is over it")
		}
	})
}

func TestOverLookups(t *testing.T) {
	t.Run("observed_they_go_on", func(t *testing.T) {
		s := newShop(t, ObserveLookups)
		for i := range 40 {
			s.get("mallory", home, fmt.Sprint("ann-", i))
		}
		_, x := s.exchange("mallory", home, "ann-41")
		if s.heard.Load() != 41 || len(x.Findings) != 1 || problem.As(x.Findings[0].Err).Kind != problem.LookupsExceeded {
			t.Errorf("the backend heard %d, found %v", s.heard.Load(), x.Findings)
		}
	})
	t.Run("delayed_they_wait_while_there_are_places", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, DelayLookups)
			for i := range 30 {
				s.get("mallory", home, fmt.Sprint("ann-", i))
			}
			answers := make(chan int)
			for i := range 5 {
				go func() {
					answer, _ := s.exchange("mallory", home, fmt.Sprint("bob-", i%2))
					answers <- answer.Status
				}()
			}
			counts := map[int]int{}
			for range 5 {
				counts[<-answers]++
			}
			if counts[404] != 2 || counts[429] != 3 {
				t.Errorf("the answers are %v", counts)
			}
			synctest.Wait()
			if n := s.lookups.waiting.Load(); n != 0 {
				t.Errorf("%d places are still taken", n)
			}
		})
	})
}

// TestTrail: counts are near what they count, up to the most that may be set.
func TestTrail(t *testing.T) {
	sizes, random := newSizes(), rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct{ found, missed int }{{5, 5}, {20, 20}, {400, 200}, {1000, 500}} {
		var worst float64
		for range 200 {
			var tr trail
			for range c.found {
				tr.note(random.Uint64(), false)
			}
			for range c.missed {
				tr.note(random.Uint64(), true)
			}
			found, missed := tr.counts(sizes, false)
			worst = max(worst, abs(found-c.found)/float64(c.found), abs(missed-c.missed)/float64(c.missed))
		}
		if worst > 0.65 {
			t.Errorf("%d and %d are told with an error of %.2f", c.found, c.missed, worst)
		}
	}
}

func abs(n int) float64 { return float64(max(n, -n)) }

// TestTrailsAreBounded: a million callers take what DefaultTrails says and no more;
// who is watched is not flushed out.
func TestTrailsAreBounded(t *testing.T) {
	now := time.Now()
	l := &Lookups{API: "a", Window: time.Hour, Misses: 50, Least: 20, Trails: NewTrails(0, now), Counts: new(LookupCounts)}
	if err := l.Compile(); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	mallory := seeker{caller: random.Uint64(), network: 1, proved: true}
	for range 30 {
		l.count(mallory, random.Uint64(), 1, true)
	}
	for range DefaultTrails {
		who := seeker{caller: random.Uint64(), network: random.Uint64(), proved: true}
		l.count(who, random.Uint64(), 1, false)
		l.countNetwork(who, 1, aHit)
	}
	callers, networks := l.Trails.Entries()
	if callers != DefaultTrails || networks != DefaultTrails/4 {
		t.Errorf("there is room for %d callers and %d networks", callers, networks)
	}
	if caller, network := reflect.TypeFor[remembered[trail]]().Size(), reflect.TypeFor[remembered[crossing]]().Size(); caller > 184 || network > 56 {
		t.Errorf("an entry of a caller takes %d bytes, of a network %d", caller, network)
	}
	if _, _, over, _, _ := l.judgeCaller(mallory, 1, 1); over == "" {
		t.Error("a flood of callers has flushed out the one who is watched")
	}
}

func TestLookupsSettings(t *testing.T) {
	good := Lookups{Window: time.Hour, Misses: 50, Least: 20, Trails: NewTrails(1, time.Now()), Counts: new(LookupCounts)}
	for name, spoil := range map[string]func(*Lookups){
		"no_window":   func(l *Lookups) { l.Window = 0 },
		"no_share":    func(l *Lookups) { l.Misses = 0 },
		"over_100":    func(l *Lookups) { l.Misses = 101 },
		"one_miss":    func(l *Lookups) { l.Least = 1 },
		"many_misses": func(l *Lookups) { l.Least = 51 },
		"many_ids":    func(l *Lookups) { l.IDs = 1001 },
		"no_delay":    func(l *Lookups) { l.Over = DelayLookups },
		"no_memory":   func(l *Lookups) { l.Trails = nil },
	} {
		bad := &Lookups{Window: good.Window, Misses: good.Misses, Least: good.Least, Trails: good.Trails, Counts: good.Counts}
		spoil(bad)
		if bad.Compile() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := good.Compile(); err != nil {
		t.Error(err)
	}
}

// lookupUnder is a lookup at a step and its exchange, for measuring.
func lookupUnder(t testing.TB) (*lookup, *sallyport.Exchange) {
	s := newShop(t, RefuseLookups)
	x := standing("https://issuer.example|0123456789", home)
	x.Env = sallyport.NewEnv(slog.New(slog.DiscardHandler), 1)
	x.Params, x.Response = []string{"5f7f6c1e-9a51-4c57-9c2e-1f0a4f6f7b10"}, &message.Response{Status: 200}
	l := &lookup{Lookups: s.lookups, params: []int{0}, kind: 1}
	for i := range 9 { // a caller that is known to find what it asks for
		l.count(l.who(x), uint64(i)<<32, 1, false)
	}
	return l, x
}

func TestLookupsTakeNoMemory(t *testing.T) {
	l, x := lookupUnder(t)
	l.Done(x)
	if n := testing.AllocsPerRun(100, func() { l.judge(x, l.who(x), l.id(x)); l.Done(x); underWay{l}.Done(x) }); n != 0 {
		t.Errorf("a lookup takes %v allocations", n)
	}
}

func BenchmarkLookups(b *testing.B) {
	l, x := lookupUnder(b)
	l.Done(x)
	b.Run("judge", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.judge(x, l.who(x), l.id(x))
		}
	})
	b.Run("count", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.Done(x)
		}
	})
}
