package jsonschema

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// Pattern is a compiled regular expression of ECMA-262. Match searches: a
// pattern without anchors holds where any part of the text fits.
type Pattern interface {
	Match(text string) bool
}

// CompilePattern compiles a regular expression of ECMA-262, read as with its
// flag u and with the leniency of its Annex B where that has one meaning. It
// is matched in time linear in the text. Look-around and back-references
// cannot be: they are an error unless backtracking is allowed; then they run
// with a limit on time and text, beyond which nothing matches.
func CompilePattern(ecma string, backtracking bool) (Pattern, error) {
	p, err := compilePattern(ecma, backtracking)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// TranslatePattern writes a regular expression of ECMA-262 as one of RE2, of
// package regexp, for who makes texts rather than matching them. What needs
// backtracking is an error.
func TranslatePattern(ecma string) (string, error) {
	if len(ecma) > maxPattern {
		return "", &patternError{message: fmt.Sprintf("it is longer than %d bytes", maxPattern)}
	}
	t := translator{input: []rune(ecma)}
	linear, err := t.translate()
	switch {
	case err != nil:
		return "", err
	case t.needsBacktracking != nil:
		return "", t.needsBacktracking
	}
	return linear, nil
}

// Bounds of the patterns that are compiled and of what matching may cost.
const (
	maxPattern      = 32 << 10              // bytes
	maxTranslation  = 2 << 20               // bytes of what it is written as
	maxRepetitions  = 2_000_000             // of everything in it; RE2 reads no more
	maxProgram      = 50_000                // instructions of an engine; a table needs none
	maxPatterns     = 3_000_000             // instructions and bytes of all patterns of a document
	backtrackTime   = 10 * time.Millisecond // of one match
	backtrackTotal  = 50 * time.Millisecond // of all that a body takes
	backtrackPeriod = time.Millisecond      // between two looks at the clock
	backtrackLength = 4 << 10               // bytes of text
)

// pattern is one of three engines.
type pattern struct {
	source  string
	runs    *runs // a table for each character: the commonest patterns
	re      *regexp.Regexp
	back    *regexp2.Regexp
	always  bool
	longest int  // no longer text can match, in bytes; -1: any
	bounds  bool // no attack can be written in a text that matches
	size    int  // instructions, as a measure of the cost of one byte
}

// Match tells whether the text holds to the pattern.
func (p *pattern) Match(text string) bool {
	switch {
	case p.always:
		return true
	case p.runs != nil:
		return p.runs.match([]byte(text))
	case p.longest >= 0 && len(text) > p.longest:
		return false
	case p.re != nil:
		return p.re.MatchString(text)
	}
	ok, _ := p.backtrack(text)
	return ok
}

// match is Match for bytes.
func (p *pattern) match(text []byte) bool {
	switch {
	case p.always:
		return true
	case p.runs != nil:
		return p.runs.match(text)
	case p.longest >= 0 && len(text) > p.longest:
		return false
	case p.re != nil:
		return p.re.Match(text)
	}
	ok, _ := p.backtrack(string(text))
	return ok
}

// backtrack tells whether the text matches, and whether time was up first:
// that is no match.
func (p *pattern) backtrack(text string) (matched, timeout bool) {
	if len(text) > backtrackLength {
		return false, false
	}
	ok, err := p.back.MatchString(text)
	return ok && err == nil, err != nil
}

// cost is how much of the budget of a check a text of that length takes.
func (p *pattern) cost(length int) int {
	switch {
	case p.always, p.longest >= 0 && length > p.longest:
		return 1
	case p.runs != nil:
		return length + 1
	case p.re != nil:
		return length*p.size + 1
	}
	return 64 * min(length, backtrackLength)
}

// patternError says what is wrong with a pattern and where.
type patternError struct {
	message string
	at      int // the character, from 1
	remedy  string
}

func (e *patternError) Error() string {
	if e.at == 0 {
		return e.message
	}
	return fmt.Sprintf("%s at character %d", e.message, e.at)
}

func remedyOf(err error) string {
	if e, ok := err.(*patternError); ok {
		return e.remedy
	}
	return ""
}

func compilePattern(ecma string, backtracking bool) (*pattern, error) {
	if len(ecma) > maxPattern {
		return nil, &patternError{message: fmt.Sprintf("it is longer than %d bytes", maxPattern)}
	}
	t := translator{input: []rune(ecma)}
	linear, err := t.translate()
	if err != nil {
		return nil, err
	}
	p := &pattern{source: ecma, longest: -1}
	if t.needsBacktracking != nil {
		if !backtracking {
			return nil, t.needsBacktracking
		}
		return p, p.compileBacktracking(ecma)
	}
	return p, p.compileLinear(linear, t.size)
}

func (p *pattern) compileLinear(text string, size int) error {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return &patternError{message: "it cannot be matched: " + explainSyntax(err), remedy: "write it simpler"}
	}
	p.bounds = boundsText(tree)
	if p.runs = runsOf(tree); p.runs != nil {
		return nil
	}
	if size > maxProgram {
		return &patternError{message: "it repeats too much", remedy: "repeat less, or use maxLength"}
	}
	p.always = alwaysMatches(tree)
	p.longest = longestMatch(tree)
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return &patternError{message: "it cannot be matched: " + err.Error()}
	}
	p.size = len(program.Inst)
	p.re, err = regexp.Compile(text)
	if err != nil {
		return &patternError{message: "it cannot be matched: " + explainSyntax(err), remedy: "write it simpler"}
	}
	return nil
}

func explainSyntax(err error) string {
	if e, ok := err.(*syntax.Error); ok {
		return e.Code.String()
	}
	return err.Error()
}

// keepTime makes the matcher look at the clock often enough, once and before
// the first match: left alone it does ten times a second.
var keepTime = sync.OnceFunc(func() { regexp2.SetTimeoutCheckPeriod(backtrackPeriod) })

func (p *pattern) compileBacktracking(ecma string) error {
	re, err := regexp2.Compile(ecma, regexp2.ECMAScript|regexp2.Unicode)
	if err != nil {
		return &patternError{message: "it cannot be matched: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")}
	}
	keepTime()
	re.MatchTimeout = backtrackTime
	p.back = re
	return nil
}
