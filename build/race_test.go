//go:build race

package build_test

// slowness is what the race detector costs.
const slowness = 10
