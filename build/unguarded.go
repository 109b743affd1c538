package build

import (
	"slices"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/openapi"
)

// Unguarded is an operation that is asked for one object by its identifier, and
// that no rule binds to those of the caller.
type Unguarded struct {
	Operation *sallyport.Operation
	// Parameters are the identifiers.
	Parameters []string
	// Proposal is a rule that the document suggests, as it stands under
	// x-sallyport; "" where the document does not say who owns what.
	Proposal string
}

// findUnguarded notes the operation if nothing binds what it is asked for.
// Where nobody is known there is nobody to bind.
func (o *operationBuilder) findUnguarded() {
	if o.bound || o.open() || !o.declared.SecurityDeclared {
		return
	}
	var names []string
	for _, p := range o.declared.Parameters {
		if o.identifies(p) {
			names = append(names, p.Name)
		}
	}
	if len(names) > 0 {
		o.unguarded = append(o.unguarded, Unguarded{Operation: o.op, Parameters: names, Proposal: o.proposal(names)})
	}
}

// identifies tells a parameter that names an object: one of the path, or one of
// the query that is called an id, unless it is one of a few values.
func (o *operationBuilder) identifies(p *openapi.Parameter) bool {
	if p.In != "path" && !(p.In == "query" && calledID(p.Name)) {
		return false
	}
	if p.Schema == nil {
		return true
	}
	schema := o.follow(p.Schema)
	return schema == nil || schema.Get("enum") == nil && schema.Get("const") == nil && schema.Str("type") != "boolean"
}

func calledID(name string) bool {
	lower := strings.ToLower(name)
	return lower == "id" || strings.HasSuffix(lower, "_id") || strings.HasSuffix(lower, "-id") || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID") || strings.HasSuffix(lower, "uuid")
}

// owners are what documents call whoever an object belongs to, and what of a
// caller that is.
var owners = []struct{ name, caller string }{
	{"owner", "caller.subject"}, {"ownerId", "caller.subject"}, {"owner_id", "caller.subject"},
	{"userId", "caller.subject"}, {"user_id", "caller.subject"}, {"username", "caller.subject"},
	{"customerId", "caller.subject"}, {"customer_id", "caller.subject"}, {"customer", "caller.subject"},
	{"createdBy", "caller.subject"}, {"created_by", "caller.subject"}, {"author", "caller.subject"}, {"authorId", "caller.subject"},
	{"tenantId", "caller.tenant"}, {"tenant_id", "caller.tenant"}, {"tenant", "caller.tenant"},
	{"organizationId", "caller.tenant"}, {"organization_id", "caller.tenant"}, {"orgId", "caller.tenant"}, {"org_id", "caller.tenant"},
}

// proposal is a rule of which the document has all the names.
func (o *operationBuilder) proposal(parameters []string) string {
	for _, owner := range owners {
		if slices.Contains(parameters, owner.name) && slices.Contains(o.op.Params, owner.name) {
			return "allow: path." + owner.name + " == " + owner.caller
		}
	}
	if o.reads() {
		if field, caller := ownerIn(o.successSchema(o.declared)); field != "" {
			return "allow: response." + field + " == " + caller
		}
		return ""
	}
	for _, other := range o.document.Operations {
		if other.Path == o.declared.Path && other.Method == "GET" {
			if field, caller := ownerIn(o.successSchema(other)); field != "" {
				return "{ object: " + other.ID + ", allow: object." + field + " == " + caller + " }"
			}
		}
	}
	return ""
}

// ownerIn finds the field of an answer that names whose it is.
func ownerIn(s *jsonschema.Schema) (field, caller string) {
	if s == nil || has(s, "no such member") {
		return "", "" // whatever may be there says nothing
	}
	for _, owner := range owners {
		if has(s, owner.name) {
			return owner.name, owner.caller
		}
	}
	return "", ""
}

func has(s *jsonschema.Schema, name string) bool {
	place, err := jsonschema.CompilePlace("/" + name)
	return err == nil && s.TypesAt(place)&(jsonschema.String|jsonschema.Integer) != 0
}
