package limit

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// answered is a request for an id that the backend answers with the status.
func (s *shop) answered(caller, id string, status int) int {
	s.status = status
	defer func() { s.status = 0 }()
	return s.get(caller, home, id)
}

// TestNobodyHidesBehindHits: with a thousand ids and more that are found, no number
// of others is let by.
func TestNobodyHidesBehindHits(t *testing.T) {
	for _, c := range []struct {
		name, caller      string
		byClient          bool
		hits, least, most int
	}{
		{"proved", "mallory", false, 2000, 120, 330},
		{"proved_with_few", "mallory", false, 177, 100, 800},
		{"anonymous", "", false, 2000, 250, 1900},
		{"anonymous_with_few", "", false, 177, 100, 800},
		{"by_client", "mallory", true, 2000, 250, 1900},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t, RefuseLookups)
			s.lookups.ByClient = c.byClient
			for i := range c.hits {
				if got := s.answered(c.caller, fmt.Sprint("own-", i), 200); got != 200 {
					t.Fatalf("a hit: %d", got)
				}
				s.now = s.now.Add(-9e8) // all in one half of the window
			}
			got := s.until(5000, func(i int) int {
				s.now = s.now.Add(-9e8)
				return s.answered(c.caller, fmt.Sprint("ann-", i), 404)
			})
			if got < c.least || got > c.most {
				t.Errorf("%d guesses were let by", got)
			}
		})
	}
}

// atOnce sends requests for different ids that are all under way together, and
// counts the answers.
func (s *shop) atOnce(n int, caller, owner string) map[int]int {
	answers, gate := make(chan int, n), make(chan struct{})
	s.gate = gate
	for i := range n {
		go func() {
			answer, _ := s.exchange(caller, home, fmt.Sprint(owner, "-b", i))
			answers <- answer.Status
		}()
	}
	synctest.Wait()
	close(gate)
	counts := map[int]int{}
	for range n {
		counts[<-answers]++
	}
	s.gate = nil
	return counts
}

func TestLookupsAtOneTime(t *testing.T) {
	for _, caller := range []string{"mallory", ""} {
		t.Run("guesses_sent_together_are_cut_off/"+caller, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, RefuseLookups)
				if got := s.atOnce(950, caller, "ann"); got[404] != 40 || got[429] != 910 {
					t.Errorf("the answers are %v", got)
				}
				if got := s.get(caller, home, "ann-more"); got != 429 {
					t.Errorf("after them: %d", got)
				}
			})
		})
	}
	t.Run("padding_does_not_open_the_door", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, RefuseLookups)
			for i := range 1000 {
				s.get("mallory", home, fmt.Sprint("mallory-", i))
			}
			if got := s.atOnce(3000, "mallory", "ann"); got[404] > 410 {
				t.Errorf("the answers are %v", got)
			}
		})
	})
	t.Run("pages_that_load_all_at_once_are_not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, RefuseLookups)
			s.lookups.Least = 3
			for _, n := range []int{30, 40, 60} { // who has found more may ask for more
				if got := s.atOnce(n, "ann", "ann"); got[200] != n {
					t.Errorf("of %d the answers are %v", n, got)
				}
			}
		})
	})
	t.Run("what_ended_is_not_under_way", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		for i := range 500 { // says nothing of an id
			if got := s.answered("ann", fmt.Sprint("ann-", i), 503); got != 503 {
				t.Fatalf("after %d: %d", i, got)
			}
		}
	})
	t.Run("in_a_network_that_is_over_it_nothing_stays_under_way", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		for account := range 200 {
			s.get(fmt.Sprint("account", account), home, fmt.Sprint("x-", account))
		}
		for i := range 100 {
			s.get("new", home, fmt.Sprint("new-", i))
		}
		_, x := s.exchange("new", home, "new-1")
		if got := problem.As(x.Refusal).Unwrap().Error(); got != "by network" {
			t.Errorf("it is refused %s", got)
		}
	})
}

// TestHonestLookups: what looks like guessing and is not.
func TestHonestLookups(t *testing.T) {
	for name, of := range map[string]func(s *shop, i int) int{
		"who_looks_before_it_creates": func(s *shop, i int) int {
			return max(s.answered("ann", fmt.Sprint(i), 404), s.answered("ann", fmt.Sprint(i), 201))
		},
		"who_looks_after_it_deletes": func(s *shop, i int) int {
			return max(s.answered("ann", fmt.Sprint(i), 204), s.answered("ann", fmt.Sprint(i), 404))
		},
		"who_waits_for_jobs": func(s *shop, i int) int { // ten at a time, each there at the third try
			worst := 0
			for j := range 30 {
				status := 404
				if j >= 20 {
					status = 200
				}
				worst = max(worst, s.answered("ann", fmt.Sprint(i, "-", j%10), status))
			}
			return worst
		},
		"who_edits_what_others_edit": func(s *shop, i int) int {
			return max(s.answered("ann", fmt.Sprint(i), 200), s.answered("ann", fmt.Sprint(i), 412))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, RefuseLookups)
			if got := s.until(1000, func(i int) int { return of(s, i) }); got != 1000 || s.log.Len() > 0 {
				t.Errorf("%d were let by: %s", got, s.log.String())
			}
		})
	}
	t.Run("many_accounts_that_create", func(t *testing.T) {
		s := newShop(t, RefuseLookups)
		for i := range 1000 {
			caller := fmt.Sprint("user", i%100)
			if a, b := s.answered(caller, fmt.Sprint(i), 404), s.answered(caller, fmt.Sprint(i), 201); a != 404 || b != 201 {
				t.Fatalf("after %d: %d and %d", i, a, b)
			}
		}
	})
	t.Run("who_creates_does_not_hide_guesses_by_it", func(t *testing.T) {
		s, guesses := newShop(t, RefuseLookups), 0
		s.until(20000, func(i int) int {
			s.now = s.now.Add(-29e8)
			id := fmt.Sprint("own-", i)
			guess := s.answered("mallory", fmt.Sprint("ann-", i), 404)
			if guess == 404 {
				guesses++
			}
			return max(guess, s.answered("mallory", id, 404), s.answered("mallory", id, 201))
		})
		if guesses < 15 || guesses > 330 {
			t.Errorf("%d guesses were let by", guesses)
		}
	})
}

func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		name           string
		status         int
		field          string
		refusal        problem.Kind
		missed, counts bool
	}{
		{name: "found", status: 200, counts: true},
		{name: "not_modified", status: 304, counts: true},
		{name: "none", status: 404, missed: true, counts: true},
		{name: "forbidden", status: 403, missed: true, counts: true},
		{name: "conflict", status: 409, missed: true, counts: true},
		{name: "unprocessable", status: 422, missed: true, counts: true},
		{name: "if_match_of_none", status: 412, field: "If-Match", missed: true, counts: true},
		{name: "if_none_match_of_one", status: 412, field: "If-None-Match", counts: true},
		{name: "malformed", status: 400},
		{name: "unauthorized", status: 401},
		{name: "too_many", status: 429},
		{name: "broken", status: 500},
		{name: "undeclared_none", status: 404, refusal: problem.AnswerUndeclared, missed: true, counts: true},
		{name: "undeclared_found", status: 200, refusal: problem.AnswerInvalid, counts: true},
		{name: "no_answer", refusal: problem.UpstreamBroken},
		{name: "rule", refusal: problem.RuleRefused, missed: true, counts: true},
		{name: "rate", refusal: problem.LookupsExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &sallyport.Exchange{Request: &message.Request{}, Response: &message.Response{Status: c.status}}
			x.Upstream.Status = c.status
			if c.field != "" {
				x.Request.Fields.Add(c.field, "*")
			}
			if c.refusal != 0 {
				x.Refusal, x.Response = problem.Refuse(c.refusal, ""), nil
			}
			if missed, counts := outcome(x); missed != c.missed || counts != c.counts {
				t.Errorf("missed %v, counts %v", missed, counts)
			}
		})
	}
}

// TestTrailTakesBack: a miss is taken back by its own id alone.
func TestTrailTakesBack(t *testing.T) {
	random, sizes := rand.New(rand.NewPCG(7, 8)), newSizes()
	var tr trail
	for range 60 {
		tr.note(random.Uint64(), true)
	}
	_, before := tr.counts(sizes, false)
	for range 2000 {
		tr.note(random.Uint64(), false)
	}
	_, after := tr.counts(sizes, false)
	if after < before-4 {
		t.Errorf("%d misses became %d by what else was found", before, after)
	}
}
