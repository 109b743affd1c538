package script

import (
	"context"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// run runs a script's text.
func run(t *testing.T, text string) Result {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a-sentence.txtar")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return runner(t).Run(t.Context(), path)
}

const files = "\n-- gateway.yaml --\nfine\n-- bad.yaml --\nmistake\n"

func TestScriptsThatPass(t *testing.T) {
	for name, text := range map[string]string{
		"an answer is looked at in every way": `
			gateway gateway.yaml
			get /a%2fb//c?x=1 'X-Key: open' 'X-Twice: 1' 'X-Twice: 2'
			status 200
			! status 404
			upstream
			upstream 1
			upstream method GET
			upstream target /a%2fb//c?x=1
			upstream header X-Twice =2
			! upstream header X-Thrice
			header Content-Type application/json
			! header Content-Type =application
			json /method GET
			json /headers/X-Twice '["1", "2"]'
			! json /method POST
			body '"method":"GET"'
			log status 200
			log msg =request
			! log nowhere
			save ID header X-Request-Id
			save HOW json /method
			get /$HOW 'X-Key: open'
			upstream target /GET`,
		"a problem is looked at in every way": `
			gateway gateway.yaml
			get /
			status 400
			problem body-invalid
			! problem body-missing
			fault header /X-Key required
			! fault header /X-Key minLength
			log observed.reason because
			! upstream
			upstream 0`,
		"a reload is good or bad": `
			gateway gateway.yaml
			reload
			copy bad.yaml gateway.yaml
			! reload
			event "reload refused" error gateway.yaml:1:1
			replace gateway.yaml mistake fine
			signal HUP
			wait reloaded`,
		"a configuration with a mistake is refused": `
			! gateway bad.yaml
			exit 1
			stderr bad.yaml:1:1
			! stderr other`,
		"other verbs are run": `
			set TEXT "a\x2cb" 2
			run echo $TEXT 'not $TEXT' ${TEXT}s
			stdout 'a,ba,b not $TEXT a,ba,bs'
			exit 0
			! run nothing
			exit 2
			stderr 'no verb nothing'`,
		"backends can fail": `
			gateway gateway.yaml
			backend OTHER
			reply 201 'X-One: 1' '{"a":[1,{"b":"c"}]}'
			get / 'X-Key: open'
			status 201
			header x-one =1
			json /a/1 '{"b": "c"}'
			reply cut 200 'Content-Type: text/plain' abc
			get / 'X-Key: open'
			aborted
			reply reset
			get / 'X-Key: open'
			status 502
			reply stream 3 200 piece
			get / 'X-Key: open'
			body =piecepiecepiece
			! aborted
			upstream --of=OTHER 0
			backend stop
			get / 'X-Key: open'
			! upstream
			backend BACKEND
			reply echo
			get / 'X-Key: open'
			upstream`,
		"a download ends though the gateway is asked to stop": `
			gateway gateway.yaml
			reply hold stream 2 200 x
			background slow get / 'X-Key: open'
			await 1
			signal TERM
			wait draining
			release
			finish slow
			body =xx
			exit 0`,
		"a client leaves": `
			gateway gateway.yaml
			reply hang
			background slow get / 'X-Key: open'
			await 1
			abandon slow
			aborted`,
		"many requests are counted": `
			gateway gateway.yaml
			repeat 3 get / 'X-Key: open'
			statuses 200 3
			upstream 3
			parallel 4 get /
			statuses 400 4
			metric requests_total 5
			metric requests_total{code=401} 3
			metric requests_total{code="200"} >1
			! metric others_total`,
		"bodies are sent whole, in pieces, and raw": `
			gateway gateway.yaml
			post / 'X-Key: open' "Content-Type: text/plain" hello
			upstream body =hello
			upstream header Content-Length =5
			post / --chunked 'X-Key: open' @gateway.yaml
			upstream body fine
			! upstream header Content-Length
			raw request.txt
			status 200
			upstream target /raw
			upstream header X-Tab "a\tb"
			raw two-requests.txt --answer=2
			status 200
			upstream target /second
			raw two-requests.txt --answer=3
			aborted
			get / --keep 'X-Key: open'
			get / --keep 'X-Key: open'
			status 200
-- request.txt --
GET /raw HTTP/1.1
Host: x
X-Key: open
X-Tab: a\x09b

-- two-requests.txt --
GET /first HTTP/1.1
Host: x
X-Key: open

GET /second HTTP/1.1
Host: x
X-Key: open
Connection: close

`,
		"tokens and keys are made": `
			keys ONE
			keys TWO RS256
			keys THREE EdDSA
			keys FOUR HS256
			token shared --keys=FOUR
			key ALICE
			token bob --keys=TWO scope='a b' roles:='["x"]' exp=5m --without=jti
			token eve --keys=ONE --tampered
			token mallory --keys=THREE --alg-none
			token trent --keys=ONE --hs256-confusion --no-kid --typ=JWT
			rotate ONE
			jwks serve ONE
			jwks stop ONE
			jwks serve ONE
			certificate server
			certificate old expired
			fill large.txt 3KiB 'ab'
			run echo $bob $ALICE_HASH $JWKS_URL
			stdout sha256:
			stdout eyJ`,
		"what a verb reads and writes is kept": `
			stdin '{"keys": [{"id": "k1"}]}'
			run cat
			save ALL stdout
			save ID stdout /keys/0/id
			run echo $ID
			stdout k1
			! stdout keys
			run cat
			! stdout k1
			save TEXT file note.txt
			run echo <$TEXT>
			stdout '<a note>'` + "\n-- note.txt --\na note\n",
		"what comes a moment later is waited for": `
			gateway gateway.yaml
			until 400 get /a
			until 200 get /a 'X-Key: open'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(text, "\n-- ") {
				text += files
			} else {
				text += strings.TrimPrefix(files, "\n")
			}
			if r := run(t, text); r.Err != nil {
				t.Error(r.Text())
			}
		})
	}
}

func TestScriptsThatFail(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a wrong status":                  {"gateway gateway.yaml\nget /\nstatus 200", ":3: status 200\n\texpected status 200, the answer has 400"},
		"a check that should not hold":    {"gateway gateway.yaml\nget /\n! status 400", "this holds"},
		"a negated check without answer":  {"gateway gateway.yaml\n! header X", "no request was sent yet"},
		"a negated body that broke off":   {"gateway gateway.yaml\nreply cut 200 abc\nget / 'X-Key: open'\n! body z", "unexpected EOF"},
		"an unknown command":              {"gatway gateway.yaml", "did you mean gateway?"},
		"an unknown variable":             {"set NAME x\nrun echo $NAMES", "did you mean $NAME?"},
		"a status that never comes":       {"gateway gateway.yaml\nuntil 200 get /", "has not the status 200 within two seconds"},
		"a place that is not there":       {"run echo {}\nsave X stdout /a", "there is nothing at"},
		"a save of nothing":               {"save X body", "save NAME header FIELD"},
		"an unknown kind":                 {"gateway gateway.yaml\nget /\nproblem body-invalide", "did you mean body-invalid?"},
		"an unknown flag":                 {"gateway gateway.yaml\nget / --fast", "no flag --fast"},
		"a negation that means nothing":   {"! get /", "! has no meaning"},
		"too few arguments":               {"status", "usage: status CODE"},
		"an open quote":                   {"run 'x", "single quote"},
		"a file elsewhere":                {"run echo\n-- ../x --\n", "would be written elsewhere"},
		"a file that is elsewhere":        {"copy ../x y", "not within the script's folder"},
		"no command":                      {"# nothing\n", "no command"},
		"a gateway that should not start": {"! gateway gateway.yaml", "has started"},
		"a gateway that does not start":   {"gateway bad.yaml", "did not start"},
		"a verb that fails":               {"run nothing", "exit code 2"},
		"a panic in the gateway":          {"gateway gateway.yaml\nget /panic 'X-Key: open'\nstatus 200", `the gateway's output holds "\"panic\":"`},
		"a backend that was not asked":    {"gateway gateway.yaml\nget /\nupstream", "no backend heard"},
		"a log without the line":          {"gateway gateway.yaml\nget /\nlog status 500", `the log has status "400"`},
		"an unbound signature":            {"token x", "say whose keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := c.text
			if !strings.Contains(text, "-- ../x") {
				text += files
			}
			r := run(t, text)
			if r.Err == nil {
				t.Fatal("it passed")
			}
			if !strings.Contains(r.Err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", r.Err, c.want)
			}
		})
	}
}

func TestFailureShowsAnswerAndLog(t *testing.T) {
	r := run(t, "gateway gateway.yaml\nget /\nstatus 200"+files)
	f, ok := errors.AsType[*Failure](r.Err)
	if !ok {
		t.Fatalf("got %v, want a Failure", r.Err)
	}
	if f.Line != 3 || !strings.Contains(f.Answer, "400 Bad Request") || !strings.Contains(f.Log, `"msg":"request"`) {
		t.Errorf("line %d, answer %q, log %q", f.Line, f.Answer, f.Log)
	}
}

func TestScriptHasATimeLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slow.txtar")
	if err := os.WriteFile(path, []byte("gateway gateway.yaml\nreply hang\nget / 'X-Key: open'"+files), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runner(t)
	r.Limit = 2 * time.Second
	if result := r.Run(t.Context(), path); result.Err == nil || !strings.Contains(result.Err.Error(), "longer than 2s") {
		t.Errorf("got %v", result.Err)
	}
}

func TestFoldersAreRunInOrderAndReported(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"a-first.txtar": "run echo\n", "below/b-second.txtar": "run nothing\n", "not-a-script.txt": "x"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	heard := 0
	results, err := runner(t).RunDir(t.Context(), folder, func(Result) { heard++ })
	if err != nil || len(results) != 2 || heard != 2 || Failed(results) != 1 || results[0].Name != "a-first" {
		t.Fatalf("got %v, %v; heard of %d", results, err, heard)
	}
	for _, format := range Formats() {
		var b strings.Builder
		if err := Report(&b, format, results, time.Second); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "exit code 2") {
			t.Errorf("the report %s does not say what failed:\n%s", format, b.String())
		}
		if format == "junit" {
			var suites struct {
				Suites []struct {
					Failures int `xml:"failures,attr"`
					Cases    []struct {
						Name string `xml:"name,attr"`
					} `xml:"testcase"`
				} `xml:"testsuite"`
			}
			if err := xml.Unmarshal([]byte(b.String()), &suites); err != nil || suites.Suites[0].Failures != 1 || suites.Suites[0].Cases[0].Name != "a first" {
				t.Errorf("the XML is not as it should be (%v):\n%s", err, b.String())
			}
		}
	}
}

func TestEmptyFolderIsAnError(t *testing.T) {
	if _, err := runner(t).RunDir(context.Background(), t.TempDir(), nil); err == nil {
		t.Error("a folder without scripts passed")
	}
}
