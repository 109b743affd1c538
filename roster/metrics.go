package roster

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// counts are what happened since the start. What memory answers is counted by
// the shards of the cache.
type counts struct {
	found, unknown, failed, crowded atomic.Uint64
	malformed, forged, newer        atomic.Uint64
	changes                         atomic.Uint64
}

// Collector shows the roster to Prometheus.
func (r *Roster) Collector() prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &collector{
		roster:  r,
		up:      desc("sallyport_store_up", "1 while the store can be asked, else 0."),
		age:     desc("sallyport_store_contact_age_seconds", "Time since the store last told all its changes; a revocation reaches this node within that time."),
		reads:   desc("sallyport_store_reads_total", "Readings of the store for requests, by result: found, unknown, failed (the store could not be asked) and crowded (too many were waiting).", "result"),
		changes: desc("sallyport_store_changes_total", "Changes of the store that were taken over."),
		lookups: desc("sallyport_roster_lookups_total", "Holders looked up in memory, by result: hit or miss.", "result"),
		turned:  desc("sallyport_roster_turned_away_total", "API keys that were turned away without asking the store, by reason: malformed, forged, or newer (of a generation that the keyring does not have yet).", "reason"),
		entries: desc("sallyport_roster_entries", "Holders in memory."),
		revoked: desc("sallyport_roster_revocations", "Revocations of tokens in memory."),
	}
}

type collector struct {
	roster                                                     *Roster
	up, age, reads, changes, lookups, turned, entries, revoked *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.up, c.age, c.reads, c.changes, c.lookups, c.turned, c.entries, c.revoked} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	r := c.roster
	gauge := func(d *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	count := func(d *prometheus.Desc, value uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
	}
	up := 0.0
	if r.contact.up.Load() {
		up = 1
	}
	gauge(c.up, up)
	gauge(c.age, r.contact.age(r.options.Now()).Seconds())
	count(c.reads, r.counts.found.Load(), "found")
	count(c.reads, r.counts.unknown.Load(), "unknown")
	count(c.reads, r.counts.failed.Load(), "failed")
	count(c.reads, r.counts.crowded.Load(), "crowded")
	count(c.changes, r.counts.changes.Load())
	hits, misses := r.cache.lookups()
	count(c.lookups, hits, "hit")
	count(c.lookups, misses, "miss")
	count(c.turned, r.counts.malformed.Load(), "malformed")
	count(c.turned, r.counts.forged.Load(), "forged")
	count(c.turned, r.counts.newer.Load(), "newer")
	gauge(c.entries, float64(r.cache.len()))
	held, _ := r.revoked.state()
	gauge(c.revoked, float64(held))
}
