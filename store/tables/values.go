package tables

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// millis is how a time is kept: in milliseconds since 1970, 0 where it is zero.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// list is how texts are kept: as an array of JSON, "" where there are none.
func list(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	b, _ := json.Marshal(texts) // texts cannot fail
	return string(b)
}

func unlist(kept string) ([]string, error) {
	if kept == "" {
		return nil, nil
	}
	var texts []string
	if err := json.Unmarshal([]byte(kept), &texts); err != nil {
		return nil, fmt.Errorf("reading a list: %w", err)
	}
	return texts, nil
}

func listNetworks(networks []netip.Prefix) string {
	texts := make([]string, len(networks))
	for i, n := range networks {
		texts[i] = n.String()
	}
	return list(texts)
}

func unlistNetworks(kept string) ([]netip.Prefix, error) {
	texts, err := unlist(kept)
	if err != nil || texts == nil {
		return nil, err
	}
	networks := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		if networks[i], err = netip.ParsePrefix(t); err != nil {
			return nil, fmt.Errorf("reading networks: %w", err)
		}
	}
	return networks, nil
}

// askable tells whether a text can be in a store at all. PostgreSQL fails where
// it is asked for what cannot: then it would seem that it could not be asked.
func askable(s string) bool {
	return len(s) <= 1<<12 && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}
