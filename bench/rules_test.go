package bench

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/guard"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/rule"
	"sallyport/source"
	"sallyport/stage/filter"
	"sallyport/stage/inspect"
)

var rulesPath = flag.String("rules", "", "measure what rules cost and write the `page` with the table")

const (
	ownedOrder = `{"type":"object","properties":{"id":{"type":"integer"},"owner":{"type":"string"},"lines":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string"},"count":{"type":"integer"}}}}}}`
	orderList  = `{"type":"object","properties":{"items":{"type":"array","items":` + ownedOrder + `}}}`
)

// ruled is something that is measured, and what it is measured beside.
type ruled struct {
	name, beside string
	run          func() error
}

// TestRules measures in turn, as TestTable does, and writes the page.
func TestRules(t *testing.T) {
	all := ruledWork(t)
	for _, r := range all {
		if err := r.run(); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
	}
	if *rulesPath == "" {
		return
	}
	figures := make(map[string]*series)
	for range *rounds {
		for _, r := range all {
			if figures[r.name] == nil {
				figures[r.name] = &series{candidate: r.name}
			}
			figures[r.name].add(t, testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := r.run(); err != nil {
						b.Fatal(err)
					}
				}
			}))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks of rules

Written by `+"`make bench-rules`"+` ([bench](../bench/README.md)); do not edit. What the [object-level guard](guide/whose-object.md) costs a request, one thread, in turn over %d rounds. Times are medians in µs with the least and the greatest in brackets; ratios are medians of the ratio within a round. On a machine that does other work too the ratios say more than the times. Answers go through the step of Filter, an exchange made anew each time; a write goes through the whole pipeline with a backend in the same process, whose reading therefore costs no network.

%s
`, *rounds, setting("make bench-rules"))
	row(&b, "what", "µs", "bytes", "allocations", "beside", "×")
	row(&b, "---", "--:", "--:", "--:", "---", "--:")
	for _, r := range all {
		s, ratio := figures[r.name], ""
		if r.beside != "" {
			ratio = factor(s.times(figures[r.beside]))
		}
		row(&b, r.name, s.micros(), fmt.Sprint(s.bytes), fmt.Sprint(s.allocs), r.beside, ratio)
	}
	if err := os.WriteFile(*rulesPath, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ruledWork(t testing.TB) []ruled {
	one, many := ownOrder("ann", 48), manyOrders(1000)
	return []ruled{
		{"a native rule", "", deciding(t, `response.owner == caller.subject || "auditor" in caller.roles`)},
		{"a rule of CEL", "", deciding(t, `response.owner.startsWith(caller.subject)`)},
		{fmt.Sprintf("an answer of %d bytes, pruned", len(one)), "", answering(t, ownedOrder, one, nil)},
		{"the same, if it is the caller's", fmt.Sprintf("an answer of %d bytes, pruned", len(one)), answering(t, ownedOrder, one, func(g *filter.Guard) {
			set := ruleSet(t, rule.Response, ownedOrder, `response.owner == caller.subject`)
			g.Allow, g.Watch.Capture = set, set.Capture
		})},
		{"a list of 1000 items, pruned", "", answering(t, orderList, many, nil)},
		{"the same, of which half are the caller's", "a list of 1000 items, pruned", answering(t, orderList, many, func(g *filter.Guard) {
			set := ruleSet(t, rule.Item, ownedOrder, `item.owner == caller.subject`)
			g.Keep, g.Watch.Keep = set, []jsonschema.Keep{{Array: placed(t, "/items"), Read: set.Capture}}
		})},
		{"a write", "", writing(t, false, nil)},
		{"a write whose object is read", "a write", writing(t, true, nil)},
		{"a write whose object was read before", "a write", writing(t, true, inspect.NewKept())},
	}
}

// ownOrder is an order of somebody with so many lines.
func ownOrder(owner string, lines int) []byte {
	line := `{"sku":"A-1042-77-blue","count":3,"x":0}`
	return fmt.Appendf(nil, `{"id":42,"owner":%q,"lines":[%s]}`, owner, strings.TrimSuffix(strings.Repeat(line+",", lines), ","))
}

func manyOrders(n int) []byte {
	var items []string
	for i := range n {
		items = append(items, string(ownOrder([]string{"ann", "bob"}[i%2], 1)))
	}
	return []byte(`{"items":[` + strings.Join(items, ",") + `]}`)
}

func placed(t testing.TB, text string) *jsonschema.Place {
	p, err := jsonschema.CompilePlace(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func answerSchema(t testing.TB, text string) *jsonschema.Schema {
	s, err := jsonschema.CompileText("schema.json", []byte(text), jsonschema.Options{Dialect: jsonschema.OpenAPI31}, jsonschema.Use{Direction: jsonschema.Response, Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ruleSet(t testing.TB, root rule.Root, schema, text string) *guard.Set {
	compiled, err := rule.Compile(text, &rule.Vocabulary{Bodies: map[rule.Root]rule.Shape{root: answerSchema(t, schema)}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := guard.New(compiled, source.Position{}, false)
	if err != nil {
		t.Fatal(err)
	}
	return guard.NewSet(root, r)
}

func caller() sallyport.Principal {
	return sallyport.Principal{Credentials: []*sallyport.Credential{{Scheme: "oauth", Kind: "jwt", ID: "ann", Subject: "ann", Roles: []string{"clerk"}}}}
}

func deciding(t testing.TB, text string) func() error {
	set := ruleSet(t, rule.Response, ownedOrder, text)
	x := &sallyport.Exchange{Request: &message.Request{Method: "GET"}, Caller: caller()}
	owner := []jsonschema.Captured{{Value: jsonschema.Value{Kind: jsonschema.String, Text: []byte("ann"), Raw: []byte(`"ann"`)}}}
	return func() error { return set.Decide(x, owner) }
}

// answering has an answer filtered, with rules or without.
func answering(t testing.TB, schema string, body []byte, rules func(*filter.Guard)) func() error {
	r, err := mediatype.ParseRange("application/json")
	if err != nil {
		t.Fatal(err)
	}
	media := filter.Media{Range: r, Schema: answerSchema(t, schema)}
	if rules != nil {
		media.Guard = new(filter.Guard)
		rules(media.Guard)
	}
	step := &filter.Answer{Guarded: rules != nil, Responses: []filter.Response{filter.NewResponse(200, []filter.Media{media})}}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<40)
	op := &sallyport.Operation{MaxAnswer: 1 << 20}
	return func() error {
		x := &sallyport.Exchange{Context: context.Background(), Request: &message.Request{Method: "GET"}, Caller: caller(), Op: op, Env: env}
		x.Response = &message.Response{Status: 200, Fields: message.Fields{{Name: "Content-Type", Value: "application/json"}}, Body: message.BytesBody(body)}
		return step.Run(x)
	}
}

// writing sends a write through the pipeline, after its object was read or not.
func writing(t testing.TB, reads bool, kept *inspect.Kept) func() error {
	order := ownOrder("ann", 48)
	read := &sallyport.Operation{ID: "getOrder", Params: []string{"id"}, MaxAnswer: 1 << 20}
	read.Place(sallyport.Placed{Stage: sallyport.Forward, Step: forwarding(func() *message.Response {
		return &message.Response{Status: 200, Fields: message.Fields{{Name: "Content-Type", Value: "application/json"}}, Body: message.BytesBody(order)}
	})})
	write := &sallyport.Operation{API: "shop", ID: "addLine", Params: []string{"id"}}
	if reads {
		write.Place(sallyport.Placed{Stage: sallyport.Inspect, Step: objectStep(t, read, kept)})
	}
	write.Place(sallyport.Placed{Stage: sallyport.Forward, Step: forwarding(func() *message.Response { return &message.Response{Status: 204} })})
	identify := sallyport.Placed{Stage: sallyport.Identify, Step: stepFunc(func(x *sallyport.Exchange) error {
		x.Caller = caller()
		return nil
	})}
	write.Place(identify)
	gateway := sallyport.NewGateway(sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<40), &sallyport.Plan{Match: func(x *sallyport.Exchange) *sallyport.Operation {
		x.Params = []string{"42"}
		return write
	}})
	return func() error {
		x := &sallyport.Exchange{Context: context.Background(), Request: &message.Request{Method: "POST", Path: "/orders/42/lines", Target: "/orders/42/lines"}}
		if err := gateway.Serve(x, nobody{}); err != nil {
			return err
		}
		if x.Refusal != nil {
			return x.Refusal
		}
		return nil
	}
}

func objectStep(t testing.TB, read *sallyport.Operation, kept *inspect.Kept) *inspect.Object {
	r, err := mediatype.ParseRange("application/json")
	if err != nil {
		t.Fatal(err)
	}
	set := ruleSet(t, rule.Object, ownedOrder, `object.owner == caller.subject`)
	return &inspect.Object{
		Read: read, Bases: []string{""}, Literals: []string{"/orders/", ""}, Params: []string{"id"}, Path: inspect.Path{Bases: []string{""}, Depth: 3},
		Media: r, Accept: "application/json", Look: inspect.Look{Schema: answerSchema(t, ownedOrder), Watch: jsonschema.Watch{Capture: set.Capture}, Rules: set},
		Kept: kept, KeepFor: time.Hour,
	}
}

type stepFunc func(*sallyport.Exchange) error

func (f stepFunc) Run(x *sallyport.Exchange) error { return f(x) }

func forwarding(answer func() *message.Response) sallyport.Step {
	return stepFunc(func(x *sallyport.Exchange) error {
		x.Response = answer()
		return nil
	})
}

type nobody struct{}

func (nobody) Send(r *message.Response) (int64, error) {
	if r.Body == nil {
		return 0, nil
	}
	return io.Copy(io.Discard, r.Body)
}
