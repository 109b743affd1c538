//go:build race

package destination

const raceEnabled = true
