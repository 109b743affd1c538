package identify

import (
	"math"
	"sync"
	"time"
)

// alarm is raised for a scheme while most of the credentials that are presented
// anew are wrong: what stuffing looks like that comes from very many addresses
// and tries each account once. Credentials that are known are not in it: much
// traffic of old customers must not hide an attack on others.
type alarm struct {
	mu           sync.Mutex
	tries, wrong float64 // of about the last alarmMemory
	at           time.Time
	raised       bool
	until        time.Time // up to which the tries are given away, while raised
}

// alarmMemory is the time in which what is remembered falls to 1/e.
const alarmMemory = 5 * time.Minute

// alarmRules say when the alarm is raised. It ends at half of both numbers.
type alarmRules struct {
	ratio    float64       // of the tries that were wrong
	least    float64       // wrong tries
	interval time.Duration // one unknown credential is tried in each, while raised
	burst    time.Duration
}

// count notes what came of a try, and tells whether the alarm was raised or
// ended by it.
func (a *alarm) count(now time.Time, wrong float64, rules alarmRules) (raised, ended bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fade(now)
	a.tries++
	a.wrong += wrong
	return a.judge(rules)
}

// fade forgets.
func (a *alarm) fade(now time.Time) {
	if !a.at.IsZero() && now.After(a.at) {
		left := math.Exp(-float64(now.Sub(a.at)) / float64(alarmMemory))
		a.tries *= left
		a.wrong *= left
	}
	a.at = now
}

// judge: ten times the least number is too much at any ratio, or an attacker
// could hide among credentials of its own.
func (a *alarm) judge(rules alarmRules) (raised, ended bool) {
	switch {
	case !a.raised && (a.wrong >= rules.least && a.wrong >= rules.ratio*a.tries || a.wrong >= 10*rules.least):
		a.raised = true
		return true, false
	case a.raised && (a.wrong < rules.least/2 || a.wrong < rules.ratio/2*a.tries && a.wrong < 5*rules.least):
		a.raised = false
		return false, true
	}
	return false, false
}

// take gives away one of the tries that are left while the alarm is raised, or
// says how long until there is one.
func (a *alarm) take(now time.Time, rules alarmRules) (raised, ended bool, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.raised {
		return false, false, 0
	}
	a.fade(now)
	if _, ended = a.judge(rules); ended {
		return false, true, 0
	}
	until := a.until
	if until.Before(now) {
		until = now
	}
	if over := until.Add(rules.interval).Sub(now) - rules.burst; over > 0 {
		return true, false, over
	}
	a.until = until.Add(rules.interval)
	return true, false, 0
}

// state is for metrics.
func (a *alarm) state(now time.Time) (raised bool, ratio float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fade(now)
	if a.tries < 1 {
		return a.raised, 0
	}
	return a.raised, a.wrong / a.tries
}
