// Command sallyport protects an API by its OpenAPI document. Each verb is one
// file of this folder.
//
// Exit codes: 0 all is well, 1 there are findings or something failed, 2 the
// command line was not understood.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"sallyport/source"
)

// The exit codes.
const (
	exitFine     = 0
	exitFindings = 1
	exitUsage    = 2
)

func main() {
	muteStandardLog()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever asks a second time does not want to wait
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// muteStandardLog keeps what net/http has to say off the terminal: what a
// backend sends unasked, credentials that it echoes among it, is printed there
// byte for byte. All that is worth saying is in the log of the gateway.
func muteStandardLog() { log.SetOutput(io.Discard) }

// commands is the command line: a verb is a field.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Protect an API: listen, check, forward."`
	Check     checkCommand     `cmd:"" help:"Find mistakes in a configuration and its documents, and report what is enforced."`
	Explain   explainCommand   `cmd:"" help:"Print every control of one operation in order, and where each comes from."`
	Test      testCommand      `cmd:"" help:"Run the scripts of a folder against the real gateway."`
	Password  passwordCommand  `cmd:"" help:"Read a password, and print its hash for the configuration."`
	Demo      demoCommand      `cmd:"" help:"Show an unprotected and a protected endpoint side by side, in a browser."`
	Consumers consumersCommand `cmd:"" help:"Administrate who may come in."`
	Keys      keysCommand      `cmd:"" help:"Issue, rotate and revoke API keys."`
	Tokens    tokensCommand    `cmd:"" help:"Take tokens back that nobody can call in."`
	Secrets   secretsCommand   `cmd:"" help:"Seal secrets that the configuration refers to."`
	Keyring   keyringCommand   `cmd:"" help:"Rotate the keys that seal and hash what lies in the store, and move them to another master key."`
	Admin     adminCommand     `cmd:"" help:"Make and end the tokens of administrators."`
	Audit     auditCommand     `cmd:"" help:"Show what was done by administrators, and verify it."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// console is where a verb writes.
type console struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// errFindings ends a verb that has said what it found.
var errFindings = errors.New("findings")

// usageError is a command line that makes no sense.
type usageError struct{ error }

type exit int

// run is the whole program, for main and for tests.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	var c commands
	parser, err := kong.New(&c,
		kong.Name("sallyport"),
		kong.Description("An API security gateway that takes the API's OpenAPI document as the policy.\n\nTo see it work: sallyport demo. To protect an API: sallyport serve --document api.yaml --upstream http://127.0.0.1:9000"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "sallyport:", err)
		return exitUsage
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "sallyport: %s\n", err)
		fmt.Fprintln(stderr, "For help: sallyport --help, or sallyport VERB --help.")
		return exitUsage
	}
	return report(stderr, chosen.Run(&console{ctx, stdout, stderr}))
}

// report says what went wrong, in the form that fits it.
func report(stderr io.Writer, err error) int {
	var usage usageError
	var mistakes source.Mistakes
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "sallyport: %s\n", usage.error)
		return exitUsage
	case errors.As(err, &mistakes):
		fmt.Fprintln(stderr, mistakes.Error())
		if n := len(mistakes); n > 1 {
			fmt.Fprintf(stderr, "%d mistakes.\n", n)
		}
		return exitFindings
	}
	fmt.Fprintf(stderr, "sallyport: %s\n", err)
	return exitFindings
}
