package script

import (
	"fmt"

	"sallyport/source"
)

// command is one row of the table of commands.
type command struct {
	name, usage, help string
	// least and most are the numbers of arguments; most is -1 where there is
	// no bound.
	least, most int
	// check tells that it looks at something: it may be negated, and then
	// holds where it would not.
	check bool
	// negatable tells that an exclamation mark may stand before it.
	negatable bool
	run       func(*state, call) error
}

// group is a heading of the reference.
type group struct {
	title    string
	commands []command
}

// groups are all commands, in the order of the reference.
func groups() []group {
	return []group{
		{"The gateway", []command{
			{name: "gateway", usage: "CONFIG [FLAG]...", least: 1, most: -1, negatable: true, run: doGateway,
				help: "Starts `sallyport serve --config CONFIG` and waits until it is ready; `gateway flags …` starts it with flags alone. `! gateway` expects it to refuse to start."},
			{name: "reload", least: 0, most: 0, negatable: true, run: doReload,
				help: "Has the gateway read its files again (SIGHUP) and waits for what comes of it. `! reload` expects that the new files are refused."},
			{name: "wait", usage: "MESSAGE", least: 1, most: -1, run: doWait,
				help: "Waits for a line of the log with that message, after the last one that was waited for, or after the last change of a file."},
			{name: "signal", usage: "TERM|INT|HUP", least: 1, most: 1, run: doSignal,
				help: "Sends the gateway a signal and goes on at once."},
			{name: "run", usage: "VERB [ARGUMENT]...", least: 1, most: -1, negatable: true, run: doRun,
				help: "Runs another verb of the command (check, explain, version …) to its end, and expects exit code 0. `! run` expects another one."},
			{name: "stdin", usage: "TEXT", least: 1, most: 1, run: doStdin,
				help: "What the next `run` reads from its standard input."},
			{name: "exit", usage: "CODE", least: 1, most: 1, check: true, run: checkExit,
				help: "The last process has ended with that code. Waits for its end."},
			{name: "stdout", usage: "TEXT", least: 1, most: 1, check: true, run: checkStdout,
				help: "The standard output of the last process holds the text."},
			{name: "stderr", usage: "TEXT", least: 1, most: 1, check: true, run: checkStderr,
				help: "The standard error of the last process holds the text."},
		}},
		{"The backend", []command{
			{name: "backend", usage: "NAME [CERTIFICATE] | stop [NAME]", least: 1, most: 2, run: doBackend,
				help: "Starts another backend, or a stopped one again at its old address: `$NAME` is its URL and `$NAME_ADDRESS` its host and port. With the NAME of a `certificate` it speaks TLS. One called BACKEND runs from the beginning. `backend stop` ends it."},
			{name: "reply", usage: `[--of=NAME] [hold] STATUS ["Name: value"]... [BODY|@FILE] | echo | cut [STATUS]… | stream N [STATUS]… | hang | reset | garbage [BYTES] | websocket ["Name: value"]...`, least: 1, most: -1, run: doReply,
				help: "What the backend answers from now on. Until told otherwise it echoes the request as JSON: method, target, headers, body. `hold` keeps the answer, or the last piece of a `stream`, until `release`; `cut` breaks off before the body's last byte; `hang` never answers; `reset` and `garbage` are no HTTP, unless BYTES are: they are sent as they stand, and the connection is closed; `websocket` accepts WebSockets and echoes their frames."},
			{name: "release", usage: "[--of=NAME]", least: 0, most: 1, run: doRelease,
				help: "Lets the answers go that are held back, and holds no further ones."},
			{name: "await", usage: "[--of=NAME] N", least: 1, most: 2, run: doAwait,
				help: "Waits until the backend has heard N requests in all."},
			{name: "upstream", usage: "[--of=NAME] [N | method M | target T | header NAME [VALUE] | body VALUE | json POINTER [VALUE] | broken]", least: 0, most: 5, check: true, run: checkUpstream,
				help: "The backend heard of the last request; of N requests in all; or the last request that it heard was like this; `broken` is a body that had no proper end."},
		}},
		{"Requests", requestCommands()},
		{"WebSockets", webSocketCommands()},
		{"The answer", []command{
			{name: "status", usage: "CODE", least: 1, most: 1, check: true, run: checkStatus, help: "The answer has that status."},
			{name: "statuses", usage: "CODE N", least: 2, most: 2, check: true, run: checkStatuses, help: "Of the answers to `repeat` or `parallel`, N have that status."},
			{name: "problem", usage: "KIND", least: 1, most: 1, check: true, run: checkProblem, help: "The answer is a problem document (RFC 9457) of that kind, with the status that it names."},
			{name: "fault", usage: "IN POINTER [KEYWORD]", least: 2, most: 3, check: true, run: checkFault, help: "Among the errors of the problem document is one at that place."},
			{name: "header", usage: "NAME [VALUE]", least: 1, most: 2, check: true, run: checkHeader, help: "The answer has the header field, and one of its values holds VALUE; `=VALUE` is the value to the letter."},
			{name: "body", usage: "TEXT", least: 1, most: 1, check: true, run: checkBody, help: "The answer's body holds the text; `=TEXT` is the body to the letter."},
			{name: "json", usage: "POINTER [VALUE]", least: 1, most: 2, check: true, run: checkJSON, help: "The body, read as JSON, has something at the pointer (RFC 6901), and it is VALUE: JSON, or else a string."},
			{name: "aborted", least: 0, most: 0, check: true, run: checkAborted, help: "There was no answer, or its body broke off before its end."},
			{name: "save", usage: "NAME header FIELD | NAME json POINTER | NAME stdout [POINTER] | NAME file FILE", least: 2, most: 3, run: doSave, help: "Keeps a part of the answer in the variable `$NAME`; or the standard output of the last process without the white space around it, or what stands in it at a JSON pointer; or the text of a file likewise."},
		}},
		{"Evidence", []command{
			{name: "log", usage: "KEY VALUE | TEXT", least: 1, most: 2, check: true, run: checkLog, help: "The log's line about the last request holds VALUE under the key (names joined by dots, a number for an item of a list), `=VALUE` to the letter. With one argument: the text stands anywhere in the gateway's output; `! log SECRET` is how to show that it does not."},
			{name: "event", usage: "MESSAGE [KEY VALUE]", least: 1, most: 3, check: true, run: checkEvent, help: "The log has a line with that message, and VALUE under the key."},
			{name: "metric", usage: "NAME{LABEL=VALUE,…} [NUMBER]", least: 1, most: 2, check: true, run: checkMetric, help: "The metric, summed up over the series with these labels, is that number; `>N` is more than N."},
		}},
		{"Secrets and files", []command{
			{name: "key", usage: "NAME", least: 1, most: 1, run: doKey, help: "Makes an API key `$NAME` and its hash `$NAME_HASH`, as the configuration takes it."},
			{name: "keys", usage: "NAME [ES256|RS256|EdDSA|HS256]", least: 1, most: 2, run: doKeys, help: "Makes a key pair and writes the public half as a JWK set to NAME.jwks.json, its thumbprint to `$NAME_JKT`; for HS256 a secret `$NAME_SECRET`."},
			{name: "rotate", usage: "NAME", least: 1, most: 1, run: doRotate, help: "Makes a new key pair in place of the old one, under a new kid."},
			{name: "jwks", usage: "serve NAME | fail NAME | stop NAME", least: 2, most: 2, run: doJWKS, help: "Serves the JWK set at `$JWKS_URL`, and the metadata of the issuer `$NAME_ISSUER`; answers 503; or stops. Served again it is at the same address."},
			{name: "fetched", usage: "NAME N", least: 2, most: 2, check: true, run: checkFetched, help: "The JWK set was asked for N times."},
			{name: "token", usage: "NAME [FLAG]... [CLAIM=TEXT | CLAIM:=JSON]...", least: 1, most: -1, run: doToken,
				help: "Mints a JSON Web Token into `$NAME`: issuer `$ISSUER`, audience `$AUDIENCE`, subject NAME, valid for an hour; exp, nbf and iat take a time from now such as -5m. Flags: `--keys=NAME --expired --not-yet --tampered --alg-none --hs256-confusion --kid=KID --no-kid --typ=TYPE --without=CLAIM`."},
			{name: "proof", usage: "NAME METHOD URL --keys=NAME [--token=TOKEN] [FLAG]... [CLAIM=TEXT | CLAIM:=JSON]...", least: 4, most: -1, run: doProof,
				help: "Makes a DPoP proof (RFC 9449) into `$NAME` for a request with the token, signed by a key pair. Flags and claims as in `token`."},
			{name: "certificate", usage: "NAME [expired] [--of=CA [--uri=URI] [--dns=HOST] [--email=ADDRESS] [--cn=NAME] [--server]]", least: 1, most: -1, run: doCertificate,
				help: "Makes a self-signed certificate for localhost, NAME.pem and NAME.key, which the script's requests trust. With `--of` it is that of a client, issued by a `ca` (or by itself: `--of=self`), for a request to show (`--certificate`); names of one kind may be several, and `--server` makes it one for servers alone. `$NAME_THUMBPRINT` is what a token is bound to it by (RFC 8705 §3.1), `$NAME_FIELD` the certificate as a proxy tells of it (RFC 9440)."},
			{name: "ca", usage: "NAME [--of=CA]", least: 1, most: 2, run: doCA, help: "Makes an authority that issues certificates of clients, NAME.pem; with `--of` one under another, whose clients show its certificate with theirs."},
			{name: "crl", usage: "CA [stale] [CERTIFICATE]...", least: 1, most: -1, run: doCRL, help: "Writes the revocation list of an authority to CA.crl: the certificates that it takes back. A stale one was to be renewed a minute ago."},
			{name: "set", usage: "NAME TEXT [TIMES]", least: 2, most: 3, run: doSet, help: "Sets a variable; with TIMES the text that many times over."},
			{name: "copy", usage: "FILE TO", least: 2, most: 2, run: doCopy, help: "Puts a file in the place of another one, at once."},
			{name: "replace", usage: "FILE OLD NEW", least: 3, most: 3, run: doReplace, help: "Replaces a text in a file wherever it stands."},
			{name: "remove", usage: "FILE", least: 1, most: 1, run: doRemove, help: "Removes a file."},
			{name: "fill", usage: "FILE SIZE [TEXT]", least: 2, most: 3, run: doFill, help: "Adds SIZE bytes to a file, such as 10MiB: the text again and again."},
			{name: "use", usage: "FILE [AS]", least: 1, most: 2, run: doUse, help: "Brings in a file that stands beside the script, under its own name or as AS."},
		}},
	}
}

func requestCommands() []command {
	var list []command
	for _, verb := range verbs() {
		c := command{name: verb, usage: requestUsage, least: 1, most: -1, run: doRequest(verb)}
		switch verb {
		case "request":
			c.usage, c.least = "METHOD "+requestUsage, 2
			c.help = "Sends a request of any method."
		case "raw":
			c.usage = "FILE [--FLAG]..."
			c.help = `Sends a file as it stands, each line ended by CRLF; escapes are read as within double quotes. With --answer=2 the checks look at what comes after the first answer.`
		case "get":
			c.help = "Sends the request byte for byte: the target and the fields are not mended. What is added: Host, unless it is given, and Content-Length where there is a body. Flags: `--to=LISTENER` (its place from 1, its scheme, or admin), `--from=ADDRESS`, `--keep` (one connection for several), `--chunked`, `--no-host`, `--http1.0`, `--http2` (in the clear with prior knowledge), `--insecure`, `--certificate=NAME`."
		default:
			c.help = "As `get`."
		}
		list = append(list, c)
	}
	return append(list,
		command{name: "admin", usage: "REQUEST", least: 2, most: -1, run: doAdmin, help: "Sends a request to the listener for operators."},
		command{name: "until", usage: "CODE REQUEST", least: 3, most: -1, run: doUntil, help: "Sends a request again and again until its answer has that status, for two seconds at most: what is changed elsewhere arrives a moment later."},
		command{name: "repeat", usage: "N REQUEST", least: 3, most: -1, run: doRepeat, help: "Sends a request N times, one after the other; the checks look at the last answer."},
		command{name: "parallel", usage: "N REQUEST", least: 3, most: -1, run: doParallel, help: "Sends a request N times at one time."},
		command{name: "background", usage: "NAME REQUEST", least: 3, most: -1, run: doBackground, help: "Sends a request and goes on without its answer."},
		command{name: "finish", usage: "NAME", least: 1, most: 1, run: doFinish, help: "Waits for the answer to a request in the background; the checks look at it."},
		command{name: "abandon", usage: "NAME", least: 1, most: 1, run: doAbandon, help: "Breaks the connection of a request in the background off, as a client does that leaves."},
	)
}

// find looks a command up; an unknown one is an error with the nearest name.
func find(name string) (command, error) {
	var names []string
	for _, g := range groups() {
		for _, c := range g.commands {
			if c.name == name {
				c.negatable = c.negatable || c.check
				return c, nil
			}
			names = append(names, c.name)
		}
	}
	if nearest := source.Nearest(name, names); nearest != "" {
		return command{}, fmt.Errorf("there is no command %s (did you mean %s?)", name, nearest)
	}
	return command{}, fmt.Errorf("there is no command %s", name)
}
