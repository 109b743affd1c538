package jose

import (
	"errors"
	"strconv"
)

// Reason says in one stable word why a token was not accepted; it is meant for logs and metrics.
type Reason uint8

// The reasons, in the order in which a token meets the checks; claims that are not JSON of the right types
// are malformed too.
const (
	ReasonNone            Reason = iota // accepted
	ReasonConfiguration                 // ours: the Verifier itself is set up wrongly, so it refuses everything
	ReasonMalformed                     // not a compact JWS, or not JSON that has one reading
	ReasonCritical                      // names an extension that must be understood (RFC 7515 §4.1.11)
	ReasonAlgorithm                     // algorithm missing, not allowed, or not the one the key is for
	ReasonKeysUnavailable               // ours: the key set could not be had, so nothing can be decided
	ReasonKeyUnknown                    // no usable key of that name
	ReasonSignature                     // the signature is not by that key
	ReasonType                          // a token made for another purpose (RFC 8725 §3.11)
	ReasonIssuer                        // from another issuer
	ReasonAudience                      // meant for somebody else
	ReasonClaimMissing                  // a claim that must be there is absent or empty
	ReasonBound                         // bound to a key whose possession nobody checks (RFC 7800)
	ReasonLifetime                      // lives for longer than a token may
	ReasonExpired                       // exp has passed
	ReasonNotYetValid                   // nbf or iat lies in the future
	reasons
)

// String returns the reason's stable name, such as "key-unknown".
func (r Reason) String() string {
	if r >= reasons {
		return "reason-" + strconv.Itoa(int(r))
	}
	return [reasons]string{
		ReasonNone:            "none",
		ReasonConfiguration:   "configuration",
		ReasonMalformed:       "malformed",
		ReasonCritical:        "critical",
		ReasonAlgorithm:       "algorithm",
		ReasonType:            "type",
		ReasonKeysUnavailable: "keys-unavailable",
		ReasonKeyUnknown:      "key-unknown",
		ReasonSignature:       "signature",
		ReasonClaimMissing:    "claim-missing",
		ReasonExpired:         "expired",
		ReasonNotYetValid:     "not-yet-valid",
		ReasonIssuer:          "issuer",
		ReasonAudience:        "audience",
		ReasonBound:           "bound",
		ReasonLifetime:        "lifetime",
	}[r]
}

// Ours reports whether the fault lies on this side: the caller is owed a 503, not a 401.
func (r Reason) Ours() bool { return r == ReasonKeysUnavailable || r == ReasonConfiguration }

// Error is the only kind of error that Verify returns; its text never repeats anything of the token.
type Error struct {
	Reason Reason
	Detail string // one clause for the log, such as "exp has passed"
	Cause  error  // what a key fetch or the configuration said, else nil
}

func (e *Error) Error() string {
	text := "token refused (" + e.Reason.String() + "): " + e.Detail
	if e.Reason.Ours() {
		text = "token not checked (" + e.Reason.String() + "): " + e.Detail
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ReasonOf returns the reason within err, and ReasonNone when err is nil or of another kind.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ReasonNone
}

func refuse(r Reason, detail string) error { return &Error{Reason: r, Detail: detail} }
