package http1

import (
	"bytes"
	"errors"
	"strconv"

	"sallyport/message"
)

// errSplit: a line break in what somebody else put into a message would begin
// a line of their choice (response splitting).
var errSplit = errors.New("the first line or a field of a message that is to be sent holds a line break")

// appendField writes one field line.
func appendField(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

// appendFields writes field lines in their order.
func appendFields(b []byte, fields message.Fields) []byte {
	for i := range fields {
		b = appendField(b, fields[i].Name, fields[i].Value)
	}
	return b
}

// checkLines tells whether a head that was written has as many lines as were
// meant, its first and its empty one included.
func checkLines(head []byte, lines int) error {
	if bytes.Count(head, []byte{'\n'}) != lines || bytes.Count(head, []byte{'\r'}) != lines {
		return errSplit
	}
	return nil
}

// appendChunkSize writes the line before a chunk of n bytes. Behind the chunk
// stands CRLF, behind the last one lastChunk, trailers and an empty line.
func appendChunkSize(b []byte, n int) []byte {
	return append(strconv.AppendInt(b, int64(n), 16), "\r\n"...)
}

const lastChunk = "0\r\n"
