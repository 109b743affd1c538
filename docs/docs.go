// Package docs holds those pages of the documentation that the program itself
// shows: what each kind of problem means and what to do about it.
package docs

import "embed"

// Problems holds problems/KIND.md for every kind of the catalogue.
//
//go:embed problems/*.md
var Problems embed.FS
