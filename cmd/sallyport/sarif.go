package main

import (
	"net/url"
	"path/filepath"

	"sallyport"
	"sallyport/source"
)

// sarifLog is the report as SARIF 2.1.0 (OASIS), as far as viewers of findings
// in code read it.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool    sarifTool     `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
}

// sarifKind is one of the four kinds of finding; the order is that of the
// rules in the report.
type sarifKind int

const (
	mistakeFound sarifKind = iota
	warningFound
	notServed
	notEnforced
)

var sarifKinds = [...]struct{ id, level, says string }{
	{"mistake", "error", "The gateway does not start with this."},
	{"warning", "warning", "Odd, but it changes nothing that is enforced."},
	{"not-served", "warning", "The operation refuses every request, because this cannot be enforced."},
	{"not-enforced", "note", "The document says it, and no step holds it."},
}

func (r *enforcement) sarif() *sarifLog {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "sallyport", Version: versionText()}}, Results: []sarifResult{}}
	for _, kind := range sarifKinds {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{kind.id, sarifText{kind.says}})
	}
	for _, m := range r.Mistakes {
		run.add(mistakeFound, m.mistake.Position, m.sentence())
	}
	for _, w := range r.Warnings {
		run.add(warningFound, w.mistake.Position, w.sentence())
	}
	for _, api := range r.APIs {
		for i := range api.Words.Unheld {
			w := &api.Words.Unheld[i]
			run.add(notEnforced, w.at, w.Word+": "+w.Why)
		}
		for _, op := range api.Operations {
			for _, c := range op.Controls {
				switch c.Effect {
				case sallyport.Refused.String():
					run.add(notServed, c.at, op.ID+": "+c.Says)
				case sallyport.Annotation.String():
					if api.Words.told[c.at] {
						continue // once for the document is enough
					}
					run.add(notEnforced, c.at, op.ID+": "+c.Says)
				}
			}
		}
	}
	return &sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

func (m *mistakeReport) sentence() string {
	if m.Remedy == "" {
		return m.Message
	}
	return m.Message + " (" + m.Remedy + ")"
}

func (r *sarifRun) add(kind sarifKind, at source.Position, text string) {
	k := sarifKinds[kind]
	result := sarifResult{RuleID: k.id, RuleIndex: int(kind), Level: k.level, Message: sarifText{text}}
	if at.Line > 0 { // a flag is no place in a file
		result.Locations = []sarifLocation{{sarifPhysical{sarifArtifact{uriOf(at.File)}, &sarifRegion{at.Line, max(at.Column, 1)}}}}
	}
	r.Results = append(r.Results, result)
}

// uriOf is a path as a URI reference (RFC 3986 §4.2): relative paths stay so,
// for a viewer to resolve in its own checkout.
func uriOf(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}
