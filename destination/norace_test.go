//go:build !race

package destination

const raceEnabled = false
