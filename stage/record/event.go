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
	"log/slog"
	"time"

	"sallyport"
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
	// Without the caller's place in the code, which nobody asked for.
	now := x.Env.Now()
	record := slog.NewRecord(now, level, "request", 0)
	var room [26]slog.Attr // the record copies them
	record.AddAttrs(l.attributes(room[:0], x, decision, now)...)
	return x.Env.Log.Handler().Handle(context.Background(), record)
}

func (l *Log) attributes(attrs []slog.Attr, x *sallyport.Exchange, decision Decision, now time.Time) []slog.Attr {
	took := now.Sub(x.Start)
	attrs = append(attrs,
		slog.String("request_id", x.ID),
		slog.String("trace_id", traceID(x.Trace)),
		slog.String("client_ip", x.Client.String()),
		slog.String("method", method(x.Request.Method)),
		slog.Int("status", Status(x)),
		slog.String("decision", string(decision)),
		slog.Float64("duration_ms", milliseconds(took)),
		slog.Int64("bytes_in", x.Request.Body.Passed()),
		slog.Int64("bytes_out", x.Sent),
	)
	if x.Op != nil {
		attrs = append(attrs, slog.String("api", x.Op.API), slog.String("operation", x.Op.ID), slog.String("path_template", x.Op.Path))
	}
	if c := x.Caller.Proved(); c != nil {
		attrs = append(attrs, slog.String("principal", c.ID), slog.String("scheme", c.Scheme))
	}
	if x.Upstream.Target != "" {
		attrs = append(attrs, slog.String("upstream", x.Upstream.Target), slog.Int("upstream_status", x.Upstream.Status), slog.Float64("upstream_ms", milliseconds(x.Upstream.Duration)))
	}
	if x.Waited > 0 {
		attrs = append(attrs, slog.Float64("waited_ms", milliseconds(x.Waited)))
	}
	attrs = append(attrs, refusal(x)...)
	if len(x.Findings) > 0 {
		attrs = append(attrs, slog.Any("observed", findings(x)))
	}
	if x.Op != nil && x.Op.Deprecated {
		attrs = append(attrs, slog.Bool("deprecated", true))
	}
	if x.Aborted != nil {
		attrs = append(attrs, slog.String("aborted", x.Aborted.Error()))
	}
	return append(attrs, x.Notes()...)
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
	switch {
	case x.Refusal != nil && x.Refusal.Kind == problem.ClientLeft, x.Refusal == nil && x.Aborted != nil && x.ClientLeft():
		return Left
	case x.Refusal != nil && x.Refusal.Kind.Failure(), x.Refusal == nil && x.Aborted != nil:
		return Failed
	case x.Refusal != nil:
		return Turned
	case len(x.Findings) > 0:
		return Observed
	}
	return Allowed
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

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
