package http1

import (
	"strings"

	"sallyport/message"
)

// section is a sequence of field lines, with what they say about the framing
// and the connection taken apart.
type section struct {
	// fields are the lines in order, without Host and Transfer-Encoding, in an
	// answer without Content-Length too: those are told otherwise.
	fields message.Fields

	host   string
	length string // of Content-Length
	coding string // of Transfer-Encoding
	expect string
	// How many lines there were of each.
	hosts, lengths, codings int
	// forbidden: a line that no trailer may be (RFC 9110 §6.5.1).
	forbidden bool
	// Options of Connection; TE: trailers; an Upgrade field.
	close, keepAlive, trailers, upgrade bool
}

// parse takes field lines and the empty line behind them apart (RFC 9112 §5).
// Each of them ends with CR and LF.
func (s *section) parse(text string, limits Limits, request bool) error {
	*s = section{fields: s.fields[:0]}
	size := 0
	for len(text) > len("\r\n") {
		end := span(text, inToken)
		if end == 0 || text[end] != ':' {
			if text[0] == ' ' || text[0] == '\t' {
				return errFold // RFC 9112 §5.2: what one joins another takes for a new field
			}
			return errName
		}
		name := text[:end]
		text = text[end+1:]
		end = span(text, inValue)
		if text[end] != '\r' || text[end+1] != '\n' {
			return errValue
		}
		value := trim(text[:end])
		text = text[end+2:]
		size += len(name) + len(value)
		if err := s.add(name, value, request); err != nil {
			return err
		}
	}
	if size > limits.Fields {
		return errFieldsLong
	}
	return nil
}

// add keeps a line, or what it says.
func (s *section) add(name, value string, request bool) error {
	switch len(name) {
	case len("TE"):
		if message.EqualName(name, "TE") {
			s.trailers = s.trailers || hasOption(value, "trailers")
			s.forbidden = true
		}
	case len("Host"):
		if request && message.EqualName(name, "Host") {
			s.host, s.hosts, s.forbidden = value, s.hosts+1, true
			return nil
		}
	case len("Expect"):
		if request && message.EqualName(name, "Expect") {
			if !strings.EqualFold(value, "100-continue") {
				return errExpect
			}
			s.expect, s.forbidden = value, true
		}
	case len("Upgrade"): // and Trailer
		if message.EqualName(name, "Upgrade") {
			s.upgrade, s.forbidden = true, true
		}
		s.forbidden = s.forbidden || message.EqualName(name, "Trailer")
	case len("Connection"):
		if message.EqualName(name, "Connection") {
			s.close = s.close || hasOption(value, "close")
			s.keepAlive = s.keepAlive || hasOption(value, "keep-alive")
			s.forbidden = true
		}
	case len("Content-Length"):
		if message.EqualName(name, "Content-Length") {
			s.length, s.lengths, s.forbidden = value, s.lengths+1, true
			if !request {
				return nil
			}
		}
	case len("Transfer-Encoding"):
		if message.EqualName(name, "Transfer-Encoding") {
			s.coding, s.codings, s.forbidden = value, s.codings+1, true
			return nil
		}
	}
	s.fields = append(s.fields, message.Field{Name: name, Value: value})
	return nil
}

// hasOption looks for a token in a list (RFC 9110 §5.6.1), without regard to case.
func hasOption(list, option string) bool {
	for list != "" {
		var item string
		item, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(trim(item), option) {
			return true
		}
	}
	return false
}
