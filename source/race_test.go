//go:build race

package source

// slowness is what the race detector costs.
const slowness = 10
