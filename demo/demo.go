// Package demo shows what the gateway is for: a naive bank, the document that describes its API, and
// one page on which the same requests go to the bank itself and to the gateway in front of it.
//
// It is for a loopback address and for learning: whoever opens the page is handed its tokens and told
// what the gateway's log says, and the bank is unsafe on purpose (see package bank). Nothing here is
// part of a gateway in earnest.
package demo

import _ "embed" // for the document

//go:embed bank.openapi.yaml
var document string

// Document is the bank's OpenAPI document: the policy that the gateway enforces.
func Document() []byte { return []byte(document) }
