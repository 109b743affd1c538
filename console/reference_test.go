package console_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sallyport/console"
	"sallyport/openapi"
	"sallyport/source"
)

var write = flag.Bool("write", false, "write docs/reference/admin-api.md")

const page = "../docs/reference/admin-api.md"

// TestReference keeps the page that lists the operations as the document has
// them. To make it again: go test ./console -run TestReference -write
func TestReference(t *testing.T) {
	want := reference(t)
	if *write {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("the page is not what the document says; go test ./console -run TestReference -write")
	}
}

func reference(t *testing.T) string {
	document, err := openapi.Parse("openapi.yaml", console.Document, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	root, err := source.Parse("openapi.yaml", console.Document, source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(preface)
	for _, tag := range root.Get("tags").Items {
		name := tag.Get("name").Text
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| request | role | does |\n|---|---|---|\n", strings.ToUpper(name[:1])+name[1:], tag.Get("description").Text)
		for _, op := range document.Operations {
			node := root.Get("paths").Get(op.Path).Get(strings.ToLower(op.Method))
			if node.Get("tags").Items[0].Text != name {
				continue
			}
			role := "none"
			if len(op.Security) > 0 {
				role = op.Security[0][0].Scopes[0]
			}
			fmt.Fprintf(&b, "| `%s /v1%s` | %s | %s |\n", op.Method, op.Path, role, node.Get("summary").Text)
		}
	}
	return b.String()
}

const preface = `# Admin API

<!-- Made from console/openapi.yaml; to make it again: go test ./console -run TestReference -write -->

Consumers, keys and all else that says who may come in, administrated over HTTP. It is there where a [store](configuration.md) is open, below ` + "`/v1/`" + ` on the operators' listener (` + "`admin.address`" + `), and it is an API like those behind the gateway: described by an OpenAPI 3.1 document, which the gateway shows at ` + "`GET /v1/openapi.yaml`" + ` and enforces by the same stages. What the document does not declare is refused, answers hold to it to the letter, requests leave lines in the log and count in the metrics as those of the API ` + "`admin`" + `. The document says everything; this page lists its operations. The verbs of the [command line](cli.md) do the same on the store itself.

Every request but the one for the document needs ` + "`Authorization: Bearer sallyport_admin_…`" + `. The first token is made by the first start that finds none and lies in the file ` + "`sallyport.admin-token`" + ` beside the store (with PostgreSQL: beside the configuration), for its owner alone to read; the log tells the file. It holds until it is deleted. More are made by ` + "`sallyport admin token NAME --role ROLE`" + ` or by the API. The store has hashes of them only.

| role | may |
|---|---|
| ` + "`reader`" + ` | see consumers, keys, usernames, revocations and the audit |
| ` + "`operator`" + ` | also change them, and see the names of secrets |
| ` + "`admin`" + ` | also put secrets, make and end tokens of administrators, export and import |

A change stands in the audit with the name of the token, the address that it came from, and what was changed; both are written or neither. What the role of a token did not allow is written down too, once a minute for each operation. A token that is wrong or unknown leaves a line in the log.

Consumers and keys have an ` + "`ETag`" + `; a change, a rotation, a revocation or a deletion may name in ` + "`If-Match`" + ` the one that it is meant for, or ` + "`*`" + `; where somebody else was quicker the answer is [412](../problems/object-changed.md). A change of a consumer must name it, else the answer is [428](../problems/condition-missing.md). Lists come in pages: ` + "`limit`" + ` items (100 unless said, 1000 at most, fewer where they are long), and the next one with ` + "`after`" + ` set to ` + "`next`" + ` of the answer. Errors are [problem documents](../problems). Pages of other origins cannot call it from a browser: no answer permits it, and there is no cookie.

In the clear it is served on loopback alone: beyond it the tokens would be there for everybody on the way, and the address needs ` + "`admin.tls`" + `.

` + "```sh" + `
token=$(cat sallyport.admin-token)
curl -H "Authorization: Bearer $token" -H "Content-Type: application/json" \
  -d '{"name":"acme","scopes":["orders:read"]}' http://127.0.0.1:9443/v1/consumers
curl -H "Authorization: Bearer $token" -H "Content-Type: application/json" \
  -d '{"name":"ci","networks":["192.0.2.0/24"]}' http://127.0.0.1:9443/v1/consumers/acme/keys
` + "```" + `
`
