package validate

import "strings"

// pair is one name and value of a query, a form or a Cookie field. The name is
// decoded, the value is as it came.
type pair struct {
	name, value string
	// next is the next pair of the same owner, or -1.
	next int32
}

// pairs are all pairs of one place, each in the chain of the parameter that it
// belongs to, so that going through all parameters costs no more than going
// once through the pairs.
type pairs struct {
	list   []pair
	chains []chain
}

type chain struct{ first, last, count int32 }

// begin makes a chain for each of n owners.
func (p *pairs) begin(n int) {
	p.list, p.chains = p.list[:0], p.chains[:0]
	for range n {
		p.chains = append(p.chains, chain{first: -1, last: -1})
	}
}

// owner adds a chain.
func (p *pairs) owner() int {
	p.chains = append(p.chains, chain{first: -1, last: -1})
	return len(p.chains) - 1
}

func (p *pairs) add(owner int, name, value string) {
	i := int32(len(p.list))
	p.list = append(p.list, pair{name, value, -1})
	c := &p.chains[owner]
	if c.first < 0 {
		c.first = i
	} else {
		p.list[c.last].next = i
	}
	c.last = i
	c.count++
}

// forget drops all strings: they are the client's, and this memory is reused.
func (p *pairs) forget() {
	clear(p.list)
	p.list = p.list[:0]
}

// values are the pairs of one owner in the order in which they came.
type values struct {
	pairs *pairs
	chain chain
}

func (p *pairs) of(owner int) values { return values{p, p.chains[owner]} }

func (v values) count() int { return int(v.chain.count) }

func (v values) first() *pair { return &v.pairs.list[v.chain.first] }

// next is the pair after p, or nil.
func (v values) next(p *pair) *pair {
	if p.next < 0 {
		return nil
	}
	return &v.pairs.list[p.next]
}

// scanPairs goes through name=value pairs between ampersands. Empty ones say
// nothing; a name alone has an empty value (WHATWG URL §5.1).
func scanPairs(text string, most int, each func(name, value string)) flaw {
	var scratch [128]byte
	for more := text != ""; more; {
		var one string
		one, text, more = ampersand.cut(text)
		if one == "" {
			continue
		}
		if most--; most < 0 {
			return tooMany
		}
		name, value, _ := strings.Cut(one, "=")
		if strings.IndexByte(name, ';') >= 0 {
			return badSeparator // the name of one pair, or two pairs
		}
		if !plain(name) || !ascii(name) {
			decoded, ok := unescape(scratch[:0], name, formed)
			if !ok {
				return badEscape
			}
			name = string(decoded)
		}
		each(name, value)
	}
	return sound
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// names says to which owner a name belongs.
type names struct {
	exact map[string]int
	// deep are the names before the first bracket of deepObject.
	deep map[string]int
	// rest takes every other name; -1 for none.
	rest int
}

func newNames() names { return names{exact: map[string]int{}, rest: -1} }

// claim gives a name to an owner, if it has none.
func (n *names) claim(name string, owner int) {
	if _, taken := n.exact[name]; !taken {
		n.exact[name] = owner
	}
}

// claimDeep gives all names to an owner that go on with a bracket.
func (n *names) claimDeep(prefix string, owner int) {
	if n.deep == nil {
		n.deep = map[string]int{}
	}
	n.deep[prefix] = owner
}

// owner is who has the name, or -1.
func (n *names) owner(name string) int {
	if owner, ok := n.exact[name]; ok {
		return owner
	}
	if len(n.deep) > 0 {
		if i := strings.IndexByte(name, '['); i >= 0 {
			if owner, ok := n.deep[name[:i]]; ok {
				return owner
			}
		}
	}
	return n.rest
}

// all are the names that are claimed.
func (n *names) all() []string {
	list := make([]string, 0, len(n.exact))
	for name := range n.exact {
		list = append(list, name)
	}
	return list
}
