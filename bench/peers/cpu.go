package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticks a second in /proc/PID/stat: USER_HZ is 100 on every Linux that Go runs on.
const userHZ = 100

// usage is the CPU time in microseconds and the resident memory in bytes of a
// process and all its descendants.
func usage(pid int) (cpu float64, memory int64) {
	for _, p := range family(pid) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue // it has ended
		}
		// The name stands in parentheses and may hold anything: what counts comes after.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		pages, _ := strconv.ParseInt(fields[21], 10, 64)
		cpu += (user + system) * 1e6 / userHZ
		memory += pages * int64(os.Getpagesize())
	}
	return cpu, memory
}

func family(pid int) []int {
	all := []int{pid}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, family(n)...)
			}
		}
	}
	return all
}
