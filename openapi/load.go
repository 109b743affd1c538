package openapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"sallyport/source"
)

// Options say how a document is loaded. The zero value is the strict choice.
type Options struct {
	// Limits bound each file; Bytes also bounds all files together. Zero
	// fields are those of source.DefaultLimits.
	Limits source.Limits
	// Partial loads a document of which single operations cannot be served:
	// their Mistakes say why, and whatever belongs to none of the operations
	// becomes a warning. Without it every mistake refuses the document.
	Partial bool
	// Remote fetches what a reference to another host names. Without it such
	// a reference is a mistake: a document should not make the gateway call
	// an address of the document's choosing. It must bound what it reads.
	Remote func(ctx context.Context, url string) ([]byte, error)
	// Dialects are addresses of dialects that schemas may name beside the
	// known ones, and the address of the known one that each is read as.
	Dialects map[string]string
	// BasePaths take the place of those of the servers; nil leaves them.
	BasePaths []string
}

func (o Options) withDefaults() Options {
	if o.Limits.Bytes == 0 {
		o.Limits.Bytes = source.DefaultLimits.Bytes
	}
	if o.Limits.Depth == 0 {
		o.Limits.Depth = source.DefaultLimits.Depth
	}
	if o.Limits.Nodes == 0 {
		o.Limits.Nodes = source.DefaultLimits.Nodes
	}
	return o
}

// Load reads the document at a path, or at an http(s) URL where Options.Remote
// is set, and every file it refers to. Errors are source.Mistakes, all that
// were found.
func Load(ctx context.Context, location string, o Options) (*Document, error) {
	fs := newFiles(ctx, o.withDefaults())
	root, err := fs.open(location)
	if err != nil {
		return nil, err
	}
	return load(fs, root)
}

// Parse reads a document that is held in memory. It may not refer to files;
// the name stands for it in positions.
func Parse(name string, text []byte, o Options) (*Document, error) {
	fs := newFiles(context.Background(), o.withDefaults())
	fs.embedded = true
	root, err := fs.add(name, text)
	if err != nil {
		return nil, err
	}
	return load(fs, root)
}

func load(fs *files, main *file) (*Document, error) {
	version, mistakes := versionOf(main.root)
	if len(mistakes) > 0 {
		return nil, mistakes.Err()
	}
	fs.version = version
	fs.index(main)
	d := &Document{
		Version: version,
		Title:   main.root.Get("info").Str("title"),
		Dialect: fs.options.readAs(main.root.Str("jsonSchemaDialect")),
		root:    main.root,
		files:   fs,
	}
	w := newWalker(d)
	w.walkDocument()
	w.otherDialects()
	newBuilder(w).build()
	d.Files, d.Digest, fs.sealed = fs.names, fs.digest(), true
	if err := w.verdict(); err != nil {
		return nil, err
	}
	return d, nil
}

// versionOf reads the openapi field, without which nothing else has a meaning.
func versionOf(root *source.Node) (Version, source.Mistakes) {
	var ms source.Mistakes
	const remedy = "write openapi: 3.0.4, 3.1.2 or 3.2.0"
	if root.Kind != source.Map {
		ms.Add(root.Position(), "", "an OpenAPI document is a map, this is %s", root.Kind)
		return 0, ms
	}
	v := root.Get("openapi")
	switch {
	case v == nil && root.Has("swagger"):
		ms.Add(root.NamePosition("swagger"), "convert it; 3.0, 3.1 and 3.2 are read", "this is a Swagger document, older than OpenAPI 3.0")
	case v == nil:
		ms.Add(root.Position(), remedy, "this is no OpenAPI document: it has no openapi field")
	case v.Kind != source.String:
		ms.Add(v.Position(), remedy+", in quotes if it has a single dot", "openapi must be a string, this is %s", v.Kind)
	default:
		for i, prefix := range []string{"3.0.", "3.1.", "3.2."} {
			if rest, ok := strings.CutPrefix(v.Text, prefix); ok && isPatch(rest) {
				return Version(i), nil
			}
		}
		ms.Add(v.Position(), remedy, "OpenAPI version %q is not read", v.Text)
	}
	return 0, ms
}

// isPatch tells whether the text is a patch number, perhaps with a suffix.
func isPatch(text string) bool {
	number, suffix, dashed := strings.Cut(text, "-")
	return number != "" && strings.Trim(number, "0123456789") == "" && (!dashed || suffix != "")
}

// digest is made of the digests of the files, so that bytes cannot wander from
// one file to the next unseen.
func (fs *files) digest() string {
	h := sha256.New()
	for _, name := range fs.names {
		sum := fs.byName[name].sum
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
