package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is one tab of a real Chromium on the demo's page.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	against  []string // what the browser itself holds against the page
	requests []string // the addresses of all requests
}

func openBrowser(t *testing.T, address string) *browser {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900),
	)
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	b := &browser{t: t}
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithListener(b.listen))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("closing the browser: %v", err)
		}
		cancel()
		cancelAllocator()
	})
	// The first run starts the browser and must have no deadline of its own.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	limited, cancelLimit := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancelLimit)
	b.ctx = limited
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(address))
	b.wait(`document.documentElement.dataset.ready === "yes"`)
	return b
}

// listen collects exceptions and log entries, such as violations of the policy, and where requests go.
// That a status of 400 or more came back is what the page is for.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		b.against = append(b.against, (&chromedp.ExceptionError{ExceptionDetails: event.ExceptionDetails}).Error())
	case *log.EventEntryAdded:
		if !strings.HasPrefix(event.Entry.Text, "Failed to load resource: the server responded with a status") {
			b.against = append(b.against, event.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, event.Request.URL)
	}
}

func (b *browser) seen() (against, requests []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.against), slices.Clone(b.requests)
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// wait returns when a condition of the page holds.
func (b *browser) wait(condition string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](condition)); err != nil {
		b.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

func ask[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// shoot writes a screenshot into the folder that SALLYPORT_SCREENSHOTS names, if it does.
func (b *browser) shoot(name string, full bool) {
	b.t.Helper()
	folder := os.Getenv("SALLYPORT_SCREENSHOTS")
	if folder == "" {
		return
	}
	action := chromedp.CaptureScreenshot()
	if full {
		action = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// prefer sets the colour scheme that the browser's user would like, without transitions to wait for.
func (b *browser) prefer(scheme string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	}); err != nil {
		b.t.Fatal(err)
	}
}
