package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"embed"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"
)

//go:embed configs
var configs embed.FS

// bed is where proxies are measured: a folder, a backend, and what the
// configurations of all of them name.
type bed struct {
	Folder  string
	Binary  string
	Backend string // address
	Token   string // one that is good
	// Filler makes the backend's answer about a kilobyte long.
	Filler  string
	backend *process
}

func newBed(folder, binary string) (*bed, error) {
	b := &bed{Folder: folder, Binary: binary, Backend: freeAddress(), Filler: strings.Repeat("filler ", 135)}
	for _, tool := range []string{"haproxy", "nginx", "caddy", "wrk", "h2load", binary} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%s is missing: %w", tool, err)
		}
	}
	if err := b.writeKeys(); err != nil {
		return nil, err
	}
	if err := b.writeRoutes(10, 10_000); err != nil {
		return nil, err
	}
	if _, err := b.render("document.yaml", peer{}); err != nil {
		return nil, err
	}
	for _, file := range []string{"order.json", "orders.openapi.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(folder, file), text, 0o600); err != nil {
			return nil, err
		}
	}
	config, err := b.render("backend.conf", peer{})
	if err != nil {
		return nil, err
	}
	b.backend, err = start(b, "http://"+b.Backend+"/", "nginx", "-c", config)
	return b, err
}

func (b *bed) close() { b.backend.stop() }

// render fills a configuration in and writes it into the folder.
func (b *bed) render(name string, p peer) (string, error) {
	t, err := template.ParseFS(configs, "configs/"+name)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, struct {
		*bed
		peer
	}{b, p}); err != nil {
		return "", err
	}
	path := filepath.Join(b.Folder, strings.TrimPrefix(p.File()+"-"+name, "-"))
	return path, os.WriteFile(path, text.Bytes(), 0o600)
}

func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err) // there is no loopback to measure on
	}
	defer l.Close()
	return l.Addr().String()
}

// client asks a proxy whether it is there, and whether it checks.
var client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
	DisableKeepAlives: true,
	TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // of our own making, on loopback
}}

// writeRoutes makes documents and maps of so many paths.
func (b *bed) writeRoutes(counts ...int) error {
	for _, n := range counts {
		var document, table strings.Builder
		document.WriteString("openapi: 3.0.3\ninfo: { title: Routes, version: \"1\" }\nsecurity: []\npaths:\n")
		const operation = "{ parameters: [ { name: id, in: path, required: true, schema: { type: integer } } ], get: { responses: { \"200\": { description: ok, content: { application/json: {} } } } } }"
		fmt.Fprintf(&document, "  /v1/things/{id}: %s\n", operation)
		table.WriteString("/v1/things/ back\n")
		for i := range n {
			fmt.Fprintf(&document, "  /r%d/things/{id}: %s\n", i, operation)
			fmt.Fprintf(&table, "/r%d/things/ back\n", i)
		}
		for name, text := range map[string]string{"routes-%d.yaml": document.String(), "routes-%d.map": table.String()} {
			if err := os.WriteFile(filepath.Join(b.Folder, fmt.Sprintf(name, n)), []byte(text), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// process is a program that was started, with all it started itself.
type process struct {
	cmd *exec.Cmd
	err *os.File
}

// start waits until the program answers a request.
func start(b *bed, url string, command ...string) (*process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = b.Folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := os.CreateTemp(b.Folder, "output")
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = nil, output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd, output}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if response, err := client.Get(url); err == nil {
			response.Body.Close()
			return p, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.stop()
	text, _ := os.ReadFile(output.Name())
	return nil, fmt.Errorf("%s does not answer:\n%s", command[0], text)
}

func (p *process) stop() {
	if p == nil {
		return
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	p.cmd.Wait()
	p.err.Close()
}
