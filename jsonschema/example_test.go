package jsonschema_test

import (
	"errors"
	"fmt"

	"sallyport/jsonschema"
	"sallyport/source"
)

const user = `{
  "type": "object",
  "required": ["id", "name"],
  "properties": {
    "id": {"type": "integer", "readOnly": true},
    "name": {"type": "string", "maxLength": 20},
    "role": {"enum": ["member", "admin"]},
    "password": {"$ref": "#/$defs/secret"}
  },
  "$defs": {"secret": {"type": "string", "writeOnly": true}}
}`

// What cannot be held is a mistake with its place, not a silent pass.
func ExampleCompileText() {
	_, err := jsonschema.CompileText("user.json", []byte(`{"type": "strin"}`), jsonschema.Options{Dialect: jsonschema.Draft2020}, jsonschema.Use{})
	var mistakes source.Mistakes
	if errors.As(err, &mistakes) {
		fmt.Println(mistakes[0].Position, mistakes[0].Message)
	}
	// Output: user.json:1:10 this is no type of JSON Schema 2020-12
}

func ExampleSchema_Check() {
	s, err := jsonschema.CompileText("user.json", []byte(user), jsonschema.Options{Dialect: jsonschema.Draft2020}, jsonschema.Use{})
	if err != nil {
		panic(err)
	}
	for _, fault := range s.Check([]byte(`{"id": 1.5, "role": "root"}`)) {
		fmt.Println(fault.Pointer, fault.Message)
	}
	// Output:
	// /id must be an integer
	// /name is required
	// /role must be one of: member, admin
}

// An answer leaves without what is only ever sent to the server, and without
// what the schema does not declare.
func ExampleSchema_Clean() {
	use := jsonschema.Use{Direction: jsonschema.Response, Closed: true}
	s, err := jsonschema.CompileText("user.json", []byte(user), jsonschema.Options{Dialect: jsonschema.Draft2020}, use)
	if err != nil {
		panic(err)
	}
	c := s.Clean([]byte(`{"id": 7, "name": "Ann", "password": "hunter2", "hash": "$2b$"}`), jsonschema.Cleaning{Undeclared: true, Hidden: true})
	fmt.Println(string(c.Body))
	fmt.Println(c.CutCount, c.Cut, c.Faults)
	// Output:
	// {"id": 7, "name": "Ann"}
	// 2 [/password /hash] []
}

// Values are captured, and strings listed in which anything could be written,
// in the same pass.
func ExampleSchema_Look() {
	s, err := jsonschema.CompileText("user.json", []byte(user), jsonschema.Options{Dialect: jsonschema.Draft2020}, jsonschema.Use{})
	if err != nil {
		panic(err)
	}
	id, err := jsonschema.CompilePlace("/id")
	if err != nil {
		panic(err)
	}
	var found jsonschema.Found
	defer found.Reset()
	s.Look([]byte(`{"id": 7, "name": "<b>", "role": "admin"}`), jsonschema.Cleaning{}, &jsonschema.Watch{Capture: []*jsonschema.Place{id}, Free: true}, &found)
	fmt.Printf("%s\n", found.Captured[0].Text)
	for i := range found.FreeCount() {
		fmt.Printf("%s %s\n", found.Free(i).Pointer(), found.Free(i).Text)
	}
	// Output:
	// 7
	// /name <b>
}
