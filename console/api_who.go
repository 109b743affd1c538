package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"sallyport/problem"
)

// tagged is the answer that shows a consumer, with the tag of its state.
func tagged(status int, c *Consumer) *reply {
	return &reply{status: status, etag: tag(c.Revision), body: c}
}

func tag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

func listConsumers(c *call) (*reply, error) { return shown(c.Consumers(c.ctx, c.span())) }

func addConsumer(c *call) (*reply, error) {
	var n NewConsumer
	if err := c.read(&n); err != nil {
		return nil, err
	}
	consumer, err := c.AddConsumer(c.ctx, c.by, n)
	if err != nil {
		return nil, err
	}
	r := tagged(http.StatusCreated, consumer)
	r.location = below("consumers", consumer.Name)
	return r, nil
}

func getConsumer(c *call) (*reply, error) {
	consumer, err := c.Consumer(c.ctx, c.param("consumer"))
	if err != nil {
		return nil, err
	}
	return tagged(http.StatusOK, consumer), nil
}

func changeConsumer(c *call) (*reply, error) {
	revision, err := c.condition()
	if err == nil && c.x.Request.Fields.Get("If-Match") == "" {
		err = problem.Refuse(problem.ConditionMissing, "Send If-Match with the ETag of the consumer.")
	}
	if err != nil {
		return nil, err
	}
	var change ConsumerChange
	if err := c.read(&change); err != nil {
		return nil, err
	}
	consumer, err := c.ChangeConsumer(c.ctx, c.by, c.param("consumer"), revision, change)
	if err != nil {
		return nil, err
	}
	return tagged(http.StatusOK, consumer), nil
}

// condition is the revision that If-Match names (RFC 9110 §13.1.1), any without.
func (c *call) condition() (int64, error) {
	tag := c.x.Request.Fields.Get("If-Match")
	if tag == "" || tag == "*" {
		return AnyRevision, nil
	}
	revision, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil {
		return 0, problem.Refuse(problem.ObjectChanged, "The ETag is none that was given out.")
	}
	return revision, nil
}

func deleteConsumer(c *call) (*reply, error) {
	revision, err := c.condition()
	if err != nil {
		return nil, err
	}
	return done(c.DeleteConsumer(c.ctx, c.by, c.param("consumer"), revision))
}

func listConsumerKeys(c *call) (*reply, error) {
	return shown(c.KeysOf(c.ctx, c.param("consumer"), c.span()))
}

func listKeys(c *call) (*reply, error) { return shown(c.AllKeys(c.ctx, c.span())) }

func issueKey(c *call) (*reply, error) {
	var n NewKey
	if err := c.read(&n); err != nil {
		return nil, err
	}
	return madeKey(c.IssueKey(c.ctx, c.by, c.param("consumer"), n))
}

func madeKey(k *Issued, err error) (*reply, error) {
	if err != nil {
		return nil, err
	}
	r := made(below("keys", string(k.ID)), k)
	r.etag = tag(k.Revision)
	return r, nil
}

// taggedKey is the answer that shows a key, with the tag of its state.
func taggedKey(k *Key, err error) (*reply, error) {
	if err != nil {
		return nil, err
	}
	r := ok(k)
	r.etag = tag(k.Revision)
	return r, nil
}

func getKey(c *call) (*reply, error) { return taggedKey(c.Key(c.ctx, c.id())) }

func changeKey(c *call) (*reply, error) {
	revision, err := c.condition()
	if err != nil {
		return nil, err
	}
	var change KeyChange
	if err := c.read(&change); err != nil {
		return nil, err
	}
	return taggedKey(c.ChangeKey(c.ctx, c.by, c.id(), revision, change))
}

func rotateKey(c *call) (*reply, error) {
	revision, err := c.condition()
	if err != nil {
		return nil, err
	}
	// In JSON Schema 1.0 is an integer too; the document bounds what it may be.
	body := struct {
		Overlap float64 `json:"overlap"`
	}{Overlap.Seconds()}
	if err := c.read(&body); err != nil {
		return nil, err
	}
	return madeKey(c.RotateKey(c.ctx, c.by, c.id(), revision, time.Duration(body.Overlap)*time.Second))
}

func revokeKey(c *call) (*reply, error) {
	revision, err := c.condition()
	if err != nil {
		return nil, err
	}
	return done(c.RevokeKey(c.ctx, c.by, c.id(), revision))
}

func listPasswords(c *call) (*reply, error) {
	return shown(c.Passwords(c.ctx, c.param("consumer"), c.span()))
}

func setPassword(c *call) (*reply, error) {
	var body struct {
		Password string `json:"password"`
	}
	if err := c.read(&body); err != nil {
		return nil, err
	}
	return shown(c.SetPassword(c.ctx, c.by, c.param("consumer"), c.param("username"), body.Password))
}

func deletePassword(c *call) (*reply, error) {
	return done(c.DeletePassword(c.ctx, c.by, c.param("consumer"), c.param("username")))
}
