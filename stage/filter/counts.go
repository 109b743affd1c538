package filter

import (
	"strconv"

	"sallyport/jsonschema"
)

// Count is a number beside a list of which items are taken out: it would tell how
// many there were.
type Count struct {
	Place *jsonschema.Place
	// Recount makes it less by what was taken out; else it does not leave.
	Recount bool
	// Capture is the index of the place in Watch.Capture.
	Capture int
}

// veil says what comes of the count. One from which so much cannot be taken is
// not of the list, and does not leave.
func (c *Count) veil(veil *jsonschema.Veil, captured []jsonschema.Captured, taken int) {
	if !c.Recount {
		veil.Drop = append(veil.Drop, c.Place)
		return
	}
	if taken == 0 {
		return
	}
	for i := range captured {
		v := &captured[i]
		if v.Place != c.Capture || v.Kind == jsonschema.Null {
			continue
		}
		n, err := strconv.ParseInt(string(v.Text), 10, 64)
		if err != nil || v.Kind != jsonschema.Number || n < int64(taken) {
			veil.Drop = append(veil.Drop, c.Place)
			return
		}
		veil.Put = append(veil.Put, jsonschema.Put{Place: c.Place, Text: strconv.AppendInt(nil, n-int64(taken), 10)})
	}
}
