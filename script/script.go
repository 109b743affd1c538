package script

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"

	"sallyport/source"
)

// maxScript is the largest script that is read, in bytes.
const maxScript = 4 << 20

// Script is one file: commands, and the files that they work with.
type Script struct {
	// Path is where it was read from.
	Path string
	// Lines are its commands.
	Lines []Line
	// Files are written into a fresh folder before the first command.
	Files []txtar.File
}

// Line is one command.
type Line struct {
	// Number counts from 1.
	Number int
	// Text is the line as it stands in the file.
	Text string
	// Not tells that it begins with an exclamation mark.
	Not bool
	// Name is the command's name.
	Name string

	command command
	words   []word
}

// Read reads a script of at most 4 MiB.
func Read(path string) (*Script, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxScript+1))
	if err != nil {
		return nil, fmt.Errorf("reading a script: %w", err)
	}
	if len(text) > maxScript {
		return nil, fmt.Errorf("%s: a script may be %d bytes long at most", path, maxScript)
	}
	return Parse(path, text)
}

// Parse reads a script's text. Every mistake in it is reported, as file:line.
func Parse(path string, text []byte) (*Script, error) {
	archive := txtar.Parse(text)
	s := &Script{Path: path, Files: archive.Files}
	var mistakes source.Mistakes
	number := 0
	for raw := range strings.Lines(string(archive.Comment)) {
		number++
		line, err := parseLine(strings.TrimRight(raw, "\r\n"))
		if err != nil {
			mistakes.Add(source.Position{File: path, Line: number, Column: 1}, "", "%v", err)
		} else if line.Name != "" {
			line.Number = number
			s.Lines = append(s.Lines, line)
		}
	}
	at := bytes.Count(archive.Comment, []byte("\n")) + 1
	for _, f := range s.Files {
		if !filepath.IsLocal(f.Name) {
			mistakes.Add(source.Position{File: path, Line: at, Column: 1}, "name it relative to the script's own folder", "the file %q would be written elsewhere", f.Name)
		}
		at += bytes.Count(f.Data, []byte("\n")) + 1
	}
	if len(s.Lines) == 0 && len(mistakes) == 0 {
		mistakes.Add(source.Position{File: path}, "write commands before the first file", "the script has no command")
	}
	return s, mistakes.Err()
}

// parseLine reads one command; its Name is empty where there is none.
func parseLine(text string) (Line, error) {
	line := Line{Text: text}
	words, err := splitWords(text)
	if err != nil || len(words) == 0 {
		return line, err
	}
	if words[0].is("!") {
		line.Not, words = true, words[1:]
	}
	if len(words) == 0 || !words[0].plain() {
		return line, errors.New("a line begins with the name of a command")
	}
	line.Name, line.words = words[0][0].text, words[1:]
	line.command, err = find(line.Name)
	if err == nil && line.Not && !line.command.negatable {
		err = fmt.Errorf("! has no meaning before %s", line.Name)
	}
	return line, err
}
