package jsonschema

import "testing"

const twoKinds = `,"$defs":{
	"Cat":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"lives":{"type":"integer"}}},
	"Dog":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"bark":{"type":"boolean"},"lives":{"writeOnly":true}}},
	"Cow":{"type":"object","required":["milk"],"properties":{"kind":{"type":"string"},"milk":{},"farm":{}}}}}`

func TestTheDiscriminatorSaysWhichBranchGoverns(t *testing.T) {
	const (
		plain  = `,"discriminator":{"propertyName":"kind"}` + twoKinds
		mapped = `,"discriminator":{"propertyName":"kind","mapping":{"c":"#/$defs/Cat","d":"#/$defs/Dog"}}` + twoKinds
		any    = `{"anyOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}]`
		one    = `{"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}]`
		more   = "oneOf: must fit exactly one of the alternatives"
	)
	runCleanCases(t, Use{Response, true}, Cleaning{true, true}, []cleanCase{
		{"several hold: the one that is named declares", any + plain, `{"kind":"Cat","lives":1,"bark":true}`, `{"kind":"Cat","lives":1}`, "/bark", ""},
		{"several hold: the one that is named hides", any + plain, `{"kind":"Dog","lives":1,"bark":true}`, `{"kind":"Dog","bark":true}`, "/lives", ""},
		{"by mapping", any + mapped, `{"kind":"c","lives":1,"bark":true}`, `{"kind":"c","lives":1}`, "/bark", ""},
		{"an unknown one names none", any + plain, `{"kind":"Cow","bark":true}`, `{"kind":"Cow","bark":true}`, "", ""},
		{"none holds: the one that is named declares", `{"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Cow"}]` + plain, `{"kind":"Cat","lives":"x","farm":1,"x":1}`, `{"kind":"Cat","lives":"x"}`, "/x /farm", "/lives type: must be an integer"},
		{"it changes no verdict", one + plain, `{"kind":"Cat"}`, `{"kind":"Cat"}`, "", more + `: its kind names Cat, which fits, and Dog fits too`},
		{"an unknown one of which several hold", one + plain, `{"kind":"Cow"}`, `{"kind":"Cow"}`, "", more + `, and fits more than one: its kind names none of them`},
		{"none holds: it is missing", one + plain, `{"bark":1}`, `{"bark":1}`, "", "/kind required: is required"},
		{"none holds: it is no string", one + plain, `{"kind":7}`, `{"kind":7}`, "", "/kind discriminator: must be one of: Cat, Dog"},
	})
	runCases(t, Options{Dialect: OpenAPI31}, Use{}, []bodyCase{
		{"it is missing where several hold", `{"oneOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"}],"discriminator":{"propertyName":"k"},"$defs":{"a":{"type":"object"},"b":{"type":"object"}}}`,
			`{}`, more + `, and fits more than one: k, which would name the one, is missing`},
		{"an unknown one where none holds", `{"oneOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"}],"discriminator":{"propertyName":"k"},"$defs":{"a":{"required":["x"]},"b":{"required":["y"]}}}`,
			`{"k":"q"}`, "/k discriminator: must be one of: a, b"},
		{"it names one that does not fit", `{"oneOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"},{"$ref":"#/$defs/c"}],"discriminator":{"propertyName":"k"},"$defs":{"a":{"required":["x"]},"b":{"type":"object"},"c":{"type":"object"}}}`,
			`{"k":"a"}`, more + `, and fits more than one: its k names a, which does not fit`},
	})
}
