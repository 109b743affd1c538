package http1

import "strings"

// head is what stands before the content of a message. Everything in it is a
// part of one string. It is used again for the next message of its connection:
// of the fields nothing may be kept beyond an exchange.
type head struct {
	section

	method, target string // of a request
	authority      string // the host that a request asks for; "" where HTTP/1.0 names none
	status         int    // of an answer; 0 in a request
	minor          byte   // of the version, '0' or '1'
}

// readRequest reads the head of a request whose first byte has been awaited.
func (h *head) readRequest(in *input, limits Limits) error {
	*h = head{section: section{fields: h.fields[:0]}, minor: '1'} // what is refused is answered as far as it was read
	text, err := in.readHead(limits)
	if err != nil {
		return err
	}
	line, fields := cutLine(text)
	if err := h.parseRequestLine(line, limits); err != nil {
		return err
	}
	if err := h.parse(fields, limits, true); err != nil {
		return err
	}
	return h.findAuthority()
}

// readAnswer reads the head of an answer whose first byte has been awaited.
func (h *head) readAnswer(in *input, limits Limits) error {
	text, err := in.readHead(limits)
	if err != nil {
		return err
	}
	line, fields := cutLine(text)
	if err := h.parseStatusLine(line); err != nil {
		return err
	}
	return h.parse(fields, limits, false)
}

func cutLine(text string) (line, rest string) {
	end := strings.IndexByte(text, '\n')
	return text[:end-1], text[end+1:]
}

// parseRequestLine: RFC 9112 §3.
func (h *head) parseRequestLine(line string, limits Limits) error {
	end := span(line, inToken)
	switch {
	case end == 0 || end == len(line) || line[end] != ' ':
		return errRequestLine
	case end > longestMethod:
		return errMethod
	}
	h.method, line = line[:end], line[end+1:]
	end = span(line, inTarget)
	switch {
	case end > limits.Target:
		return errTargetLong
	case end == len(line):
		return errRequestLine // HTTP/0.9, or an empty target
	case line[end] != ' ':
		return errTarget
	case end == 0:
		return errRequestLine
	}
	h.target = line[:end]
	if !h.parseVersion(line[end+1:]) {
		if strings.HasPrefix(line[end+1:], "HTTP/") && isVersion(line[end+1:]) {
			return errVersion
		}
		return errRequestLine
	}
	return checkForm(h.method, h.target)
}

func (h *head) parseVersion(s string) bool {
	if len(s) != len("HTTP/1.1") || s[:7] != "HTTP/1." || s[7] != '0' && s[7] != '1' {
		return false
	}
	h.minor = s[7]
	return true
}

// isVersion tells a version of HTTP that is not ours (RFC 9112 §2.3).
func isVersion(s string) bool {
	return len(s) == 8 && isDigit(s[5]) && s[6] == '.' && isDigit(s[7])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parseStatusLine: RFC 9112 §4. The space behind the status may be missing
// where there is no reason, as many servers send it; nobody can read that
// otherwise.
func (h *head) parseStatusLine(line string) error {
	if len(line) < len("HTTP/1.1 200") || !h.parseVersion(line[:8]) || line[8] != ' ' {
		return errStatusLine
	}
	status := 0
	for _, c := range []byte(line[9:12]) {
		if !isDigit(c) {
			return errStatusLine
		}
		status = 10*status + int(c-'0')
	}
	if reason := line[12:]; status < 100 || reason != "" && (reason[0] != ' ' || span(reason, inValue) < len(reason)) {
		return errStatusLine
	}
	h.status = status
	return nil
}

// persistent tells whether the connection may be used after this message
// (RFC 9112 §9.3).
func (h *head) persistent() bool {
	return !h.close && (h.minor == '1' || h.keepAlive)
}

// expectsContinue: the client waits for 100 before it sends content. In
// HTTP/1.0 nobody does (RFC 9110 §10.1.1).
func (h *head) expectsContinue() bool { return h.expect != "" && h.minor == '1' }
