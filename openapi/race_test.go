//go:build race

package openapi_test

// slowness is what the race detector costs.
const slowness = 10
