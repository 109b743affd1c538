package http1

import (
	"testing"

	"sallyport/message"
)

func TestWrittenFields(t *testing.T) {
	fields := message.Fields{{Name: "A", Value: "b"}, {Name: "C", Value: ""}}
	if got := string(appendFields(nil, fields)); got != "A: b\r\nC: \r\n" {
		t.Errorf("%q", got)
	}
	if got := string(appendChunkSize(nil, 0xabc)); got != "abc\r\n" {
		t.Errorf("%q", got)
	}
	for _, value := range []string{"b\r\nC: d", "b\nC: d", "b\rC: d", "b\n", "\r"} {
		fields[0].Value = value
		if err := checkLines(appendFields(nil, fields), 2); err != errSplit {
			t.Errorf("%q was written: %v", value, err)
		}
	}
	fields[0].Value = "b"
	if err := checkLines(appendFields(nil, fields), 2); err != nil {
		t.Error(err)
	}
}
