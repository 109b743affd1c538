package script

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Formats are the forms of a report.
func Formats() []string { return []string{"text", "json", "junit"} }

// Report writes results in one of the Formats.
func Report(w io.Writer, format string, results []Result, took time.Duration) error {
	switch format {
	case "text":
		return reportText(w, results, took)
	case "json":
		return reportJSON(w, results)
	case "junit":
		return reportJUnit(w, results, took)
	}
	return fmt.Errorf("a report is %s, not %s", strings.Join(Formats(), ", "), format)
}

func reportText(w io.Writer, results []Result, took time.Duration) error {
	var b strings.Builder
	for i := range results {
		b.WriteString(results[i].Text())
	}
	fmt.Fprintf(&b, "%d scripts, %d failed, %s\n", len(results), Failed(results), took.Round(time.Millisecond))
	_, err := io.WriteString(w, b.String())
	return err
}

// Text is the result for a person: one line, more where it failed.
func (r *Result) Text() string {
	sentence := strings.ReplaceAll(r.Name, "-", " ")
	if r.Err == nil {
		return fmt.Sprintf("ok    %s (%s)\n", sentence, r.Duration.Round(time.Millisecond))
	}
	return fmt.Sprintf("FAIL  %s (%s)\n%s", sentence, r.Duration.Round(time.Millisecond), r.explanation())
}

func (r *Result) explanation() string {
	text := r.Err.Error() + "\n"
	var f *Failure
	if errors.As(r.Err, &f) {
		text += f.Details()
	}
	return text
}

func reportJSON(w io.Writer, results []Result) error {
	type row struct {
		Name     string  `json:"name"`
		Path     string  `json:"path"`
		Passed   bool    `json:"passed"`
		Seconds  float64 `json:"seconds"`
		Commands int     `json:"commands"`
		Line     int     `json:"line,omitempty"`
		Command  string  `json:"command,omitempty"`
		Message  string  `json:"message,omitempty"`
		Answer   string  `json:"answer,omitempty"`
		Log      string  `json:"log,omitempty"`
	}
	rows := make([]row, len(results))
	for i := range results {
		r := &results[i]
		rows[i] = row{Name: r.Name, Path: r.Path, Passed: r.Err == nil, Seconds: r.Duration.Seconds(), Commands: r.Commands}
		var f *Failure
		if errors.As(r.Err, &f) {
			rows[i].Line, rows[i].Command, rows[i].Message, rows[i].Answer, rows[i].Log = f.Line, f.Command, f.Err.Error(), f.Answer, f.Log
		} else if r.Err != nil {
			rows[i].Message = r.Err.Error()
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"scripts": rows, "failed": Failed(results)})
}

// reportJUnit writes the XML that continuous integration reads.
func reportJUnit(w io.Writer, results []Result, took time.Duration) error {
	type failure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	type testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		File    string   `xml:"file,attr"`
		Time    string   `xml:"time,attr"`
		Failure *failure `xml:"failure"`
	}
	type testsuite struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Time     string     `xml:"time,attr"`
		Cases    []testcase `xml:"testcase"`
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
	suite := testsuite{Name: "sallyport", Tests: len(results), Failures: Failed(results), Time: seconds(took)}
	for i := range results {
		r := &results[i]
		c := testcase{Name: strings.ReplaceAll(r.Name, "-", " "), Class: "script", File: r.Path, Time: seconds(r.Duration)}
		if r.Err != nil {
			message, _, _ := strings.Cut(r.Err.Error(), "\n")
			c.Failure = &failure{message, r.explanation()}
		}
		suite.Cases = append(suite.Cases, c)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	err := e.Encode(struct {
		XMLName xml.Name    `xml:"testsuites"`
		Suites  []testsuite `xml:"testsuite"`
	}{Suites: []testsuite{suite}})
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}
