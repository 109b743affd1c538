//go:build !race

package openapi_test

const slowness = 1
