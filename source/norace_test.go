//go:build !race

package source

const slowness = 1
