//go:build race

package roster

const raceEnabled = true // the race detector allocates
