package problem

import "net/http"

// Kind is one way in which a request can be turned away. Its name is part of
// our interface: clients compare it, logs and metrics are labelled with it.
type Kind uint8

// The catalogue. Each has a page of its own under docs/problems.
const (
	Internal Kind = iota

	RequestMalformed
	PathAmbiguous
	ParameterInvalid
	BodyMalformed
	BodyInvalid
	BodyMissing
	BodyUnexpected
	DestinationRefused

	CredentialsMissing
	CredentialsInvalid
	CredentialsAmbiguous
	TokenInvalid
	TokenExpired
	ProofInvalid
	ProofNonce

	ScopeMissing
	RoleMissing
	RuleRefused
	OriginRefused
	WebSocketOriginRefused

	OperationUnknown
	MethodUnknown
	RequestTimeout
	ClientLeft
	BodyTooLarge
	TargetTooLong
	MediaTypeUnsupported
	HostUnknown
	LimitExceeded
	FailuresExceeded
	LookupsExceeded
	FlowExceeded
	FlowOutOfOrder
	ExpectationFailed
	WebSocketRequired
	FieldsTooLarge
	VersionUnsupported

	ObjectUnknown
	ObjectExists
	ObjectChanged
	ConditionMissing

	UpstreamUnreachable
	UpstreamUntrusted
	UpstreamBroken
	UpstreamTimeout
	AnswerUndeclared
	AnswerInvalid
	AnswerTooLarge

	Overloaded
	Draining
	CircuitOpen
	UpstreamOverloaded
	TunnelsExhausted
	KeysUnavailable
	OperationUnserved
	StoreUnavailable

	kinds // their number
)

// The one place where kinds become statuses and titles.
var catalogue = [kinds]struct {
	name   string
	status int
	title  string
}{
	Internal: {"internal", http.StatusInternalServerError, "The gateway failed"},

	RequestMalformed:   {"request-malformed", http.StatusBadRequest, "The request is not well-formed"},
	PathAmbiguous:      {"path-ambiguous", http.StatusBadRequest, "The path has more than one reading"},
	ParameterInvalid:   {"parameter-invalid", http.StatusBadRequest, "A parameter is not as the API declares it"},
	BodyMalformed:      {"body-malformed", http.StatusBadRequest, "The body cannot be read"},
	BodyInvalid:        {"body-invalid", http.StatusBadRequest, "The body is not as the API declares it"},
	BodyMissing:        {"body-missing", http.StatusBadRequest, "The operation needs a body"},
	BodyUnexpected:     {"body-unexpected", http.StatusBadRequest, "The operation takes no body"},
	DestinationRefused: {"destination-refused", http.StatusBadRequest, "A value leads where it may not"},

	CredentialsMissing:   {"credentials-missing", http.StatusUnauthorized, "The operation needs credentials"},
	CredentialsInvalid:   {"credentials-invalid", http.StatusUnauthorized, "The credentials are not valid"},
	CredentialsAmbiguous: {"credentials-ambiguous", http.StatusBadRequest, "More than one credential was sent for one scheme"},
	TokenInvalid:         {"token-invalid", http.StatusUnauthorized, "The token is not valid"},
	TokenExpired:         {"token-expired", http.StatusUnauthorized, "The token has expired"},
	ProofInvalid:         {"proof-invalid", http.StatusUnauthorized, "The proof of possession is not valid"},
	ProofNonce:           {"proof-nonce", http.StatusUnauthorized, "The proof of possession needs a nonce"},

	ScopeMissing:  {"scope-missing", http.StatusForbidden, "The credentials lack a scope"},
	RoleMissing:   {"role-missing", http.StatusForbidden, "The caller lacks a role"},
	RuleRefused:   {"rule-refused", http.StatusForbidden, "The caller may not do this"},
	OriginRefused: {"origin-refused", http.StatusForbidden, "The origin may not call this API from a browser"},

	WebSocketOriginRefused: {"websocket-origin-refused", http.StatusForbidden, "The origin may not open a WebSocket here"},

	OperationUnknown:     {"operation-unknown", http.StatusNotFound, "The API has no such operation"},
	MethodUnknown:        {"method-unknown", http.StatusMethodNotAllowed, "The path does not take this method"},
	RequestTimeout:       {"request-timeout", http.StatusRequestTimeout, "The request came too slowly"},
	ClientLeft:           {"client-left", 499, "The client left before it was answered"}, // never sent, only recorded
	BodyTooLarge:         {"body-too-large", http.StatusRequestEntityTooLarge, "The body is too large"},
	TargetTooLong:        {"target-too-long", http.StatusRequestURITooLong, "The request target is too long"},
	MediaTypeUnsupported: {"media-type-unsupported", http.StatusUnsupportedMediaType, "The operation does not take this media type"},
	HostUnknown:          {"host-unknown", http.StatusMisdirectedRequest, "No API is served under this host"},
	LimitExceeded:        {"limit-exceeded", http.StatusTooManyRequests, "Too many requests"},
	FailuresExceeded:     {"failures-exceeded", http.StatusTooManyRequests, "Too many attempts have failed"},
	LookupsExceeded:      {"lookups-exceeded", http.StatusTooManyRequests, "Too many objects were asked for in vain"},
	FlowExceeded:         {"flow-exceeded", http.StatusTooManyRequests, "The operation comes too soon or too often"},
	FlowOutOfOrder:       {"flow-out-of-order", http.StatusConflict, "Another operation has to succeed first"},
	ExpectationFailed:    {"expectation-failed", http.StatusExpectationFailed, "The expectation cannot be met"},
	WebSocketRequired:    {"websocket-required", http.StatusUpgradeRequired, "The operation speaks WebSocket"},
	FieldsTooLarge:       {"fields-too-large", http.StatusRequestHeaderFieldsTooLarge, "The header fields are too large"},

	VersionUnsupported: {"version-unsupported", http.StatusHTTPVersionNotSupported, "The version of HTTP is not spoken here"},

	ObjectUnknown:    {"object-unknown", http.StatusNotFound, "There is no such object"},
	ObjectExists:     {"object-exists", http.StatusConflict, "The object exists already, or is in the way"},
	ObjectChanged:    {"object-changed", http.StatusPreconditionFailed, "The object has changed since it was read"},
	ConditionMissing: {"condition-missing", http.StatusPreconditionRequired, "The change needs a condition"},

	UpstreamUnreachable: {"upstream-unreachable", http.StatusBadGateway, "The backend cannot be reached"},
	UpstreamUntrusted:   {"upstream-untrusted", http.StatusBadGateway, "The backend cannot prove who it is"},
	UpstreamBroken:      {"upstream-broken", http.StatusBadGateway, "The backend's answer is broken"},
	UpstreamTimeout:     {"upstream-timeout", http.StatusGatewayTimeout, "The backend did not answer in time"},
	AnswerUndeclared:    {"answer-undeclared", http.StatusBadGateway, "The backend's answer is not one that the API declares"},
	AnswerInvalid:       {"answer-invalid", http.StatusBadGateway, "The backend's answer is not as the API declares it"},
	AnswerTooLarge:      {"answer-too-large", http.StatusBadGateway, "The backend's answer is too large to be checked"},

	Overloaded:         {"overloaded", http.StatusServiceUnavailable, "The gateway has too much to do"},
	Draining:           {"draining", http.StatusServiceUnavailable, "The gateway is shutting down"},
	CircuitOpen:        {"circuit-open", http.StatusServiceUnavailable, "Requests to the backend are suspended for the moment"},
	UpstreamOverloaded: {"upstream-overloaded", http.StatusServiceUnavailable, "The backend has as many requests as it may"},
	TunnelsExhausted:   {"tunnels-exhausted", http.StatusServiceUnavailable, "As many WebSockets are open as may be"},
	KeysUnavailable:    {"keys-unavailable", http.StatusServiceUnavailable, "The credentials cannot be checked at the moment"},
	OperationUnserved:  {"operation-unserved", http.StatusServiceUnavailable, "The operation cannot be served as its document declares it"},
	StoreUnavailable:   {"store-unavailable", http.StatusServiceUnavailable, "The store cannot be asked at the moment"},
}

// Kinds are all kinds of the catalogue.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Name is the kind's stable name, such as credentials-missing.
func (k Kind) Name() string { return catalogue[k].name }

// Status is the HTTP status of an answer of this kind.
func (k Kind) Status() int { return catalogue[k].status }

// Title is the same for every problem of the kind (RFC 9457 §3.1.3).
func (k Kind) Title() string { return catalogue[k].title }

// Failure tells whether the kind is a failure of ours or of the upstream, of
// which the caller learns no more than an id, rather than a refusal.
func (k Kind) Failure() bool { return k.Status() >= 500 && k != VersionUnsupported }

func (k Kind) String() string { return k.Name() }
