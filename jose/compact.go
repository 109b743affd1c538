package jose

import (
	"encoding/base64"
	"strings"
)

const maxHeaderMembers = 32

// compact is a JWS in its compact serialization (RFC 7515 §7.1), taken apart and not yet trusted.
type compact struct {
	header    header
	input     []byte // what was signed: the first two parts as they were sent (RFC 7515 §5.2)
	payload   []byte
	signature []byte
}

// header is what is read of a protected header. jku, x5u and x5c have no field here: a key that the token
// brings along proves nothing (RFC 8725 §3.10). No more does jwk, but for proofs of possession: see
// VerifyProof, which alone looks at it.
type header struct {
	alg       algorithm
	keyID     string
	typ       string
	jwk       string // as JSON
	hasKeyID  bool
	hasType   bool
	algorithm bool // alg was there
}

// splitCompact takes a token apart; nothing in the result refers to the memory of token.
func splitCompact(token string) (*compact, error) {
	first, rest, ok := strings.Cut(token, ".")
	second, third, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(third, ".") {
		// Five parts are a JWE: nothing here decrypts, so its iteration counts cost nothing.
		return nil, refuse(ReasonMalformed, "not three parts between two dots")
	}
	// The decoder passes over line breaks, which would give one token many spellings (RFC 7515 §2).
	if strings.ContainsAny(token, "\r\n") {
		return nil, refuse(ReasonMalformed, "a line break within")
	}
	signed := len(first) + 1 + len(second)
	bytes := []byte(token)
	room := make([]byte, 0, base64.RawURLEncoding.DecodedLen(len(token)))
	head, room, err := decode(room, bytes[:len(first)])
	if err != nil {
		return nil, err
	}
	j := &compact{input: bytes[:signed]}
	if j.payload, room, err = decode(room, bytes[len(first)+1:signed]); err != nil {
		return nil, err
	}
	if j.signature, _, err = decode(room, bytes[signed+1:]); err != nil {
		return nil, err
	}
	if j.header, err = readHeader(string(head)); err != nil {
		return nil, err
	}
	return j, nil
}

// decode appends to room, and refuses padding and unused bits that are set: each would be a second spelling
// of the same bytes (RFC 4648 §3.5).
func decode(room, part []byte) (decoded, rest []byte, err error) {
	from := len(room)
	room, err = base64.RawURLEncoding.Strict().AppendDecode(room, part)
	if err != nil {
		return nil, nil, refuse(ReasonMalformed, "a part is not canonical base64url")
	}
	return room[from:len(room):len(room)], room, nil
}

func readHeader(text string) (header, error) {
	var h header
	err := eachMember(text, maxHeaderMembers, h.read)
	if err != nil {
		if _, ours := err.(*Error); !ours {
			err = refuse(ReasonMalformed, "its header is "+err.Error())
		}
		return header{}, err
	}
	if !h.algorithm {
		return header{}, refuse(ReasonAlgorithm, "no alg in its header") // RFC 7515 §4.1.1
	}
	return h, nil
}

func (h *header) read(name, value string) (err error) {
	switch name {
	case "alg":
		text, err := stringOf(value)
		if err != nil {
			return refuse(ReasonAlgorithm, "its alg is not a string")
		}
		if h.alg, h.algorithm = algorithmOf(text); !h.algorithm {
			return refuse(ReasonAlgorithm, "its alg is none of those known here")
		}
	case "kid":
		h.hasKeyID = true
		if h.keyID, err = stringOf(value); err != nil || h.keyID == "" {
			return refuse(ReasonMalformed, "its kid is not a string with something in it")
		}
	case "typ":
		h.hasType = true
		if h.typ, err = stringOf(value); err != nil {
			return refuse(ReasonMalformed, "its typ is not a string")
		}
	case "jwk":
		h.jwk = value
	case "crit":
		// RFC 7515 §4.1.11: no extension is understood here, and an empty list is not allowed.
		return refuse(ReasonCritical, "its header has crit")
	case "b64":
		// RFC 7797 §6: b64 counts only together with crit; without, the payload has two readings.
		return refuse(ReasonCritical, "its header has b64")
	case "enc", "zip":
		return refuse(ReasonMalformed, "its header is that of an encrypted token") // RFC 7516 §9
	}
	return nil
}
