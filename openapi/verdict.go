package openapi

import "sallyport/source"

// verdict tells every operation why it cannot be served and says what refuses
// the document: everything, or with Partial what concerns all of it.
func (w *walker) verdict() error {
	sick := w.unsound()
	told := map[*unit]bool{}
	for i, op := range w.doc.Operations {
		if sick[w.operations[i]] {
			op.Mistakes = collect(w.operations[i], sick, told).Sort()
		}
	}
	var all source.Mistakes
	if w.files.options.Partial {
		all = collect(w.root, sick, told)
	}
	for _, u := range w.units {
		switch {
		case !w.files.options.Partial:
			all = append(all, u.mistakes...)
		case !told[u]:
			w.warnings = append(w.warnings, u.mistakes...)
		}
	}
	w.doc.Warnings = w.warnings.Sort()
	return all.Err()
}

// unsound is every unit that has a mistake or needs one that has.
func (w *walker) unsound() map[*unit]bool {
	neededBy := map[*unit][]*unit{}
	var queue []*unit
	for _, u := range w.units {
		if len(u.mistakes) > 0 {
			queue = append(queue, u)
		}
	}
	if len(queue) == 0 {
		return nil
	}
	for _, u := range w.units {
		for n := range u.needs {
			neededBy[n] = append(neededBy[n], u)
		}
	}
	sick := map[*unit]bool{}
	for len(queue) > 0 {
		u := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if !sick[u] {
			sick[u] = true
			queue = append(queue, neededBy[u]...)
		}
	}
	return sick
}

// mostReasons bounds how many mistakes an operation lists: thousands of
// operations may need the same broken thing.
const mostReasons = 100

// collect is the mistakes of a unit and of all unsound ones it needs.
func collect(u *unit, sick, told map[*unit]bool) source.Mistakes {
	var ms source.Mistakes
	visited := map[*unit]bool{}
	queue := []*unit{u}
	for len(queue) > 0 && len(ms) < mostReasons {
		u := queue[0]
		queue = queue[1:]
		if visited[u] || !sick[u] {
			continue
		}
		visited[u], told[u] = true, true
		ms = append(ms, u.mistakes...)
		for n := range u.needs {
			queue = append(queue, n)
		}
	}
	return ms
}
