//go:build unix

package serve_test

import (
	"syscall"
	"testing"

	"sallyport/serve"
)

func TestSignal(t *testing.T) {
	backend, _ := newBackend(t)
	f := newFolder(t)
	f.write("shop.yaml", shop("/items"))
	f.write("sallyport.yaml", settings(backend, "", ""))
	g := start(f, func(o *serve.Options) { o.Signals = true })
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if line := g.await("reloaded"); line["why"] != "signal" || line["changed"] != false {
		t.Error(line)
	}
}
