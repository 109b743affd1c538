package build

import (
	"slices"

	"sallyport"
	"sallyport/source"
	"sallyport/stage/validate"
)

// validate places what holds a request to its declaration: parameters, then
// the body.
func (o *operationBuilder) validate() {
	document := validate.Document{Compiler: o.compiler, Resolve: o.document.Resolve, Budget: &o.names, XML: o.plans}
	options := validate.ParameterOptions{Declared: o.queryKeys()}
	if o.rules.Request.UndeclaredQuery == "pass" {
		options.Undeclared = validate.PassUndeclared
	}
	for _, g := range o.rules.Request.AllowQuery {
		options.Allow = append(options.Allow, string(g))
	}
	parameters, held, not, mistakes := validate.NewParameters(o.declared.Parameters, document, options)
	o.faults = append(o.faults, mistakes...)
	o.unenforced(not...)
	o.place(sallyport.Validate, "parameters", parameters, held...)

	undeclared := map[string]validate.Undeclared{"drop": validate.DropUndeclared, "pass": validate.PassUndeclared}
	bodyOptions := validate.BodyOptions{
		Undeclared:     undeclared[o.rules.Request.UndeclaredProperties],
		RefuseEncoded:  o.rules.Request.Encoded == "refuse",
		RefuseReadOnly: o.rules.Request.ReadOnly == "refuse",
		Watch:          o.mode(sallyport.Validate) == sallyport.Observe,
		MaxBody:        o.op.MaxBody,
		MaxFile:        int64(o.rules.Request.MaxFile),
		MaxParts:       o.rules.Request.MaxParts,
	}
	body, held, not, mistakes := validate.NewBody(o.declared.Body, document, bodyOptions)
	o.faults = append(o.faults, mistakes...)
	o.unenforced(not...)
	o.place(sallyport.Validate, "body", body, held...)
	o.op.MaxUpload = body.MaxUpload(o.op.MaxBody)
	o.destinations(func(w sallyport.Watched) []source.Position {
		return slices.Concat(parameters.Outward(w), body.Outward(w))
	})
}

// queryKeys are the API keys that the operation's security puts into the
// query: they are declared there and nowhere else.
func (o *operationBuilder) queryKeys() []string {
	var names []string
	for _, alternative := range o.declared.Security {
		for _, r := range alternative {
			if s := o.document.Schemes[r.Scheme]; s != nil && s.Type == "apiKey" && s.In == "query" {
				names = append(names, s.Parameter)
			}
		}
	}
	return names
}
