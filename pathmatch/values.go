package pathmatch

// inline is how many values need no memory of their own. Real documents stay below ten.
const inline = 16

// Values holds the values of a path's parameters in the order of the template. Each is a part of the path
// that was matched, still percent-encoded, and lives as long as that path does.
type Values struct {
	near      [inline]string
	far       []string // from the seventeenth on
	length    int
	ambiguous bool
}

// Len is the number of parameters of the template that matched.
func (v *Values) Len() int { return v.length }

// At returns the value of parameter i, counted from 0; it panics if there are not so many.
func (v *Values) At(i int) string {
	if uint(i) >= uint(v.length) {
		panic("pathmatch: no such parameter") // a value of an earlier match or of a branch given up must not show
	}
	return v.get(i)
}

// Ambiguous reports whether some segment could have been cut into its parameters in another way, as
// "a-b-c" by "{tenant}-{id}". A backend that cuts it so would see other values than the gateway decided on:
// refuse such a request where a decision depends on one of the values.
func (v *Values) Ambiguous() bool { return v.ambiguous }

func (v *Values) get(i int) string {
	if i < inline {
		return v.near[i]
	}
	return v.far[i-inline]
}

// set is called for 0, 1, 2 and so on; after going back in the tree, from where that branch began.
func (v *Values) set(i int, value string) {
	if i < inline {
		v.near[i] = value
		return
	}
	v.far = append(v.far[:i-inline], value)
}
