package source

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// Limits bound what reading one file may cost.
type Limits struct {
	// Bytes is the largest file that is read.
	Bytes int64
	// Depth is the deepest nesting.
	Depth int
	// Nodes is the largest number of values, aliases counted as often as used.
	Nodes int
}

// DefaultLimits let the largest public descriptions through with room to
// spare and stop a bomb within a second and half a gigabyte.
var DefaultLimits = Limits{Bytes: 64 << 20, Depth: 200, Nodes: 1_000_000}

// ReadFile reads and parses a file. All errors are Mistakes.
func ReadFile(path string, limits Limits) (*Node, error) {
	text, err := ReadText(path, limits)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, limits)
}

// ReadText is the text of a file that is no longer than the limit. All errors
// are Mistakes.
func ReadText(path string, limits Limits) ([]byte, error) {
	whole := func(remedy, format string, args ...any) error {
		return Mistakes{{Position{File: path}, fmt.Sprintf(format, args...), remedy}}
	}
	f, err := os.Open(path)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, whole("check the path", "there is no such file")
		}
		return nil, whole("", "the file cannot be opened: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, whole("", "the file cannot be read: %v", err)
	}
	if info.IsDir() {
		return nil, whole("name a file in it", "this is a directory")
	}
	if info.Size() > limits.Bytes {
		return nil, whole("split it or raise the limit", "the file is %d bytes long, the limit is %d", info.Size(), limits.Bytes)
	}
	// A pipe or a file that grows has no size to trust.
	text, err := io.ReadAll(io.LimitReader(f, limits.Bytes+1))
	if err != nil {
		return nil, whole("", "the file cannot be read: %v", err)
	}
	if int64(len(text)) > limits.Bytes {
		return nil, whole("split it or raise the limit", "the file is longer than the limit of %d bytes", limits.Bytes)
	}
	return text, nil
}

// Parse reads one document, JSON if it begins with { or [, else YAML. The name
// stands in positions. All errors are Mistakes.
func Parse(name string, text []byte, limits Limits) (*Node, error) {
	if int64(len(text)) > limits.Bytes {
		return nil, Mistakes{{Position{File: name}, fmt.Sprintf("the text is %d bytes long, the limit is %d", len(text), limits.Bytes), ""}}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // a byte order mark, as some editors leave
	if i := firstInvalid(text); i >= 0 {
		line, column := place(text, i)
		return nil, Mistakes{{Position{name, line, column}, "the text is not valid UTF-8", "save the file as UTF-8"}}
	}
	body := bytes.TrimLeft(text, " \t\r\n")
	if len(body) == 0 {
		return nil, Mistakes{{Position{name, 1, 1}, "the file is empty", ""}}
	}
	if body[0] == '{' || body[0] == '[' {
		node, err := parseJSON(name, text, limits)
		if err == nil {
			return node, nil
		}
		// YAML's flow style begins like JSON; only a text that is neither is wrong.
		if yamlNode, yamlErr := parseYAML(name, text, limits); yamlErr == nil && !looksLikeJSON(name) {
			return yamlNode, nil
		}
		return nil, err
	}
	return parseYAML(name, text, limits)
}

func looksLikeJSON(name string) bool {
	return len(name) > 5 && name[len(name)-5:] == ".json"
}

func firstInvalid(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// place is the line and column of a byte offset, both from 1.
func place(text []byte, offset int) (line, column int) {
	head := text[:min(offset, len(text))]
	return bytes.Count(head, []byte("\n")) + 1, len(head) - (bytes.LastIndexByte(head, '\n') + 1) + 1
}
