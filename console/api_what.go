package console

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"sallyport/message"
)

func listRevocations(c *call) (*reply, error) { return shown(c.Revocations(c.ctx, c.span())) }

func addRevocation(c *call) (*reply, error) {
	var n NewRevocation
	if err := c.read(&n); err != nil {
		return nil, err
	}
	r, err := c.Revoke(c.ctx, c.by, n)
	if err != nil {
		return nil, err
	}
	return made(below("revocations", string(r.ID)), r), nil
}

func deleteRevocation(c *call) (*reply, error) { return done(c.Restore(c.ctx, c.by, c.id())) }

func listSecrets(c *call) (*reply, error) { return shown(c.Secrets(c.ctx, c.span())) }

func putSecret(c *call) (*reply, error) {
	var body struct {
		Value string `json:"value"`
	}
	if err := c.read(&body); err != nil {
		return nil, err
	}
	return shown(c.PutSecret(c.ctx, c.by, c.param("name"), body.Value))
}

func deleteSecret(c *call) (*reply, error) {
	return done(c.DeleteSecret(c.ctx, c.by, c.param("name")))
}

func listAdminTokens(c *call) (*reply, error) { return shown(c.Tokens(c.ctx, c.span())) }

func addAdminToken(c *call) (*reply, error) {
	var n NewToken
	if err := c.read(&n); err != nil {
		return nil, err
	}
	t, err := c.AddToken(c.ctx, c.by, n)
	if err != nil {
		return nil, err
	}
	return made(below("admin-tokens", string(t.ID)), t), nil
}

func deleteAdminToken(c *call) (*reply, error) { return done(c.DeleteToken(c.ctx, c.by, c.id())) }

func listAudit(c *call) (*reply, error) { return shown(c.Entries(c.ctx, c.span())) }

func verifyAudit(c *call) (*reply, error) { return shown(c.Verify(c.x.Context)) }

// exportRecords streams: the goroutine ends with the answer's body, which is
// closed however the exchange ends.
func exportRecords(c *call) (*reply, error) {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(c.writeRecords(writer)) }()
	return &reply{status: http.StatusOK, media: "application/jsonl", stream: message.NewBody(reader, -1)}, nil
}

func (c *call) writeRecords(to io.Writer) error {
	buffered := bufio.NewWriterSize(to, 32<<10)
	encoder := json.NewEncoder(buffered)
	if err := c.Export(c.x.Context, c.by, func(r Record) error { return encoder.Encode(r) }); err != nil {
		return err
	}
	return buffered.Flush()
}

func importRecords(c *call) (*reply, error) {
	var body struct {
		Records []Record `json:"records"`
	}
	if err := c.read(&body); err != nil {
		return nil, err
	}
	in := c.Import(c.by)
	in.Dry, in.Overwrite = c.query.Get("dry_run") == "true", c.query.Get("overwrite") == "true"
	for i, r := range body.Records {
		if err := in.Take(c.ctx, r); err != nil {
			return nil, afterTaking(i, in.Dry, within(errors.Join(err, in.Finish(c.ctx)), fmt.Sprintf("/records/%d", i)))
		}
	}
	if err := in.Finish(c.ctx); err != nil {
		return nil, err
	}
	return ok(in.Imported), nil
}

// afterTaking adds to a refusal that what stood before the record was taken in.
func afterTaking(records int, dry bool, err error) error {
	r, ok := errors.AsType[*Refused](err)
	if !ok || records == 0 || dry {
		return err
	}
	told := *r
	told.Says = fmt.Sprintf("%s The %d records before this one were taken in.", r.Says, records)
	return &told
}
