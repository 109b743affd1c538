package identify

import (
	"testing"
	"time"
)

func TestAlarm(t *testing.T) {
	rules := alarmRules{ratio: 0.5, least: 100, interval: time.Second, burst: 10 * time.Second}
	noon := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		name         string
		right, wrong int
		raised       bool
	}{
		{"nothing", 0, 0, false},
		{"few, all wrong", 0, 99, false},
		{"enough, all wrong", 0, 100, true},
		{"many, less than half wrong", 300, 250, false},
		{"many, half wrong", 200, 200, true},
		{"ten times as many, hidden among right ones", 9000, 1000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a alarm
			raised := false
			for range c.right {
				begins, _ := a.count(noon, 0, rules)
				raised = raised || begins
			}
			for range c.wrong {
				begins, _ := a.count(noon, 1, rules)
				raised = raised || begins
			}
			if raised != c.raised {
				t.Errorf("raised: %v, want %v", raised, c.raised)
			}
		})
	}
}

func TestAlarmGivesAwayTries(t *testing.T) {
	rules := alarmRules{ratio: 0.5, least: 100, interval: time.Second, burst: 10 * time.Second}
	now := time.Unix(1_800_000_000, 0)
	var a alarm
	for range 200 {
		a.count(now, 1, rules)
	}
	given := 0
	for range 60 { // a hundred ask in each of sixty seconds
		for range 100 {
			raised, _, wait := a.take(now, rules)
			if !raised {
				t.Fatal("it has ended while the attack goes on")
			}
			if wait == 0 {
				given++
			} else if wait > time.Second {
				t.Fatalf("the next try is %s away", wait)
			}
		}
		now = now.Add(time.Second)
	}
	if given != 10+59 {
		t.Errorf("%d tries were given away in a minute, want the burst of 10 and one a second", given)
	}
	now = now.Add(30 * time.Minute)
	if raised, ended, wait := a.take(now, rules); raised || !ended || wait != 0 {
		t.Error("half an hour later it is raised still")
	}
}
