package openapi_test

import (
	"errors"
	"strings"
	"testing"

	"sallyport/openapi"
	"sallyport/source"
)

// head is a document's beginning, four lines long.
func head(version string) string {
	return "openapi: " + version + "\ninfo:\n  title: T\n  version: '1'\n"
}

type mistake struct {
	name    string
	version string
	text    string // from line 5 on
	// want is line:column and a part of message and remedy, one for each
	// mistake, in order.
	want []string
}

func check(t *testing.T, tests []mistake) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openapi.Parse("d", []byte(head(tt.version)+tt.text), openapi.Options{})
			var ms source.Mistakes
			if err != nil && !errors.As(err, &ms) {
				t.Fatalf("%T is no Mistakes", err)
			}
			if len(ms) != len(tt.want) {
				t.Fatalf("got %d mistakes, want %d:\n%v", len(ms), len(tt.want), err)
			}
			for i, want := range tt.want {
				place, part, _ := strings.Cut(want, " ")
				if got := ms[i].Error(); !strings.HasPrefix(got, "d:"+place+": ") || !strings.Contains(got, part) {
					t.Errorf("got  %s\nwant %s about %q", got, place, part)
				}
			}
		})
	}
}

const answers = "responses: {default: {description: x}}"

func TestParse_mistakes_of_structure(t *testing.T) {
	check(t, []mistake{
		{"a duplicate path", "3.0.4", "paths:\n  /a: {}\n  /a: {}\n", []string{`7:3 "/a" stands here twice`}},
		{"two names for one template", "3.0.4", "paths:\n  /a/{x}: {}\n  /a/{y}: {}\n", []string{`7:3 match the same requests`}},
		{"a misspelt keyword", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {type: string, maxLenght: 3}\n", []string{`8:23 did you mean "maxLength"?`}},
		{"a misspelt field", "3.1.0", "paths:\n  /a:\n    get:\n      securty: []\n      " + answers + "\n", []string{`8:7 did you mean "security"?`}},
		{"a misspelt type", "3.1.0", "components:\n  schemas:\n    A: {type: strin}\n", []string{`7:15 did you mean "string"?`}},
		{"an abbreviated type", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {type: int}\n", []string{`8:15 did you mean "integer"?`}},
		{"a broken pattern", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A: {pattern: '['}\n", []string{`8:18 a [ is not closed`}},
		{"a method in capitals", "3.0.4", "paths:\n  /a:\n    GET: {}\n", []string{`7:5 did you mean "get"?`}},
		{"a field of a later version", "3.0.4", "paths: {}\nwebhooks: {}\n", []string{`6:1 OpenAPI 3.1 has it, this document says 3.0`}},
		{"query in 3.1", "3.1.0", "paths:\n  /a:\n    query: {}\n", []string{`7:5 OpenAPI 3.2 has it`}},
		{"a field of its own", "3.0.4", "paths: {}\nowner: me\n", []string{`6:1 fields of your own begin with x-`}},
		{"a number for a string", "3.0.4", "paths: {}\ntags:\n- name: 7\n", []string{`7:9 put it in quotes`}},
		{"null for a string", "3.0.4", "paths:\n  /a:\n    get:\n      description:\n      " + answers + "\n", []string{`8:19 this is null`}},
		{"a map for a list", "3.1.0", "paths: {}\nservers:\n  url: /v1\n", []string{`7:3 servers must be a list`}},
		{"a list for a map", "3.0.4", "paths: []\n", []string{`5:8 paths must be a map`}},
		{"all that is missing", "3.0.4", "paths:\n  /a:\n    get: {}\n    put:\n      responses: {'200': {}}\n", []string{
			`7:10 needs the field responses`, `9:26 needs the field description`}},
		{"no paths in 3.0", "3.0.4", "components: {}\n", []string{`1:1 needs the field paths`}},
		{"no container in 3.1", "3.1.0", "tags: []\n", []string{`1:1 neither paths nor webhooks nor components`}},
		{"a status that is none", "3.1.0", "paths:\n  /a:\n    get:\n      responses:\n        2xx: {description: x}\n        OK: {description: x}\n", []string{
			`9:9 "2xx" is no status`, `10:9 "OK" is no status`}},
		{"no responses", "3.1.0", "paths:\n  /a:\n    get:\n      responses: {}\n", []string{`8:18 at least one response`}},
		{"a component's name", "3.0.4", "paths: {}\ncomponents:\n  schemas:\n    A B: {}\n", []string{`8:5 no name for a component`}},
		{"an address with a blank", "3.0.4", "paths: {}\nexternalDocs: {url: 'a b'}\n", []string{`6:21 percent-encoded`}},
		{"an address with a lone percent sign", "3.0.4", "paths: {}\nexternalDocs: {url: '100%'}\n", []string{`6:21 write % as %25`}},
		{"an unknown dialect", "3.1.0", "paths: {}\njsonSchemaDialect: https://example.com/mine\n", []string{`6:20 not understood`}},
		{"a fragment in $self", "3.2.0", "paths: {}\n$self: https://example.com/a#b\n", []string{`6:8 has a fragment`}},
		{"example and examples", "3.1.0", "paths:\n  /a:\n    get:\n      parameters:\n      - {name: a, in: query, schema: {}, example: 1, examples: {}}\n", []string{`9:54 both example and examples`}},
		{"a link to two", "3.0.4", "paths: {}\ncomponents:\n  links:\n    L: {operationId: a, operationRef: b}\n", []string{`8:25 keep one of them`}},
		{"a taken operationId", "3.0.4", "paths:\n  /a:\n    get: {operationId: x, " + answers + "}\n    put: {operationId: x, " + answers + "}\n", []string{`8:24 is taken at d:7:24`}},
		{"an operationId that another has by default", "3.1.0", "paths:\n  /a:\n    get: {operationId: GET /b}\n  /b:\n    get: {}\n", []string{`9:10 another operationId`}},
		{"an additional operation that is none", "3.2.0", "paths:\n  /a:\n    additionalOperations:\n      POST: {}\n      A B: {}\n      COPY: {}\n", []string{
			`8:7 write it as post:`, `9:7 is no method`}},
	})
}

func TestParse_mistakes_of_schemas(t *testing.T) {
	schema := func(version, text string, want ...string) mistake {
		return mistake{text, version, "paths: {}\ncomponents:\n  schemas:\n    A: " + text + "\n", want}
	}
	check(t, []mistake{
		schema("3.0.4", "{maximum: '3'}", `8:18 maximum must be a number`),
		schema("3.0.4", "{minLength: -1}", `8:20 whole number from 0`),
		schema("3.0.4", "{minLength: 1.5}", `8:20 whole number from 0`),
		schema("3.0.4", "{minLength: 2.0, maxLength: 1e3}"),
		schema("3.0.4", "{multipleOf: 0}", `8:21 above 0`),
		schema("3.0.4", "{required: true}", `8:19 required must be a list`),
		schema("3.0.4", "{required: [1]}", `8:20 put it in quotes`),
		schema("3.0.4", "{exclusiveMinimum: 3}", `8:27 beside minimum or maximum`),
		schema("3.1.0", "{exclusiveMinimum: true}", `8:27 the bound itself`),
		schema("3.0.4", "{type: [string, integer]}", `8:15 a single name`),
		schema("3.0.4", "{type: 'null'}", `8:15 nullable: true`),
		schema("3.1.0", "{type: [string, 'null', strng]}", `8:32 did you mean "string"?`),
		schema("3.1.0", "{type: null}", `8:15 put null in quotes`),
		schema("3.0.4", "{const: 1}", `8:9 OpenAPI 3.1 has it`),
		schema("3.0.4", "true", `8:8 must be a map`),
		schema("3.0.4", "{additionalProperties: false}"),
		schema("3.1.0", "{items: false, not: true}"),
		schema("3.0.4", "{allOf: []}", `8:16 at least one schema`),
		schema("3.1.0", "{anyOf: {}}", `8:16 anyOf must be a list`),
		schema("3.1.0", "{items: [{}]}", `8:16 a schema must be a map`),
		schema("3.1.0", "{patternProperties: {'(': {}}}", `8:29 a ( is not closed`),
		schema("3.1.0", "{dependentRequired: {a: b}}", `8:32 must be a list`),
		schema("3.0.4", "{discriminator: {mapping: {}}}", `8:24 needs the field propertyName`),
		schema("3.0.4", "{properties: {a: {type: strin}, type: {type: string}}}", `8:32 did you mean "string"?`),
		// What is data is not looked into.
		schema("3.0.4", "{example: {type: strin}, default: {maxLenght: 1}, enum: [{pattern: '['}], x-a: {type: 1}}"),
		schema("3.1.0", "{const: {type: strin}, examples: [{pattern: '['}], myKeyword: {type: 7}}"),
		schema("3.1.0", "{$schema: 'http://json-schema.org/draft-04/schema#', exclusiveMinimum: true, properties: {a: {$ref: '#/components/schemas/B'}}}", `8:108 there is no "B"`),
		schema("3.1.0", "{$schema: 'https://example.com/unheard-of'}", `8:18 not understood`),
		schema("3.2.0", "{xml: {nodeType: text, wrapped: true}}", `8:15 leave out attribute and wrapped`),
	})
}

func TestParse_mistakes_of_parameters(t *testing.T) {
	parameter := func(version, text string, want ...string) mistake {
		return mistake{version + " " + text, version, "paths:\n  /a:\n    get:\n      " + answers + "\n      parameters:\n      - " + text + "\n", want}
	}
	check(t, []mistake{
		parameter("3.0.4", "{name: a, in: query}", `10:9 needs schema or content`),
		parameter("3.0.4", "{name: a, in: quer, schema: {}}", `10:23 did you mean "query"?`),
		parameter("3.0.4", "{name: a, in: body, schema: {}}", `10:23 requestBody`),
		parameter("3.0.4", "{name: a, in: query, schema: {}, content: {text/plain: {}}}", `10:42 both schema and content`),
		parameter("3.0.4", "{name: a, in: query, content: {}}", `10:39 exactly one media type, this has 0`),
		parameter("3.0.4", "{name: a, in: query, content: {text/plain: {}, text/html: {}}}", `10:39 exactly one media type, this has 2`),
		parameter("3.0.4", "{name: a, in: query, content: {text/plain: {}}, style: form}", `10:57 style means nothing`),
		parameter("3.0.4", "{name: a, in: query, style: simple, schema: {}}", `10:37 no style "simple"`),
		parameter("3.0.4", "{name: a, in: header, style: form, schema: {}}", `10:38 there is simple`),
		parameter("3.1.0", "{name: a, in: cookie, style: cookie, schema: {}}", `10:38 no style "cookie"`),
		parameter("3.2.0", "{name: a, in: cookie, style: cookie, schema: {}}"),
		parameter("3.0.4", "{name: a, in: header, allowReserved: true, schema: {}}"),
		parameter("3.1.0", "{name: a, in: header, allowReserved: true, schema: {}}", `10:31 means nothing in header`),
		parameter("3.2.0", "{name: a, in: cookie, allowReserved: true, schema: {}}"),
		parameter("3.1.0", "{name: a, in: header, allowEmptyValue: true, schema: {}}", `10:31 query parameters alone`),
		parameter("3.2.0", "{name: 'a b', in: header, schema: {}}", `10:16 no header name`),
		parameter("3.1.0", "{name: a, in: querystring, content: {text/plain: {}}}", `10:23 never in "querystring"`),
		parameter("3.2.0", "{name: a, in: querystring, content: {text/plain: {}}}"),
		parameter("3.2.0", "{name: a, in: querystring, schema: {}}", `10:9 needs content`),
		parameter("3.2.0", "{name: a, in: querystring, content: {text/plain: {}}}\n      - {name: b, in: query, schema: {}}", `11:9 beside which there is no other`),
		parameter("3.0.4", "{name: a, in: query, schema: {}}\n      - {name: a, in: query, schema: {}}", `11:9 "a" in query stands here twice`),
		parameter("3.0.4", "{name: X-A, in: header, schema: {}}\n      - {name: x-a, in: header, schema: {}}", `11:9 stands here twice`),
		parameter("3.0.4", "{name: a, in: query, schema: {}}\n      - {name: a, in: cookie, schema: {}}"),
		parameter("3.0.4", "{name: a, in: path, required: true, schema: {}}", `10:9 is not in the path /a`),
		parameter("3.0.4", "{name: a, in: query, required: 'true', schema: {}}", `10:40 required must be a boolean`),
	})
	check(t, []mistake{
		{"an undeclared path parameter", "3.0.4", "paths:\n  /a/{x}:\n    get: {" + answers + "}\n", []string{`7:10 has {x} in its path`}},
		{"a misnamed one", "3.0.4", "paths:\n  /a/{petId}:\n    parameters:\n    - {name: id, in: path, required: true, schema: {}}\n    get: {" + answers + "}\n", []string{
			`8:7 "id" is not in the path`, `9:10 the declared path parameter is called "id"`}},
		{"one that is not required", "3.0.4", "paths:\n  /a/{x}:\n    parameters:\n    - {name: x, in: path, schema: {}}\n    get: {" + answers + "}\n", []string{`8:7 write required: true`}},
		{"an item without operations", "3.1.0", "paths:\n  /a/{x}: {}\n", nil},
		{"no slash", "3.0.4", "paths:\n  a: {}\n", []string{`6:3 does not begin with a slash`}},
		{"a fragment", "3.0.4", "paths:\n  /a#b: {}\n", []string{`6:3 has '#' in it`}},
		{"a query", "3.0.4", "paths:\n  /a?b=c: {}\n", []string{`6:3 has '?' in it`}},
		{"braces that do not match", "3.0.4", "paths:\n  /a/{b: {}\n  /c/d}: {}\n  /e/{}: {}\n", []string{`6:3 do not match`, `7:3 do not match`, `8:3 do not match`}},
		{"a name twice", "3.0.4", "paths:\n  /{a}/{a}: {}\n", []string{`6:3 names {a} twice`}},
	})
}

func TestParse_mistakes_of_security(t *testing.T) {
	scheme := func(version, text string, want ...string) mistake {
		return mistake{version + " " + text, version, "paths: {}\ncomponents:\n  securitySchemes:\n    s: " + text + "\n", want}
	}
	check(t, []mistake{
		scheme("3.0.4", "{type: apikey, name: k, in: header}", `8:15 did you mean "apiKey"?`),
		scheme("3.0.4", "{type: basic}", `8:15 scheme: basic`),
		scheme("3.0.4", "{type: apiKey}", `8:8 needs the field name`, `8:8 needs the field in`),
		scheme("3.0.4", "{type: apiKey, name: k, in: body}", `8:36 never in "body"`),
		scheme("3.0.4", "{type: http}", `8:8 needs the field scheme`),
		scheme("3.0.4", "{type: openIdConnect}", `8:8 needs the field openIdConnectUrl`),
		scheme("3.0.4", "{type: oauth2, flow: {}}", `8:8 needs the field flows`, `8:23 did you mean "flows"?`),
		scheme("3.0.4", "{type: mutualTLS}", `8:15 from OpenAPI 3.1 on`),
		scheme("3.1.0", "{type: mutualTLS}"),
		scheme("3.0.4", "{type: oauth2, flows: {password: {tokenUrl: t}}}", `8:41 needs the field scopes`),
		scheme("3.0.4", "{type: oauth2, flows: {authorizationCode: {scopes: {}}}}", `8:50 authorizationUrl`, `8:50 tokenUrl`),
		scheme("3.0.4", "{type: oauth2, flows: {clientCredential: {}}}", `8:31 did you mean "clientCredentials"?`),
		scheme("3.1.0", "{type: oauth2, flows: {deviceAuthorization: {}}}", `8:31 OpenAPI 3.2 has it`),
		{"an unknown scheme", "3.0.4", "paths: {}\nsecurity: [{api_kye: []}]\ncomponents: {securitySchemes: {api_key: {type: http, scheme: basic}}}\n", []string{`6:13 did you mean "api_key"?`}},
		{"an unknown scheme of an operation", "3.0.4", "paths:\n  /a:\n    get:\n      security: [{s: []}]\n      " + answers + "\n", []string{`8:19 components/securitySchemes`}},
		{"scopes that are no list", "3.0.4", "paths: {}\nsecurity: [{s: read}]\ncomponents: {securitySchemes: {s: {type: http, scheme: basic}}}\n", []string{`6:16 must be a list`}},
	})
}

func TestParse_mistakes_of_servers(t *testing.T) {
	server := func(version, text string, want ...string) mistake {
		return mistake{version + " " + text, version, "paths: {}\nservers:\n- " + text + "\n", want}
	}
	check(t, []mistake{
		server("3.0.4", "{description: x}", `7:3 needs the field url`),
		server("3.0.4", "{url: 'https://a/{v'}", `7:9 braces`),
		server("3.0.4", "{url: 'https://a/{v}'}", `7:9 "v", which is not declared`),
		server("3.0.4", "{url: 'https://{host}/v1'}"),
		server("3.0.4", "{url: 'no url at all'}", `7:9 which no path has`),
		server("3.0.4", "{url: '/{v}', variables: {v: {enum: [a]}}}", `7:32 needs the field default`),
		server("3.0.4", "{url: '/{v}', variables: {v: {default: 1}}}", `7:42 put it in quotes`),
		server("3.1.0", "{url: '/{v}', variables: {v: {default: a, enum: []}}}", `7:51 is empty`),
		server("3.1.0", "{url: '/{v}', variables: {v: {default: a, enum: [b]}}}", `7:42 not in its enum`),
		server("3.0.4", "{url: '/{v}', variables: {v: {default: a, enum: [b]}}}"),
	})
}

func TestParse_versions(t *testing.T) {
	for text, want := range map[string]string{
		"swagger: '2.0'\n":       "d:1:1: this is a Swagger document",
		"info: {}\n":             "d:1:1: this is no OpenAPI document",
		"openapi: 3.1\n":         "d:1:10: openapi must be a string, this is a number",
		"openapi: '3.1'\n":       "d:1:10: OpenAPI version \"3.1\" is not read",
		"openapi: 3.3.0\n":       "d:1:10: OpenAPI version \"3.3.0\" is not read",
		"openapi: 3.0.x\n":       "d:1:10: OpenAPI version",
		"- openapi: 3.0.0\n":     "d:1:1: an OpenAPI document is a map",
		"openapi: [3, 0]\n":      "d:1:10: openapi must be a string, this is a list",
		"{\"openapi\": 3.0}":     "d:1:13: openapi must be a string",
		"openapi: 3.0.0-\n":      "d:1:10: OpenAPI version",
		"openapi: '3.0. 1'\n":    "d:1:10: OpenAPI version",
		"openapi:\n  '3.20.1'\n": "d:2:3: OpenAPI version",
	} {
		_, err := openapi.Parse("d", []byte(text), openapi.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]openapi.Version{
		"3.0.0": openapi.V30, "3.0.4": openapi.V30, "3.0.0-rc1": openapi.V30, "3.1.0": openapi.V31, "3.1.2": openapi.V31, "3.2.0": openapi.V32, "3.2.11": openapi.V32,
	} {
		d, err := openapi.Parse("d", []byte(head(text)+"paths: {}\n"), openapi.Options{})
		if err != nil || d.Version != want {
			t.Errorf("%s: got %v, %v", text, d, err)
		}
	}
}
