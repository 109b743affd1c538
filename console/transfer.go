package console

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sallyport/store"
)

// Export hands out every consumer, each with its keys behind it, and before
// them the marks of the keyring. There is no secret among it. Who has it is in
// the audit before the first record is handed out.
func (d *Desk) Export(ctx context.Context, by By, each func(Record) error) error {
	if err := d.Store.WriteEntry(ctx, d.entry(by, "consumer.export", "", nil)); err != nil {
		return err
	}
	after := ""
	if err := each(Record{Type: typeKeyring, Marks: d.marks()}); err != nil {
		return err
	}
	for {
		list, err := d.Store.ListConsumers(ctx, after, MostItems)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, c := range list {
			if err := d.exportConsumer(ctx, c, each); err != nil {
				return err
			}
		}
		after = list[len(list)-1].Name
	}
}

func (d *Desk) exportConsumer(ctx context.Context, c *store.Consumer, each func(Record) error) error {
	if err := each(recordOfConsumer(c)); err != nil {
		return err
	}
	after := store.ID("")
	for {
		keys, err := d.Store.ListKeys(ctx, c.ID, after, MostItems)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			if err := each(recordOfKey(k, c.Name)); err != nil {
				return err
			}
		}
		after = keys[len(keys)-1].ID
	}
}

// maxLine is the longest line of an import: far beyond a record with all that
// it may hold.
const maxLine = 256 << 10

// ReadRecords reads an export, a record a line, and hands out each with the
// number of its line. It refuses members that no record has.
func ReadRecords(from io.Reader, each func(line int, r Record) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		r, err := readRecord(text)
		if err == nil {
			err = each(n, r)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d: %w", n, &Refused{Why: ErrInvalid, Says: "it is longer than any record"})
	}
	return lines.Err()
}

func readRecord(text []byte) (Record, error) {
	var r Record
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, &Refused{Why: ErrInvalid, Says: "it is no record of an export: " + plain(err)}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return r, &Refused{Why: ErrInvalid, Says: "it is no record of an export: there is more than one value on it"}
	}
	return r, nil
}

// plain is what is wrong with JSON, without what stood there.
func plain(err error) string {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("%s must not be %s", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is no JSON at byte %d", syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return "it holds a member that no record has, or a value of another form"
}
