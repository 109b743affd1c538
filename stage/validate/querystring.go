package validate

import (
	"sallyport"
	"sallyport/jsonschema"
	"sallyport/source"
)

// querystring is a parameter that is the whole query (OpenAPI 3.2, Parameter
// Locations: querystring).
type querystring struct {
	parameter
	at source.Position
	// form is set where its media type is application/x-www-form-urlencoded.
	form *fields
}

func (q *querystring) check(x *sallyport.Exchange, w *work, found *faults) {
	query := x.Request.Query
	if query == "" {
		if q.required {
			found.add("query", q.pointer, "required", "must be given")
		}
		return
	}
	if q.form == nil {
		w.pairs.begin(1)
		w.pairs.add(0, q.name, query)
		q.parameter.check(&w.decoder, w.pairs.of(0), found)
		q.outward(x, &w.decoder, w.pairs.of(0))
		return
	}
	flaw, judged := q.form.check(query, maxQueryPairs, jsonschema.Cleaning{}, w)
	if flaw.flaw != sound {
		found.add("query", flaw.pointer, flaws[flaw.flaw].keyword, flaws[flaw.flaw].message)
		x.LoseOutward(q.form.schema, "query", "")
	} else {
		x.FindOutward(q.form.schema, "query", "", w.out)
	}
	found.addAll("query", "", judged.Faults)
}
