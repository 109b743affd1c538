package config

import _ "embed"

// Generated from the structs and their comments.
//
//go:embed schema.json
var schema string

// Schema is the JSON Schema (2020-12) of the file, for editors: it knows every
// key, its meaning, its form and its default, and no other key. It says less
// than Load, which also judges what keys mean together.
func Schema() []byte { return []byte(schema) }
