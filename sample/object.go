package sample

import (
	"slices"
	"strconv"

	"sallyport/jsonschema"
	"sallyport/source"
)

// object makes an object: what is required, then what is optional as far as
// that is wanted, then what the number of members asks for.
func (m *maker) object(g *goal) (any, error) {
	o := objectMaker{maker: m, goal: g, value: make(map[string]any)}
	for _, name := range o.required() {
		if err := o.put(name); err != nil {
			return nil, err
		}
	}
	most := g.most("maxProperties")
	least := g.least("minProperties")
	if m.place.in != "" {
		least = max(least, 1) // an object without members leaves no trace in text
	}
	for _, name := range g.declared() {
		if len(o.value) >= most || o.value[name] != nil || !(o.wanted(name) || len(o.value) < least) {
			continue
		}
		_ = o.put(name) // what is optional may be impossible
	}
	if err := o.depend(); err != nil {
		return nil, err
	}
	return o.value, o.fill(least)
}

// objectMaker is one object under way.
type objectMaker struct {
	*maker
	goal  *goal
	value map[string]any
}

// required are the names that must be there, in the order of the document.
func (o *objectMaker) required() []string {
	var names []string
	for _, n := range o.goal.schemas {
		if list := n.Get("required"); list != nil && list.Kind == source.List {
			for _, name := range list.Items {
				if !slices.Contains(names, name.Text) && !o.hidden(name.Text) {
					names = append(names, name.Text)
				}
			}
		}
	}
	return names
}

// hidden tells whether the direction takes a member out.
func (o *objectMaker) hidden(name string) bool {
	keyword := map[jsonschema.Direction]string{jsonschema.Request: "readOnly", jsonschema.Response: "writeOnly"}[o.direction]
	if keyword == "" {
		return false
	}
	return slices.ContainsFunc(o.named(o.goal, name), func(n *source.Node) bool {
		g, err := o.maker.goal([]*source.Node{n}, nil)
		return err == nil && slices.ContainsFunc(g.schemas, func(s *source.Node) bool { return s.True(keyword) })
	})
}

// wanted tells whether an optional member is filled in.
func (o *objectMaker) wanted(name string) bool {
	if !o.all || o.level > maxOptions || o.left < maxValues/2 || o.hidden(name) {
		return false
	}
	g, err := o.maker.goal(o.named(o.goal, name), nil)
	return err == nil && !slices.ContainsFunc(g.schemas, func(n *source.Node) bool { return o.open[n] > 0 })
}

// put makes one member.
func (o *objectMaker) put(name string) error {
	if o.hidden(name) {
		return nil
	}
	schemas, err := o.member(o.goal, name)
	if err != nil {
		return err
	}
	v, err := o.maker.value(schemas)
	if err == nil {
		o.value[name] = v
	}
	return err
}

// depend adds the members that others need.
func (o *objectMaker) depend() error {
	for again := true; again; {
		again = false
		for _, n := range o.goal.schemas {
			for _, keyword := range [...]string{"dependentRequired", "dependencies"} {
				list := n.Get(keyword)
				if list == nil || list.Kind != source.Map {
					continue
				}
				for i := range list.Members {
					d := &list.Members[i]
					if _, given := o.value[d.Name]; !given || d.Value.Kind != source.List {
						continue
					}
					for _, name := range d.Value.Items {
						if _, given := o.value[name.Text]; given {
							continue
						}
						if err := o.put(name.Text); err != nil {
							return err
						}
						_, again = o.value[name.Text]
					}
				}
			}
		}
	}
	return nil
}

// fill adds members of any name until there are enough, and one where all that
// is optional is wanted.
func (o *objectMaker) fill(least int) error {
	if o.all && o.place.in == "" && o.level <= maxOptions && o.goal.has("additionalProperties") && o.goal.most("maxProperties") > len(o.value) {
		_ = o.put(o.newName(0)) // there need be none
	}
	for i := 0; len(o.value) < least; i++ {
		if i > 2*least {
			return impossible(o.goal.at(), "it must have %d members, and there are not as many names", least)
		}
		if err := o.put(o.newName(i)); err != nil {
			return err
		}
	}
	return nil
}

// newName is a name that is not declared, or one that a pattern declares.
func (o *objectMaker) newName(i int) string {
	for _, n := range o.goal.schemas {
		if patterns := n.Get("patternProperties"); patterns != nil && len(patterns.Members) > 0 {
			return o.patterned(patterns.Members[0].Name, i)
		}
		if names := n.Get("propertyNames"); names != nil {
			inner := *o.maker
			inner.vary, inner.place = i, place{}
			if v, err := inner.value([]*source.Node{names}); err == nil {
				if name, ok := v.(string); ok {
					return name
				}
			}
		}
	}
	name := "member"
	if i > 0 {
		name += strconv.Itoa(i)
	}
	return name
}

func (o *objectMaker) patterned(source string, i int) string {
	p, err := o.pattern(source)
	if err != nil {
		return "member" + strconv.Itoa(i)
	}
	return p.text(0, i)
}
