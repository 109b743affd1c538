//go:build !race

package build_test

const slowness = 1
