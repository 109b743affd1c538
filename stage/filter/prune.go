package filter

import (
	"log/slog"
	"strings"
	"unicode/utf8"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/message"
)

// Bounds of what is told of the places: their names are the backend's.
const (
	maxPlaces = 5
	maxPlace  = 200
)

// prune puts what was left of the body in its place.
func prune(x *sallyport.Exchange, c *jsonschema.Cleaned) {
	if c.CutCount+c.MaskCount+c.PutCount == 0 {
		return
	}
	x.Response.Body.Replace(c.Body)
	if x.Pruned += c.CutCount; c.CutCount > 0 {
		note(x, c.CutCount, c.Cut)
	}
	changed(x)
}

// note tells the log how many members were taken out, and some of the places.
func note(x *sallyport.Exchange, n int, cut []string) {
	places := make([]string, 0, maxPlaces)
	for _, place := range cut[:min(len(cut), maxPlaces)] {
		places = append(places, shortened(place))
	}
	x.Note(slog.Int("pruned", n))
	x.Note(slog.Any("pruned_at", places))
}

// changed takes back what the answer says of the bytes that it had.
func changed(x *sallyport.Exchange) {
	fields := x.Response.Fields
	fields.DelDigests()
	for i := range fields {
		// The validator was made for other bytes (RFC 9110 §8.8.1); that the
		// meaning is the same for this caller it still says.
		if f := &fields[i]; message.EqualName(f.Name, "ETag") && !strings.HasPrefix(f.Value, "W/") {
			f.Value = "W/" + f.Value
		}
	}
	x.Response.Fields = fields
}

func shortened(place string) string {
	if len(place) <= maxPlace {
		return place
	}
	end := maxPlace
	for !utf8.RuneStart(place[end]) {
		end--
	}
	return place[:end] + "…"
}
