package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"sallyport/demo"
	"sallyport/demo/bank"
)

// world is a bank, a gateway in front of it, and the page that talks to both,
// by their origins.
type world struct {
	bank                   *bank.Bank
	page, gateway, backend string
}

// newWorld is the demonstration as its user starts it, on free ports.
func newWorld(t *testing.T) world {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	started, ended := make(chan world, 1), make(chan error, 1)
	b := bank.New()
	var log bytes.Buffer
	go func() {
		ended <- demo.Run(ctx, demo.Options{
			Listen: "127.0.0.1:0", Bank: b, Stdout: io.Discard, Stderr: &log,
			Started: func(page, gateway, backend string) { started <- world{b, page, gateway, backend} },
		})
	}()
	select {
	case w := <-started:
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Errorf("the demonstration ended with %v", err)
			}
			if lines := strings.Split(log.String(), "\n"); t.Failed() {
				t.Logf("the end of the gateway's log:\n%s", strings.Join(lines[max(0, len(lines)-8):], "\n"))
			}
		})
		return w
	case err := <-ended:
		stop()
		t.Fatalf("the demonstration did not start: %v\n%s", err, log.String())
	}
	panic("not reached")
}

// worldOf is a page before two sides of the test's own.
func worldOf(t *testing.T, backend, gateway http.Handler) world {
	t.Helper()
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	w := world{backend: serve(backend), gateway: serve(gateway)}
	w.page = serve(pageOf(t, w))
	return w
}

func pageOf(t *testing.T, w world) http.Handler {
	t.Helper()
	handler, err := demo.Page{Gateway: w.gateway, Backend: w.backend, Issuer: newIssuer(t)}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

const settled = `document.querySelectorAll("[data-outcome] .verdict").length === 2 && !document.querySelector("[aria-busy]")`

// openPage opens the page and waits for the first two answers.
func openPage(t *testing.T, w world) *browser {
	t.Helper()
	b := openBrowser(t, w.page)
	b.wait(settled)
	return b
}

// pick chooses a preset and waits for both answers to it.
func (b *browser) pick(preset string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("[data-outcome]").forEach((one) => one.replaceChildren())`),
		chromedp.Click(chromedp.CSS(fmt.Sprintf(`input[value=%q]`, preset))))
	b.wait(settled)
}

// choose sets the request of a side and waits for the answer.
func (b *browser) choose(side, path string) {
	b.t.Helper()
	ask[bool](b, fmt.Sprintf(`(() => {
		document.querySelector("[data-outcome=%s]").replaceChildren();
		const select = document.getElementById("%s-endpoint");
		select.value = %q;
		return select.dispatchEvent(new Event("change"));
	})()`, side, side, path))
	b.wait(settled)
}

// outcome is what one side shows: the verdict's word, the status, and all of its text.
func (b *browser) outcome(side string) (word, status, text string) {
	b.t.Helper()
	all := ask[[]string](b, fmt.Sprintf(`(() => {
		const outcome = document.querySelector("[data-outcome=%s]");
		return [outcome.querySelector(".chip").lastChild.textContent, outcome.querySelector(".status")?.textContent ?? "", outcome.textContent];
	})()`, side))
	return all[0], all[1], all[2]
}

func TestTheTwoSidesAnswerAtOnce(t *testing.T) {
	b := openPage(t, newWorld(t))
	word, status, text := b.outcome("backend")
	if word != "Leaked" || status != "200 OK" || !strings.Contains(text, "GET /v1/users/all HTTP/1.1") || !strings.Contains(text, "ZZ 57 08 34 E") {
		t.Errorf("the bank: %s, %s\n%s", word, status, text)
	}
	word, status, text = b.outcome("gateway")
	if word != "Allowed" || status != "200 OK" || !strings.Contains(text, "GET /v2/user/profile HTTP/1.1") || !strings.Contains(text, "Authorization: Bearer ey") {
		t.Errorf("the gateway: %s, %s\n%s", word, status, text)
	}
	if !strings.Contains(text, "alice@mail.example") || strings.Contains(text, "passwordHash") {
		t.Errorf("the gateway let out the wrong fields:\n%s", text)
	}
	if said := ask[string](b, `document.getElementById("said").textContent`); !strings.Contains(said, "Leaked, 200") || !strings.Contains(said, "Allowed, 200") {
		t.Errorf("a screen reader hears %q", said)
	}
	b.shoot("wide-light", false)
}

func TestPresets(t *testing.T) {
	w := newWorld(t)
	b := openPage(t, w)
	b.choose("backend", "/v2/user/profile")
	for _, c := range []struct{ preset, bankWord, whose, word, status string }{
		{"missing", "Fooled", "alice@mail.example", "Refused", "401 Unauthorized"},
		{"expired", "Fooled", "alice@mail.example", "Refused", "401 Unauthorized"},
		{"tampered", "Fooled", "carol@mail.example", "Refused", "401 Unauthorized"},
		{"none", "Fooled", "carol@mail.example", "Refused", "401 Unauthorized"},
		{"forged", "Fooled", "alice@mail.example", "Refused", "401 Unauthorized"},
		{"audience", "Fooled", "alice@mail.example", "Refused", "401 Unauthorized"},
		{"other", "Leaked", "bob@mail.example", "Allowed", "200 OK"},
		{"valid", "Leaked", "alice@mail.example", "Allowed", "200 OK"},
	} {
		t.Run(c.preset, func(t *testing.T) {
			b.pick(c.preset)
			if word, _, text := b.outcome("backend"); word != c.bankWord || !strings.Contains(text, c.whose) {
				t.Errorf("the bank: %s, want %s with %s\n%s", word, c.bankWord, c.whose, text)
			}
			word, status, text := b.outcome("gateway")
			if word != c.word || status != c.status {
				t.Errorf("the gateway: %s with %s, want %s with %s\n%s", word, status, c.word, c.status, text)
			}
			if sent := strings.Contains(text, "Authorization:"); sent == (c.preset == "missing") {
				t.Errorf("the request shows an Authorization field: %t", sent)
			}
			if allowed := c.word == "Allowed"; allowed != strings.Contains(text, c.whose) {
				t.Errorf("the gateway's answer holds %s: %t", c.whose, !allowed)
			}
		})
		if c.preset == "tampered" {
			b.shoot("wide-tampered", false)
		}
	}
}

func TestTheTokenCanBeEdited(t *testing.T) {
	b := openPage(t, newWorld(t))
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("[data-outcome]").forEach((one) => one.replaceChildren())`),
		chromedp.SendKeys(chromedp.CSS("#token"), "A"))
	if note := ask[string](b, `document.getElementById("preset-note").textContent`); !strings.HasPrefix(note, "Your own token") {
		t.Errorf("the note is %q", note)
	}
	if checked := ask[int](b, `document.querySelectorAll("#presets input:checked").length`); checked != 0 {
		t.Errorf("%d presets are still chosen", checked)
	}
	if payload := ask[string](b, `document.getElementById("decoded-payload").textContent`); !strings.Contains(payload, `"sub": "alice"`) {
		t.Errorf("the payload is shown as %s", payload)
	}
	b.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.wait(settled)
	if word, status, _ := b.outcome("gateway"); word != "Refused" || status != "401 Unauthorized" {
		t.Errorf("the gateway: %s with %s, want a refusal of the changed signature", word, status)
	}
	ask[bool](b, `(() => { const area = document.getElementById("token"); area.value = "not a token"; return area.dispatchEvent(new Event("input")); })()`)
	if payload := ask[string](b, `document.getElementById("decoded-payload").textContent`); !strings.Contains(payload, "three parts") {
		t.Errorf("what is no token is shown as %q", payload)
	}
}

func TestAttacks(t *testing.T) {
	b := openPage(t, newWorld(t))
	b.prefer("light")
	b.runAttacks()
	var attacks []struct{ ID, Bank, Gateway, Text string }
	text := ask[string](b, `JSON.stringify([...document.querySelectorAll("[data-attack]")].map((row) => ({
		id: row.dataset.attack,
		bank: row.querySelector("[data-side=backend] .chip").lastChild.textContent,
		gateway: row.querySelector("[data-side=gateway] .chip").lastChild.textContent,
		text: row.querySelector("[data-side=gateway] .verdict").textContent,
	})))`)
	if err := json.Unmarshal([]byte(text), &attacks); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // what the gateway's refusal has to say
		"undocumented": "404", "injection": "400", "field": "400", "negative": "400",
		"malformed": "400", "role": "403", "readings": "400", "burst": "Alice was served",
	}
	if len(attacks) != len(want) {
		t.Errorf("%d attacks, want %d", len(attacks), len(want))
	}
	for _, attack := range attacks {
		if attack.Bank != "Fell for it" && attack.Bank != "No limit" {
			t.Errorf("%s: the bank: %s", attack.ID, attack.Bank)
		}
		if attack.Gateway != "Refused" || !strings.Contains(attack.Text, want[attack.ID]) {
			t.Errorf("%s: the gateway: %s, without %q in %q", attack.ID, attack.Gateway, want[attack.ID], attack.Text)
		}
	}
	if score := ask[string](b, `document.getElementById("score").textContent`); !strings.Contains(score, "8 of 8") || !strings.Contains(score, "0 of 8") {
		t.Errorf("the score is %q", score)
	}
	b.shoot("wide-full", true)
	b.prefer("dark")
	b.shoot("wide-dark", true)
}

// runAttacks tries them all and waits for the last.
func (b *browser) runAttacks() {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("#run-all")))
	b.wait(`document.querySelectorAll(".attack .verdict").length === 16 && !document.querySelector("#run-all[aria-disabled]")`)
}

func TestNoWidthScrollsSideways(t *testing.T) {
	b := openPage(t, newWorld(t))
	b.prefer("light")
	b.runAttacks()
	for _, width := range []int64{320, 390, 720, 721, 960, 1280, 1920} {
		b.do(chromedp.EmulateViewport(width, 844))
		if width == 390 {
			b.shoot("phone-light", false)
			b.shoot("phone-full", true)
		}
		ask[int](b, `document.querySelectorAll("details").forEach((one) => { one.open = true; }), 0`)
		if got := ask[int64](b, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("at %d pixels the page is %d wide", width, got)
		}
		columns := ask[int](b, `new Set([...document.querySelectorAll(".sides > *")].map((side) => side.getBoundingClientRect().left)).size`)
		if want := 2; width <= 720 && columns != 1 || width > 720 && columns != want {
			t.Errorf("at %d pixels the two sides are in %d columns", width, columns)
		}
		ask[int](b, `document.querySelectorAll("details").forEach((one) => { one.open = false; }), 0`)
	}
}

func TestTheKeyboardReachesEverythingInOrder(t *testing.T) {
	b := openPage(t, newWorld(t))
	ask[bool](b, `document.activeElement.blur() ?? true`)
	var order []string
	for range 80 {
		b.do(chromedp.KeyEvent(kb.Tab))
		var at struct {
			Name    string
			Outline string
		}
		text := ask[string](b, `(() => {
			const at = document.activeElement;
			const ring = at.matches("input[type=radio]") ? at.nextElementSibling : at;
			return JSON.stringify({ name: at.id || at.value || at.textContent.trim().slice(0, 30), outline: getComputedStyle(ring).outlineStyle });
		})()`)
		if err := json.Unmarshal([]byte(text), &at); err != nil {
			t.Fatal(err)
		}
		order = append(order, at.Name)
		if at.Outline == "none" {
			t.Errorf("%q shows no focus ring", at.Name)
		}
		if at.Name == "run-all" {
			break
		}
	}
	last := -1
	for _, name := range []string{"Skip to the two requests", "valid", "token", "send-both", "backend-endpoint", "gateway-endpoint", "account", "owner-path", "owner-ask", "run-all"} {
		at := slices.Index(order, name)
		if at <= last {
			t.Fatalf("%q is at %d, want it after %d in %q", name, at, last, order)
		}
		last = at
	}
	b.do(chromedp.Focus(chromedp.CSS(`input[value="valid"]`)), chromedp.KeyEvent(kb.ArrowRight))
	b.wait(`document.querySelector("input[value=missing]").checked && document.querySelector("[data-outcome=gateway] .status")?.textContent.startsWith("401")`)
	b.do(chromedp.Focus(chromedp.CSS(`[data-attack="field"] button`)), chromedp.KeyEvent(kb.Enter))
	b.wait(`document.querySelectorAll("[data-attack=field] .verdict").length === 2`)
	if focused := ask[bool](b, `document.activeElement === document.querySelector("[data-attack=field] button")`); !focused {
		t.Error("the button lost the focus by being pressed")
	}
}

func TestThePageKeepsToItself(t *testing.T) {
	w := newWorld(t)
	b := openPage(t, w)
	b.runAttacks()
	against, requests := b.seen()
	if len(against) > 0 {
		t.Errorf("the browser complains: %q", against)
	}
	for _, address := range requests {
		if !strings.HasPrefix(address, w.page+"/") && !strings.HasPrefix(address, w.backend+"/") && !strings.HasPrefix(address, w.gateway+"/") {
			t.Errorf("a request went to %s", address)
		}
	}
	foreign := httptest.NewServer(bank.New())
	defer foreign.Close()
	blocked := ask[string](b, fmt.Sprintf(`(() => {
		const blocked = [];
		document.addEventListener("securitypolicyviolation", (event) => { blocked.push(event.effectiveDirective); globalThis.blocked = blocked.sort().join(" "); });
		try { document.body.innerHTML += "<b>markup</b>"; } catch {}
		const script = document.createElement("script");
		try { script.textContent = "globalThis.ran = true"; } catch {}
		document.body.append(script);
		document.body.setAttribute("style", "color: red");
		fetch(%q).catch(() => {});
		return "";
	})()`, foreign.URL))
	b.wait(`globalThis.blocked?.includes("connect-src") && globalThis.blocked.includes("style-src-attr") && globalThis.blocked.includes("require-trusted-types-for")`)
	if ran := ask[bool](b, `globalThis.ran === true`); ran || blocked != "" {
		t.Error("an inline script ran")
	}
}

func TestAnAnswerNeverBecomesMarkup(t *testing.T) {
	hostile := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "Authorization")
		if r.Method == http.MethodOptions {
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"title":"<img src=x onerror=alert(1)>","errors":[{"in":"<b>","message":"<script>alert(1)</script>"}],"id":"a\u2028b"}`)
	})
	b := openPage(t, worldOf(t, hostile, hostile))
	if markup := ask[int](b, `document.querySelectorAll("main img, main script, .verdict b").length`); markup != 0 {
		t.Errorf("%d elements came out of an answer", markup)
	}
	if _, _, text := b.outcome("backend"); !strings.Contains(text, "<img src=x onerror=alert(1)>.") || !strings.Contains(text, "<script>") {
		t.Errorf("the answer is not shown as it came:\n%s", text)
	}
}

func TestASideThatIsDown(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	bankUp := httptest.NewServer(bank.New())
	defer bankUp.Close()
	w := world{gateway: down.URL, backend: bankUp.URL}
	page := httptest.NewServer(pageOf(t, w))
	defer page.Close()
	w.page = page.URL
	b := openPage(t, w)
	word, _, text := b.outcome("gateway")
	if word != "No answer" || !strings.Contains(text, "(no answer)") {
		t.Errorf("a gateway that is down: %s\n%s", word, text)
	}
	if word, _, _ := b.outcome("backend"); word != "Leaked" {
		t.Errorf("the other side: %s, want it to answer all the same", word)
	}
}
