package build_test

import (
	"fmt"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// asked is what the plan answers: API and id of the operation.
func asked(plan *sallyport.Plan, method, host, path string, fields ...message.Field) string {
	x := &sallyport.Exchange{Request: &message.Request{Method: method, Host: host, Path: path, Fields: fields}}
	op := plan.Match(x)
	text := strings.TrimSpace(op.API + " " + op.ID)
	if len(x.Allowed) > 0 {
		text += " " + strings.Join(x.Allowed, ",")
	}
	return text
}

// small is a document of one path under a base path.
func small(base, path, method, id string) string {
	parameters := ""
	if i := strings.IndexByte(path, '{'); i >= 0 {
		parameters = "      parameters: [{name: " + strings.Trim(path[i:], "{}") + ", in: path, required: true, schema: {type: string}}]\n"
	}
	return fmt.Sprintf("openapi: 3.1.0\ninfo: {title: t, version: '1'}\nservers: [{url: '%s'}]\nsecurity: []\npaths:\n  %s:\n    %s:\n      operationId: %s\n%s      responses: {'200': {description: ok}}\n", base, path, method, id, parameters)
}

func TestRouting(t *testing.T) {
	entry := func(name, more string) string {
		return "  - {name: " + name + ", document: " + name + ".yaml, upstream: 'http://127.0.0.1:9000'" + more + "}\n"
	}
	result := mustMake(t, "apis:\n"+
		entry("exact", ", hosts: [API.shop.example]")+
		entry("below", ", hosts: ['*.shop.example']")+
		entry("deeper", ", hosts: ['*.eu.shop.example']")+
		entry("any", "")+
		entry("beside", ""), map[string]string{
		"exact.yaml":  small("/", "/items", "get", "exactItems"),
		"below.yaml":  small("/", "/items", "get", "belowItems"),
		"deeper.yaml": small("/", "/items", "get", "deeperItems"),
		"any.yaml":    small("/any", "/items", "get", "anyItems"),
		"beside.yaml": small("/beside", "/items", "post", "besideItems"),
	})
	for _, c := range []struct{ method, host, path, want string }{
		{"GET", "api.shop.example", "/items", "exact exactItems"},
		{"GET", "www.shop.example", "/items", "below belowItems"},
		{"GET", "a.b.shop.example", "/items", "below belowItems"},
		{"GET", "a.eu.shop.example", "/items", "deeper deeperItems"},
		{"GET", "eu.shop.example", "/items", "below belowItems"},
		{"GET", "shop.example", "/any/items", "any anyItems"},
		{"GET", "notshop.example", "/items", "undeclared-path"},
		{"HEAD", "other.example", "/any/items", "any anyItems"},
		{"POST", "other.example", "/beside/items", "beside besideItems"},
		{"HEAD", "other.example", "/beside/items", "undeclared-method POST"},
		{"GET", "other.example", "/items", "undeclared-path"},
		{"GET", "api.shop.example", "/any/items", "exact undeclared-path"},
		{"PUT", "api.shop.example", "/items", "exact undeclared-method GET,HEAD"},
	} {
		if got := asked(result.Plan, c.method, c.host, c.path); got != c.want {
			t.Errorf("%s %s%s is %q, want %q", c.method, c.host, c.path, got, c.want)
		}
	}

	t.Run("a_host_that_nobody_serves", func(t *testing.T) {
		result := mustMake(t, "apis:\n"+entry("exact", ", hosts: [shop.example]"), map[string]string{"exact.yaml": small("/", "/items", "get", "i")})
		x := &sallyport.Exchange{Request: &message.Request{Method: "GET", Host: "other.example", Path: "/items"}}
		err := result.Plan.Match(x).Steps(sallyport.Admit)[0].Step.Run(x)
		if problem.As(err).Kind != problem.HostUnknown {
			t.Error(err)
		}
	})
	t.Run("one_path_of_two_APIs_is_a_mistake_that_names_both", func(t *testing.T) {
		_, err := made("apis:\n"+entry("one", ", partial: true")+entry("two", ", partial: true"), map[string]string{
			"one.yaml": small("/v1", "/items/{a}", "get", "oneItem"), "two.yaml": small("/", "/v1/items/{b}", "get", "twoItem"),
		})
		if err == nil || !strings.Contains(err.Error(), `two.yaml:8:7: GET /v1/items/{b} of the API "two" is oneItem of the API "one" too, at one.yaml:8:7 (give`) {
			t.Errorf("%v", err)
		}
	})
	t.Run("methods_of_one_path_may_be_of_two_APIs", func(t *testing.T) {
		result := mustMake(t, "apis:\n"+entry("one", "")+entry("two", ""), map[string]string{
			"one.yaml": small("/v1", "/items/{a}", "get", "oneItem"), "two.yaml": small("/v1", "/items/{b}", "put", "twoItem"),
		})
		for method, want := range map[string]string{"GET": "one oneItem", "PUT": "two twoItem", "DELETE": "undeclared-method GET,HEAD,PUT"} {
			if got := asked(result.Plan, method, "any", "/v1/items/4"); got != want {
				t.Errorf("%s is %q, want %q", method, got, want)
			}
		}
	})
	t.Run("HEAD_that_is_declared_is_not_the_GET", func(t *testing.T) {
		document := strings.Replace(shop, "    get:\n      operationId: getItem\n", "    head: {operationId: headItem, security: [], responses: {'200': {description: ok}}}\n    get:\n      operationId: getItem\n", 1)
		result := mustMake(t, api(identified), map[string]string{"shop.yaml": document})
		for method, want := range map[string]string{"HEAD": "shop headItem", "GET": "shop getItem"} {
			if got := asked(result.Plan, method, "any", "/v1/items/4"); got != want {
				t.Errorf("%s is %q, want %q", method, got, want)
			}
		}
	})
	t.Run("every_base_path_leads_to_the_operation", func(t *testing.T) {
		document := strings.Replace(shop, "servers: [{url: https://shop.example/v1}]", "servers: [{url: /v1}, {url: /v2/}]", 1)
		result := mustMake(t, api(identified), map[string]string{"shop.yaml": document})
		for path, want := range map[string]string{"/v1/items": "shop listItems", "/v2/items": "shop listItems", "/items": "shop undeclared-path"} {
			if got := asked(result.Plan, "GET", "any", path); got != want {
				t.Errorf("%s is %q, want %q", path, got, want)
			}
		}
	})
}

func TestPreflight(t *testing.T) {
	preflight := func(method string) []message.Field {
		return []message.Field{{Name: "Origin", Value: "https://app.example"}, {Name: "Access-Control-Request-Method", Value: method}}
	}
	cors := ", cors: {origins: ['https://app.example']}"
	entry := func(name, more string) string {
		return "  - {name: " + name + ", document: " + name + ".yaml, upstream: 'http://127.0.0.1:9000'" + more + "}\n"
	}
	documents := map[string]string{
		"open.yaml":   small("/", "/items/{a}", "get", "read"),
		"closed.yaml": small("/", "/items/{b}", "delete", "remove"),
	}
	t.Run("an_API_alone_answers_for_every_path", func(t *testing.T) {
		plan := mustMake(t, "apis:\n"+entry("open", cors), documents).Plan
		for _, path := range []string{"/items/4", "/other"} {
			if got := asked(plan, "OPTIONS", "any", path, preflight("GET")...); got != "open preflight" {
				t.Errorf("%s: %s", path, got)
			}
		}
		if got := asked(plan, "OPTIONS", "any", "/items/4"); got != "open undeclared-method GET,HEAD" {
			t.Errorf("OPTIONS that is no preflight: %s", got)
		}
	})
	t.Run("the_preflight_is_the_gateways_though_OPTIONS_is_declared", func(t *testing.T) {
		plan := mustMake(t, "apis:\n"+entry("open", cors), map[string]string{"open.yaml": strings.Replace(small("/", "/items", "get", "read"), "    get:\n", "    options: {operationId: about, responses: {'200': {description: ok}}}\n    get:\n", 1)}).Plan
		if got := asked(plan, "OPTIONS", "any", "/items", preflight("GET")...); got != "open preflight" {
			t.Error(got)
		}
		if got := asked(plan, "OPTIONS", "any", "/items"); got != "open about" {
			t.Errorf("OPTIONS that is no preflight: %s", got)
		}
	})
	t.Run("without_a_policy_there_is_none", func(t *testing.T) {
		plan := mustMake(t, "apis:\n"+entry("open", ""), documents).Plan
		if got := asked(plan, "OPTIONS", "any", "/items/4", preflight("GET")...); got != "open undeclared-method GET,HEAD" {
			t.Error(got)
		}
	})
	// A browser sends what the preflight allows: the policy of one API must not
	// open the paths of another one beside it.
	for name, order := range map[string]string{
		"an_API_does_not_speak_for_the_one_before": entry("closed", "") + entry("open", cors),
		"an_API_does_not_speak_for_the_one_after":  entry("open", cors) + entry("closed", ""),
	} {
		t.Run(name, func(t *testing.T) {
			plan := mustMake(t, "apis:\n"+order, documents).Plan
			for method, want := range map[string]int{"GET": 204, "DELETE": 403} {
				x := &sallyport.Exchange{Request: &message.Request{Method: "OPTIONS", Host: "any", Path: "/items/4", Fields: preflight(method)}}
				got := 204
				for _, p := range plan.Match(x).Steps(sallyport.Admit) {
					if err := p.Step.Run(x); err != nil {
						got = problem.As(err).Kind.Status()
					}
				}
				if got != want {
					t.Errorf("a preflight for %s: %d, want %d", method, got, want)
				}
			}
			if got := asked(plan, "OPTIONS", "any", "/other", preflight("GET")...); got != "undeclared-path" {
				t.Errorf("a path of nobody: %s", got)
			}
		})
	}
}
