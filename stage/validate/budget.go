package validate

// Budget counts what the operations of one document have for themselves, and
// which a schema that all of them refer to makes large: the names of forms and
// of objects that are spread over a query. The zero value is ready for use.
type Budget struct{ names int }

// maxNames is how many there may be, of a few hundred bytes each.
const maxNames = 200_000

const (
	tooManyNames       = "the forms and the spread objects of the document name too many members together"
	tooManyNamesRemedy = "describe the largest by JSON, or take fewer of them into one document"
)

// spend tells whether n more names are within the budget. What is refused was
// not made, and counts all the same: what comes later is refused too.
func (b *Budget) spend(n int) bool {
	if b == nil {
		return true
	}
	b.names = min(b.names+n, maxNames+1)
	return b.names <= maxNames
}
