package script

import (
	"fmt"
	"strings"
)

// Reference is the page about scripts, made of the table of commands.
func Reference() string {
	var b strings.Builder
	b.WriteString(preface)
	for _, g := range groups() {
		fmt.Fprintf(&b, "\n## %s\n\n| command | what it does |\n|---|---|\n", g.title)
		for _, c := range g.commands {
			usage := strings.ReplaceAll(strings.TrimSpace(c.name+" "+c.usage), "|", `\|`)
			fmt.Fprintf(&b, "| `%s` | %s |\n", usage, strings.ReplaceAll(c.help, "|", `\|`))
		}
	}
	return b.String()
}

const preface = `# Scripts

<!-- Made from the table of commands in script/commands.go; to make it again: go test ./script -run TestReference -write -->

A script is a test of an API behind its gateway, in one file: commands, then the
files that they work with. ` + "`sallyport test DIR`" + ` runs every ` + "`*.txtar`" + ` below a folder,
each in a fresh folder with a real gateway and a real backend, and ends with exit
code 1 if one of them fails. ` + "`--output junit`" + ` and ` + "`--output json`" + ` are for other programs.

    # a caller without a key is turned away before the backend hears of it
    key ALICE
    gateway gateway.yaml
    get /pets
    status 401
    problem credentials-missing
    header WWW-Authenticate ApiKey
    ! upstream
    get /pets "X-Api-Key: $ALICE"
    status 200
    upstream header X-Caller-Id alice

    -- gateway.yaml --
    listen: [ { address: "127.0.0.1:0" } ]
    admin: { address: "off" }
    apis:
      - name: pets
        document: pets.yaml
        upstream: "${BACKEND}"
        identify:
          apiKey: { key: { keys: [ { consumer: alice, hash: "${ALICE_HASH}" } ] } }
    -- pets.yaml --
    openapi: 3.1.0
    info: { title: Pets, version: "1" }
    security: [ { apiKey: [] } ]
    paths:
      /pets: { get: { operationId: listPets, responses: { "200": { description: ok, content: { application/json: {} } } } } }
    components: { securitySchemes: { apiKey: { type: apiKey, in: header, name: X-Api-Key } } }

Each line is one command; ` + "`#`" + ` begins a comment, ` + "`!`" + ` before a check expects that it
does not hold. Arguments are divided by spaces. Within single quotes everything
stands for itself; within double quotes variables (` + "`$NAME`, `${NAME}`" + `) and the escapes
` + "`\\\\ \\\" \\$ \\n \\r \\t \\xHH`" + ` are read. The gateway is given the variables of the script (up to
32 KiB each) as its environment, and nothing of yours but PATH and HOME: the
configuration can name them as ` + "`${NAME}`" + `. Some are there from the beginning: ` + "`$BACKEND`" + `, the URL of the
backend; ` + "`$WORK`" + `, the folder; ` + "`$ISSUER` and `$AUDIENCE`" + `, those of tokens.

Listen on ` + "`127.0.0.1:0`" + `: the system chooses a free port, and the script finds it in
the log, which has to go to stdout or stderr as JSON. To test the configuration
that you deploy, let it name addresses by variables, bring it in with ` + "`use ../sallyport.yaml`" + `,
and set the variables, ` + "`SALLYPORT_ADMIN_ADDRESS`" + ` among them.

A command that fails ends the script; what is told is the line, what was expected,
the whole answer and the gateway's output. Nothing waits for a fixed time. A
script that takes longer than a minute fails. So does one whose gateway ran into
a data race or a panic, whatever it answered.
`
