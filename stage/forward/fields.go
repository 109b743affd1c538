package forward

import (
	"net/netip"
	"strconv"
	"strings"

	"sallyport"
	"sallyport/message"
)

// fields are the request's header fields as the backend gets them: the
// client's without those that are the gateway's to give, then the gateway's.
func (u *Upstream) fields(x *sallyport.Exchange) (message.Fields, error) {
	listed := connectionListed(x.Request.Fields)
	own, room := ownFields, ownText
	if x.Caller.Proved() != nil {
		own, room = own+callerFields, room+callerText
	}
	out := make(message.Fields, 0, len(x.Request.Fields)+own)
	for _, f := range x.Request.Fields {
		switch {
		case u.Owns(f.Name) || hopByHop(f.Name, listed) || u.Credentials.drops(f.Name):
		case u.wantsWhole() && asksForLess(f.Name):
		case u.Guarded && conditional(f.Name):
		case u.WebSocket != nil && message.EqualName(f.Name, "Sec-WebSocket-Extensions"):
			// Sizes are held on the wire: what is compressed there has none.
		case message.EqualName(f.Name, "Referer"):
			out.Add(f.Name, u.referer(f.Value))
		default:
			out = append(out, f)
		}
	}
	if u.wantsWhole() {
		out.Add("Accept-Encoding", "identity")
	}
	if u.Guarded && u.Accept != "" {
		out.Add("Accept", u.Accept)
	}
	out.Add("X-Forwarded-Host", x.Request.Authority)
	out.Add("X-Forwarded-Proto", x.Request.Scheme)
	out.Add("X-Request-Id", x.ID)
	if x.Trace != "" {
		out.Add("Traceparent", x.Trace)
	}
	out.Add("Via", via(x.Request.Proto))
	var made text
	made.Grow(room)
	made.forwarded(x)
	if err := made.caller(u.Prefix, &x.Caller); err != nil {
		return nil, err
	}
	out = u.Certificates.addTo(out, x.Request.TLS)
	return made.addTo(u.Credentials.addTo(out)), nil
}

// How many fields come from the gateway, and room for what is usual in them.
const (
	ownFields, ownText       = 11, 128
	callerFields, callerText = 7, 256
)

// text is field lines that are put together here, in one string for all.
type text struct {
	strings.Builder
	lines [10]line
	count int
}

// line is where a name and a value stand in a text. A name that is a constant
// does not stand there.
type line struct {
	name                string
	nameAt, at, through int
}

// begin begins a line of that name, of which a prefix is the configuration's.
func (t *text) begin(prefix, name string) {
	l := &t.lines[t.count]
	if l.nameAt = t.Len(); prefix == "" {
		l.name = name
	} else {
		t.WriteString(prefix)
		t.WriteString(name)
	}
	l.at = t.Len()
}

// end ends the line, and returns its value.
func (t *text) end() string {
	l := &t.lines[t.count]
	l.through = t.Len()
	t.count++
	return t.String()[l.at:l.through]
}

func (t *text) address(a netip.Addr) {
	var room [48]byte
	t.Write(a.AppendTo(room[:0]))
}

func (t *text) addTo(out message.Fields) message.Fields {
	all := t.String()
	for _, l := range t.lines[:t.count] {
		if l.name == "" {
			l.name = all[l.nameAt:l.at]
		}
		out = append(out, message.Field{Name: l.name, Value: all[l.at:l.through]})
	}
	return out
}

// wantsWhole tells whether the answer is read: where it is judged, and where a
// secret of ours may stand in it, which nobody would find in two parts of it, or
// in what is compressed.
func (u *Upstream) wantsWhole() bool { return u.Identity || u.Credentials.given() }

// asksForLess tells the fields by which a client asks for an answer that is
// encoded or a part.
func asksForLess(name string) bool {
	return isAlike("Accept-Encoding", name) || isAlike("Range", name) || isAlike("If-Range", name)
}

// conditional fields ask for another answer where the object has changed, or has
// not, or is not there: that is more than everybody may know (RFC 9110 §13.1).
func conditional(name string) bool {
	return len(name) >= 3 && strings.EqualFold(name[:3], "If-") || message.EqualName(name, "Accept") || message.EqualName(name, "Range")
}

// forwarded says where the request comes from: the client, and the proxy that
// it came through.
func (t *text) forwarded(x *sallyport.Exchange) {
	peer := x.Request.Remote.Addr().Unmap().WithZone("")
	behind := peer != x.Client && peer.IsValid()
	if x.Client.IsValid() {
		t.begin("", "X-Forwarded-For")
		t.address(x.Client)
		if behind {
			t.WriteString(", ")
			t.address(peer)
		}
		t.end()
	}
	if port := x.Request.Local.Port(); port != 0 {
		t.begin("", "X-Forwarded-Port")
		var room [8]byte
		t.Write(strconv.AppendUint(room[:0], uint64(port), 10))
		t.end()
	}
	t.begin("", "Forwarded")
	t.WriteString("for=")
	t.node(x.Client)
	t.WriteString(`;host="`)
	t.WriteString(x.Request.Authority)
	t.WriteString(`";proto=`)
	t.WriteString(x.Request.Scheme)
	if behind {
		t.WriteString(", for=")
		t.node(peer)
	}
	t.end()
}

// node is an address as RFC 7239 §6 writes it; a peer without one is a socket
// in the file system (§6.2).
func (t *text) node(a netip.Addr) {
	switch {
	case !a.IsValid():
		t.WriteString("unknown")
	case a.Is4():
		t.address(a)
	default:
		t.WriteString(`"[`)
		t.address(a)
		t.WriteString(`]"`)
	}
}

// via says how the request came to us (RFC 9110 §7.6.3).
func via(proto string) string {
	switch {
	case strings.HasPrefix(proto, "HTTP/2"):
		return "2 sallyport"
	case strings.HasPrefix(proto, "HTTP/3"):
		return "3 sallyport"
	}
	return "1.1 sallyport"
}
