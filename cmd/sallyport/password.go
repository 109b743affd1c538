package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"sallyport/password"
)

type passwordCommand struct {
	Memory uint32 `default:"19456" help:"Memory that one check of the hash takes, in KiB."`
	Passes uint32 `default:"2" help:"Passes over the memory."`
	Lanes  uint8  `default:"1" help:"Lanes that are computed at one time."`
}

// Run reads a password and prints its hash, as the configuration takes it.
func (p *passwordCommand) Run(c *console) error {
	given, err := readPassword(os.Stdin, c.stderr)
	if err != nil {
		return err
	}
	hash, err := password.Hash(given, password.Cost{Memory: p.Memory, Passes: p.Passes, Lanes: p.Lanes})
	if err != nil {
		return fmt.Errorf("the password cannot be used: %w", err)
	}
	fmt.Fprintln(c.stdout, hash)
	return nil
}

// readPassword asks twice at a terminal, which shows nothing of it; from
// anything else it takes the first line, which must be all there is.
func readPassword(in *os.File, prompt io.Writer) (string, error) {
	if !term.IsTerminal(int(in.Fd())) {
		return onlyLine(in)
	}
	var typed [2]string
	for i, ask := range [2]string{"Password: ", "Once more: "} {
		fmt.Fprint(prompt, ask)
		text, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(prompt)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		typed[i] = string(text)
	}
	if typed[0] != typed[1] {
		return "", errors.New("these were two passwords")
	}
	return typed[0], nil
}

// onlyLine reads one line, its end taken off.
func onlyLine(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, password.MaxPassword+3))
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	line, more, _ := strings.Cut(string(text), "\n")
	if more != "" {
		return "", errors.New("standard input holds more than one line")
	}
	return strings.TrimSuffix(line, "\r"), nil
}
