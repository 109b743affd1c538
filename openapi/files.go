package openapi

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"sallyport/source"
)

// maxFiles bounds how many files one document may draw in.
const maxFiles = 200

// files are the trees of every file that a document drew in.
type files struct {
	// mu guards what Resolve caches once the document is handed out.
	mu       sync.Mutex
	ctx      context.Context
	options  Options
	version  Version
	embedded bool
	// sealed: all files are read, the digest is made, no other may follow.
	sealed bool

	byName map[string]*file
	failed map[string]*source.Mistake
	names  []string
	bytes  int64
	// resources are the schema resources by absolute URI: files by their
	// $self, schemas by their $id.
	resources map[string]*resource
	// compared counts the names that were held against misspelt ones.
	compared int
	// indexes of maps that are too long to scan for each reference.
	indexes map[*source.Node]map[string]*source.Node
}

// file is one parsed file.
type file struct {
	name string
	root *source.Node
	sum  [sha256.Size]byte
	self *resource
	// inside tells the resource of each schema that lies in one with an $id;
	// nil where the file has none.
	inside map[*source.Node]*resource
}

func newFiles(ctx context.Context, o Options) *files {
	return &files{
		ctx:       ctx,
		options:   o,
		byName:    map[string]*file{},
		failed:    map[string]*source.Mistake{},
		resources: map[string]*resource{},
		indexes:   map[*source.Node]map[string]*source.Node{},
	}
}

// open reads the file of that name once.
func (fs *files) open(name string) (*file, error) {
	if f := fs.byName[name]; f != nil {
		return f, nil
	}
	if err := context.Cause(fs.ctx); err != nil {
		return nil, source.Mistakes{{Position: source.Position{File: name}, Message: fmt.Sprintf("reading was given up: %v", err)}}
	}
	if fs.sealed {
		return nil, source.Mistakes{{Position: source.Position{File: name}, Message: "the document was read without this file"}}
	}
	if len(fs.names) >= maxFiles {
		return nil, source.Mistakes{{Position: source.Position{File: name}, Message: fmt.Sprintf("the document refers to more than %d files", maxFiles), Remedy: "bundle it into one"}}
	}
	text, err := fs.read(name)
	if err != nil {
		return nil, err
	}
	return fs.add(name, text)
}

func (fs *files) read(name string) ([]byte, error) {
	left := fs.options.Limits
	left.Bytes -= fs.bytes
	if !isURL(name) {
		// Opening a pipe or a device may block for ever, and reading one has effects.
		if info, err := os.Stat(name); len(fs.names) > 0 && err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return nil, source.Mistakes{{Position: source.Position{File: name}, Message: "this is not a regular file"}}
		}
		return source.ReadText(name, left)
	}
	if fs.options.Remote == nil {
		return nil, source.Mistakes{{Position: source.Position{File: name}, Message: "documents are not read from other hosts", Remedy: "download it and name the file, or allow remote references"}}
	}
	text, err := fs.options.Remote(fs.ctx, name)
	if err != nil {
		return nil, source.Mistakes{{Position: source.Position{File: name}, Message: fmt.Sprintf("the address cannot be read: %v", err)}}
	}
	if int64(len(text)) > left.Bytes {
		return nil, source.Mistakes{{Position: source.Position{File: name}, Message: fmt.Sprintf("the document and what it refers to are longer than %d bytes", fs.options.Limits.Bytes)}}
	}
	return text, nil
}

func (fs *files) add(name string, text []byte) (*file, error) {
	root, err := source.Parse(name, text, fs.options.Limits)
	if err != nil {
		return nil, err
	}
	f := &file{name: name, root: root, sum: sha256.Sum256(text)}
	f.self = &resource{uri: name, root: root, file: f}
	fs.byName[name] = f
	fs.names = append(fs.names, name)
	fs.bytes += int64(len(text))
	if len(fs.names) > 1 {
		fs.index(f)
	}
	return f, nil
}

// locate is the name of the file that a reference without fragment means,
// relative to the file it stands in.
func (fs *files) locate(from *file, uri string) (string, *source.Mistake) {
	wrong := func(remedy, format string, args ...any) (string, *source.Mistake) {
		return "", &source.Mistake{Message: fmt.Sprintf(format, args...), Remedy: remedy}
	}
	u, err := url.Parse(uri)
	if err != nil {
		return wrong("", "%q is not a URI reference", uri)
	}
	if isURL(from.name) {
		base, err := url.Parse(from.name)
		if err != nil {
			return wrong("", "%q has no base it could be relative to", uri)
		}
		u = base.ResolveReference(u)
	}
	switch {
	case u.Scheme == "http" || u.Scheme == "https":
		if fs.options.Remote == nil {
			return wrong("download it and refer to the file, or allow remote references", "%q is on another host, from which nothing is read", uri)
		}
		return u.String(), nil
	case u.Scheme != "" || u.Host != "" || u.RawQuery != "":
		return wrong("refer to a file by its relative path", "%q names no file", uri)
	case strings.HasPrefix(u.Path, "/") || filepath.IsAbs(u.Path):
		// A document from elsewhere should not name places of this machine.
		return wrong("write the path relative to this file", "%q is an absolute path", uri)
	case strings.ContainsRune(u.Path, 0):
		return wrong("", "%q names no file", uri)
	case fs.embedded:
		return wrong("put it into the document", "%q is another file, which an embedded document does not have", uri)
	}
	return filepath.Join(filepath.Dir(from.name), filepath.FromSlash(u.Path)), nil
}

func isURL(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

// member is n.Get, by an index where the map is long and asked for often.
func (fs *files) member(n *source.Node, name string) *source.Node {
	if len(n.Members) < 16 {
		return n.Get(name)
	}
	index := fs.indexes[n]
	if index == nil {
		index = make(map[string]*source.Node, len(n.Members))
		for i := range n.Members {
			index[n.Members[i].Name] = n.Members[i].Value
		}
		fs.indexes[n] = index
	}
	return index[name]
}
