package inspect

import (
	"crypto/sha256"
	"encoding/binary"

	"sallyport"
	"sallyport/message"
)

// question is a digest of all that the reading of an object may depend on: the
// plan and the operation, hence the rules; the caller and the request as the
// backend would get it. A field too many costs a reading, one too few shows the
// object of another tenant.
func (o *Object) question(x *sallyport.Exchange, read *message.Request) question {
	d := make(asked, 0, 1<<10)
	d.add(x.Plan().Digest)
	d.add(x.Op.API)
	d.number(x.Op.Index)
	d.add(read.Scheme)
	d.add(read.Authority)
	d.add(read.Target)
	d.add(x.Client.String())
	for _, c := range x.Caller.Credentials {
		for _, s := range [...]string{c.Scheme, c.Kind, c.ID, c.Issuer, c.Subject, c.Tenant, c.Consumer, c.Claims} {
			d.add(s)
		}
	}
	d.number(len(x.Caller.Credentials))
	if tls := read.TLS; tls != nil && len(tls.PeerCertificates) > 0 {
		d = append(d, tls.PeerCertificates[0].Raw...)
	}
	for _, f := range read.Fields {
		if !aboutThisRequest(f.Name) {
			d.add(f.Name)
			d.add(f.Value)
		}
	}
	return sha256.Sum256(d)
}

// aboutThisRequest tells the fields that are others in every request and name no
// object: those of traces, and the proof that a token is the caller's, which
// Identify has held to this request.
func aboutThisRequest(name string) bool {
	for _, own := range [...]string{"Traceparent", "Tracestate", "Baggage", "X-Request-Id", "User-Agent", "DPoP"} {
		if message.EqualName(name, own) {
			return true
		}
	}
	return false
}

// asked keeps apart what is added to it.
type asked []byte

func (a *asked) add(s string) {
	a.number(len(s))
	*a = append(*a, s...)
}

func (a *asked) number(n int) { *a = binary.BigEndian.AppendUint64(*a, uint64(n)) }
