// Package record is the last stage: say what happened, whatever happened. Each
// exchange leaves one wide event, and everything else is made of it: the log
// line and the metrics.
//
// It records no header field, no body, no query and no value of a parameter:
// what it does not hold, it cannot leak. Metrics are labelled by operation id,
// never by path or caller, so that a client cannot make series.
package record

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"sallyport"
	"sallyport/jsonline"
	"sallyport/message"
	"sallyport/problem"
)

// Which exchanges the log takes.
const (
	All     = "all"
	Refused = "refused"
	None    = "none"
)

// Log writes one line for each exchange.
type Log struct {
	// Requests is all, refused (what was turned away, failed or was observed)
	// or none.
	Requests string
	// Lines takes each line as JSON, made without a detour; nil leaves them to
	// the log of the environment, which still says what level is written.
	Lines io.Writer
}

// Run implements sallyport.Step.
func (l *Log) Run(x *sallyport.Exchange) error {
	decision := Decide(x)
	if l.Requests == None || l.Requests == Refused && decision == Allowed {
		return nil
	}
	level := slog.LevelInfo
	if decision == Failed {
		level = slog.LevelError
	}
	if !x.Env.Log.Enabled(context.Background(), level) {
		return nil
	}
	now := x.Env.Now()
	if l.Lines != nil {
		line := jsonline.Take()
		b := (*text)(&line.Bytes)
		*b = jsonline.Begin(*b, now, level, lineName)
		tell(b, x, decision, now.Sub(x.Start))
		*b = jsonline.End(*b)
		return line.Send(l.Lines)
	}
	var a attributes
	tell(&a, x, decision, now.Sub(x.Start))
	record := slog.NewRecord(now, level, lineName, 0) // without a place in the code, which nobody asked for
	record.AddAttrs(a...)
	return x.Env.Log.Handler().Handle(context.Background(), record)
}

const lineName = "request"

// tell says all that is recorded of an exchange.
func tell(to event, x *sallyport.Exchange, decision Decision, took time.Duration) {
	traffic, received := tunnelled(x), x.Request.Body.Passed()
	if traffic != nil {
		received = traffic.BytesIn
	}
	to.text("request_id", x.ID)
	to.plain("trace_id", traceID(x.Trace))
	to.address("client_ip", x.Client)
	to.plain("method", method(x.Request.Method))
	to.number("status", int64(Status(x)))
	to.plain("decision", string(decision))
	to.millis("duration_ms", took)
	to.number("bytes_in", received)
	to.number("bytes_out", x.Sent)
	if x.Op != nil {
		to.text("api", x.Op.API)
		to.text("operation", x.Op.ID)
		to.text("path_template", x.Op.Path)
	}
	if c := x.Caller.Proved(); c != nil {
		to.text("principal", c.ID)
		to.text("scheme", c.Scheme)
		if c.Key != "" {
			to.text("key", c.Key)
		}
	}
	if x.Upstream.Target != "" {
		to.text("upstream", x.Upstream.Target)
		to.number("upstream_status", int64(x.Upstream.Status))
		to.millis("upstream_ms", x.Upstream.Duration)
	}
	if traffic != nil {
		to.attr(slog.Group("websocket",
			slog.String("end", string(traffic.End)), slog.Int("code", traffic.Code),
			slog.Int64("messages_in", traffic.MessagesIn), slog.Int64("messages_out", traffic.MessagesOut),
			slog.Int64("frames_in", traffic.FramesIn), slog.Int64("frames_out", traffic.FramesOut)))
	}
	if x.Waited > 0 {
		to.millis("waited_ms", x.Waited)
	}
	for _, a := range refusal(x) {
		to.attr(a)
	}
	if len(x.Findings) > 0 {
		to.attr(slog.Any("observed", findings(x)))
	}
	if x.Op != nil && x.Op.Deprecated {
		to.attr(slog.Bool("deprecated", true))
	}
	if x.Aborted != nil {
		to.text("aborted", x.Aborted.Error())
	}
	for _, a := range x.Notes() {
		to.attr(a)
	}
}

// finding is what one observed step would have done.
type finding struct {
	Policy string `json:"policy"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

func findings(x *sallyport.Exchange) []finding {
	list := make([]finding, len(x.Findings))
	for i, f := range x.Findings {
		list[i] = finding{policy(f.Place), reason(f.Err), f.Err.Error()}
	}
	return list
}

func refusal(x *sallyport.Exchange) []slog.Attr {
	r := x.Refusal
	if r == nil {
		return nil
	}
	attrs := []slog.Attr{slog.String("reason", r.Kind.Name())}
	if p := x.Stopped(); p != nil {
		attrs = append(attrs, slog.String("policy", policy(p)))
	}
	if r.Detail != "" {
		attrs = append(attrs, slog.String("detail", r.Detail))
	}
	if r.Cause != nil {
		attrs = append(attrs, slog.String("error", r.Cause.Error()))
	}
	if len(r.Faults) > 0 {
		f := r.Faults[0]
		attrs = append(attrs, slog.Int("faults", len(r.Faults)), slog.Group("fault", slog.String("in", f.In), slog.String("keyword", f.Keyword)))
	}
	return attrs
}

// Decision is what became of an exchange, in one word.
type Decision string

// The decisions.
const (
	Allowed  Decision = "allowed"
	Observed Decision = "observed"
	Turned   Decision = "refused"
	Failed   Decision = "failed"
	Left     Decision = "client-left"
)

// Decide sums an exchange up.
func Decide(x *sallyport.Exchange) Decision {
	traffic := tunnelled(x)
	switch {
	case x.Refusal != nil && x.Refusal.Kind == problem.ClientLeft, x.Refusal == nil && x.Aborted != nil && x.ClientLeft():
		return Left
	case x.Refusal != nil && x.Refusal.Kind.Failure(), x.Refusal == nil && x.Aborted != nil:
		return Failed
	case x.Refusal != nil:
		return Turned
	case traffic != nil && (traffic.End == message.TunnelBackendFault || traffic.End == message.TunnelBackendTooBig):
		return Failed
	case traffic != nil && (traffic.End == message.TunnelClientFault || traffic.End == message.TunnelClientTooBig):
		return Turned
	case len(x.Findings) > 0:
		return Observed
	}
	return Allowed
}

// tunnelled is what passed the tunnel of an exchange; nil where it had none.
func tunnelled(x *sallyport.Exchange) *message.Traffic {
	if x.Response == nil || x.Response.Tunnel == nil {
		return nil
	}
	traffic := x.Response.Tunnel.Traffic()
	return &traffic
}

// Status is the status that the client got, or 499 where it left before one.
func Status(x *sallyport.Exchange) int {
	if x.Response == nil {
		return problem.Internal.Status()
	}
	return x.Response.Status
}

func policy(p *sallyport.Placed) string { return p.Stage.String() + "/" + p.Name }

func reason(err error) string {
	var wait *sallyport.Wait
	if errors.As(err, &wait) {
		return "delay"
	}
	return problem.As(err).Kind.Name()
}

// method keeps what a client made up out of logs and labels. It returns our
// text of the name: the request's dies with the exchange, a label lives on.
func method(m string) string {
	for _, known := range methods {
		if m == known {
			return known
		}
	}
	return "other"
}

var methods = [...]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY", "TRACE", "CONNECT"}

func traceID(traceparent string) string {
	if len(traceparent) == 55 {
		return traceparent[3:35]
	}
	return ""
}
