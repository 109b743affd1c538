package openapi

import "sallyport/source"

// files are the trees of every file that a document drew in.
type files struct{ trees map[string]*source.Node }
