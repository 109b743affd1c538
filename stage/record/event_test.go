package record

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/client_golang/prometheus"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// step is a step that is a function.
type step func(*sallyport.Exchange) error

func (s step) Run(x *sallyport.Exchange) error { return s(x) }

type door struct{ err error }

func (d door) Send(r *message.Response) (int64, error) {
	if d.err != nil {
		return 0, d.err
	}
	return r.Body.Passed(), nil
}

var known = sallyport.Credential{Scheme: "bearerAuth", Kind: "jwt", ID: "https://id.example|ann", Subject: "ann"}

// journey is one exchange, and what is recorded of it.
type journey struct {
	method  string
	entry   step // refuses before the operation is known
	steps   []sallyport.Placed
	context context.Context
	door    door
	log     Log
	metrics *Metrics
}

// run is the line that the journey leaves, the same in both ways in which it
// can be made.
func (j journey) run(t testing.TB) (line string) {
	t.Helper()
	line = j.once(t)
	if j.metrics == nil { // which would count twice
		var direct bytes.Buffer
		j.log.Lines = &direct
		j.once(t)
		if got := strings.Replace(direct.String(), `"ts":`, `"time":`, 1); got != line {
			t.Errorf("made directly the line is\n%s\nand otherwise\n%s", got, line)
		}
	}
	return line
}

func (j journey) once(t testing.TB) string {
	t.Helper()
	var out bytes.Buffer
	env := sallyport.NewEnv(slog.New(slog.NewJSONHandler(&out, nil)), 1000)
	now := time.UnixMilli(0x0197f1c21111).UTC()
	env.Now = func() time.Time { now = now.Add(time.Millisecond); return now }
	op := &sallyport.Operation{API: "bank", ID: "getAccount", Path: "/accounts/{id}", MaxBody: 100}
	op.Place(j.steps...)
	op.Place(sallyport.Placed{Stage: sallyport.Forward, Name: "upstream", Step: step(func(x *sallyport.Exchange) error {
		x.Upstream = sallyport.Upstream{Target: "http://127.0.0.1:9000", Status: 200, Duration: 1500 * time.Microsecond}
		x.Response = &message.Response{Status: 200, Body: message.BytesBody([]byte("ok"))}
		return nil
	})})
	p := &sallyport.Plan{
		Entry: []sallyport.Placed{{Stage: sallyport.Admit, Name: "entry", Step: step(func(x *sallyport.Exchange) error {
			x.ID, x.Client = "0197f1c2", netip.MustParseAddr("192.0.2.1")
			x.Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
			if j.entry != nil {
				return j.entry(x)
			}
			return nil
		})}},
		Match:  func(*sallyport.Exchange) *sallyport.Operation { return op },
		Finish: []sallyport.Placed{{Stage: sallyport.Record, Name: "log", Step: &j.log}},
	}
	if j.metrics != nil {
		p.Finish = append(p.Finish, sallyport.Placed{Stage: sallyport.Record, Name: "metrics", Step: j.metrics})
	}
	if j.context == nil {
		j.context = context.Background()
	}
	if j.method == "" {
		j.method = "GET"
	}
	x := &sallyport.Exchange{Context: j.context, Request: &message.Request{
		Method: j.method, Target: "/accounts/secret?key=secret", Path: "/accounts/secret", Query: "key=secret",
		Fields: message.Fields{{Name: "Authorization", Value: "Bearer secret"}},
		Body:   message.BytesBody([]byte("secret body")),
	}}
	_ = sallyport.NewGateway(env, p).Serve(x, j.door)
	return out.String()
}

func place(stage sallyport.Stage, mode sallyport.Mode, name string, err error) sallyport.Placed {
	return sallyport.Placed{Stage: stage, Mode: mode, Name: name, Step: step(func(*sallyport.Exchange) error { return err })}
}

func identified(credentials ...*sallyport.Credential) sallyport.Placed {
	return sallyport.Placed{Stage: sallyport.Identify, Name: "security", Step: step(func(x *sallyport.Exchange) error {
		x.Caller = sallyport.Principal{Credentials: credentials}
		return nil
	})}
}

func TestLogLine(t *testing.T) {
	const begins = `"msg":"request","request_id":"0197f1c2","trace_id":"0af7651916cd43dd8448eb211c80319c","client_ip":"192.0.2.1",`
	const op = `"api":"bank","operation":"getAccount","path_template":"/accounts/{id}"`
	const up = `,"upstream":"http://127.0.0.1:9000","upstream_status":200,"upstream_ms":1.5`
	left, leave := context.WithCancel(t.Context())
	leave()
	faulty := problem.Refuse(problem.BodyInvalid, "The body is not as declared.")
	faulty.Faults = []problem.Fault{{In: "body", Pointer: "/secret", Keyword: "maxLength", Message: "x"}, {In: "body", Keyword: "type"}}
	for _, c := range []struct {
		name    string
		journey journey
		level   string
		want    string
	}{
		{"allowed", journey{steps: []sallyport.Placed{identified(&sallyport.Credential{Scheme: "left", Kind: sallyport.Unchecked}, &known)}}, "INFO",
			`"method":"GET","status":200,"decision":"allowed","duration_ms":1,"bytes_in":11,"bytes_out":2,` + op + `,"principal":"https://id.example|ann","scheme":"bearerAuth"` + up + `}`},
		{"a method of the client's own", journey{method: "SECRET"}, "INFO",
			`"method":"other","status":200,"decision":"allowed","duration_ms":1,"bytes_in":11,"bytes_out":2,` + op + up + `}`},
		{"refused", journey{steps: []sallyport.Placed{place(sallyport.Authorize, sallyport.Enforce, "scopes", problem.Refuse(problem.ScopeMissing, "It needs a scope.").Because(errors.New("why")))}}, "INFO",
			`"method":"GET","status":403,"decision":"refused","duration_ms":1,"bytes_in":11,"bytes_out":150,` + op + `,"reason":"scope-missing","policy":"authorize/scopes","detail":"It needs a scope.","error":"why"}`},
		{"refused with faults", journey{steps: []sallyport.Placed{place(sallyport.Validate, sallyport.Enforce, "body", faulty)}}, "INFO",
			`"method":"GET","status":400,"decision":"refused","duration_ms":1,"bytes_in":11,"bytes_out":320,` + op + `,"reason":"body-invalid","policy":"validate/body","detail":"The body is not as declared.","faults":2,"fault":{"in":"body","keyword":"maxLength"}}`},
		{"refused before the operation is known", journey{entry: func(*sallyport.Exchange) error { return problem.Refuse(problem.PathAmbiguous, "It has two readings.") }}, "INFO",
			`"method":"GET","status":400,"decision":"refused","duration_ms":1,"bytes_in":11,"bytes_out":162,"reason":"path-ambiguous","policy":"admit/entry","detail":"It has two readings."}`},
		{"failed", journey{steps: []sallyport.Placed{place(sallyport.Limit, sallyport.Enforce, "rate", errors.New("no counter"))}}, "ERROR",
			`"method":"GET","status":500,"decision":"failed","duration_ms":1,"bytes_in":11,"bytes_out":94,` + op + `,"reason":"internal","policy":"limit/rate","error":"no counter"}`},
		{"observed", journey{steps: []sallyport.Placed{
			place(sallyport.Limit, sallyport.Observe, "rate", &sallyport.Wait{For: time.Second}),
			place(sallyport.Authorize, sallyport.Observe, "scopes", problem.Refuse(problem.ScopeMissing, "It needs a scope.")),
		}}, "INFO",
			`"method":"GET","status":200,"decision":"observed","duration_ms":1,"bytes_in":11,"bytes_out":2,` + op + up + `,"observed":[{"policy":"limit/rate","reason":"delay","detail":"delay of 1s"},{"policy":"authorize/scopes","reason":"scope-missing","detail":"scope-missing: It needs a scope."}]}`},
		{"broken off", journey{door: door{errors.New("broken pipe")}}, "ERROR",
			`"method":"GET","status":200,"decision":"failed","duration_ms":1,"bytes_in":11,"bytes_out":0,` + op + up + `,"aborted":"broken pipe"}`},
		{"broken off by the client", journey{door: door{errors.New("broken pipe")}, context: left}, "INFO",
			`"method":"GET","status":200,"decision":"client-left","duration_ms":1,"bytes_in":11,"bytes_out":0,` + op + up + `,"aborted":"broken pipe"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := strings.TrimSpace(c.journey.run(t))
			_, rest, _ := strings.Cut(line, `"level":`)
			want := `"` + c.level + `",` + begins + c.want
			if sizes(rest) != sizes(want) {
				t.Errorf("%s\nwant\n%s", rest, want)
			}
			if strings.Contains(line, "secret") || strings.Contains(line, "SECRET") {
				t.Errorf("the log holds what the client sent: %s", line)
			}
			if !jsontext.Value(line).IsValid() {
				t.Errorf("not JSON in which each name stands once: %s", line)
			}
		})
	}
}

// sizes leaves the length of problem documents out of a comparison.
func sizes(line string) string {
	head, rest, found := strings.Cut(line, `"bytes_out":`)
	if !found || strings.Contains(line, `"status":200`) {
		return line
	}
	return head + strings.TrimLeft(rest, "0123456789")
}

func TestWhatIsLogged(t *testing.T) {
	refused := []sallyport.Placed{place(sallyport.Limit, sallyport.Enforce, "rate", problem.Refuse(problem.LimitExceeded, ""))}
	watched := []sallyport.Placed{place(sallyport.Limit, sallyport.Observe, "rate", problem.Refuse(problem.LimitExceeded, ""))}
	for _, c := range []struct {
		requests                   string
		allowed, refused, observed bool
	}{{All, true, true, true}, {Refused, false, true, true}, {None, false, false, false}} {
		for steps, want := range map[*[]sallyport.Placed]bool{{}: c.allowed, &refused: c.refused, &watched: c.observed} {
			if line := (journey{steps: *steps, log: Log{Requests: c.requests}}).run(t); (line != "") != want {
				t.Errorf("%s: logged %q", c.requests, line)
			}
		}
	}
}

// TestNothingKeptDiesWithTheRequest: the bytes that a message's strings lie in
// are used for another one when an exchange has ended.
func TestNothingKeptDiesWithTheRequest(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	for _, name := range []string{"GET", "POST", "BREW"} {
		buffer := []byte(name)
		journey{method: unsafe.String(&buffer[0], len(buffer)), metrics: m}.run(t)
		copy(buffer, "XXXXXX")
	}
	text := gathered(t, registry)
	if strings.Contains(text, "XXX") || !strings.Contains(text, `"GET"`) || !strings.Contains(text, `"POST"`) {
		t.Errorf("labels lie in a request's bytes:\n%s", text)
	}
}

func gathered(t testing.TB, r *prometheus.Registry) string {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		text.WriteString(f.String())
		text.WriteByte('\n')
	}
	return text.String()
}
