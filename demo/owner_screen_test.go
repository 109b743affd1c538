package demo_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const asked = `document.querySelectorAll("[data-owner] .verdict").length === 2 && !document.querySelector("[aria-busy]")`

// openOwner opens the page and waits for the first answers in the part about whose object it is.
func openOwner(t *testing.T) *browser {
	t.Helper()
	b := openPage(t, newWorld(t))
	b.prefer("light") // and no smooth scrolling, under which a click would miss
	b.wait(asked)
	return b
}

// selectOwner chooses one of the radio buttons of that name, as a click on its label does.
func (b *browser) selectOwner(name, value string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`input[name=%q][value=%q]`, name, value))))
}

// ownerOutcome is the verdict's word and all the text of a side.
func (b *browser) ownerOutcome(side string) (word, text string) {
	b.t.Helper()
	both := ask[[]string](b, fmt.Sprintf(`(() => {
		const outcome = document.querySelector("[data-owner=%s]");
		return [outcome.querySelector(".chip").lastChild.textContent, outcome.textContent];
	})()`, side))
	return both[0], both[1]
}

func (b *browser) text(id string) string {
	b.t.Helper()
	return ask[string](b, fmt.Sprintf(`((one) => one.hidden ? "" : one.textContent)(document.getElementById(%q))`, id))
}

func TestWhoseObjectOnThePage(t *testing.T) {
	b := openOwner(t)
	const held = "The rules hold."
	for _, c := range []struct {
		who, object, wish   string
		bank, bankSays      string
		gateway             string
		says                []string
		same                string // how the two refusals compare; empty where there are none
		decided             string // what the marked line of the document says
		asking, screenShows string
	}{
		{who: "valid", object: "acc-2001", wish: "account",
			bank: "Fell for it", bankSays: "Bob’s account, with its balance of 618.45 euros, shown to Alice.",
			gateway: "Refused", says: []string{"404 Not Found", "object-unknown", "does not hold", "filter/answer"},
			same: "Both are 404 with the same 145 bytes", decided: "allow: response.owner == caller.subject", screenShows: "owner-foreign"},
		{who: "other", object: "acc-1001", wish: "account",
			bank: "Fell for it", bankSays: "Alice’s account, with its balance of 2483.10 euros, shown to Bob.",
			gateway: "Refused", says: []string{"404 Not Found", "does not hold"},
			same: "Both are 404 with the same 145 bytes", decided: "allow: response.owner == caller.subject"},
		{who: "other", object: "acc-2001", wish: "account",
			bank: "Leaked", bankSays: "creditScore and branchNote", gateway: "Allowed", says: []string{held, "x-sallyport:", `"balance": 61845`, "XX61BANK00002001"}},
		{who: "reader", object: "acc-1001", wish: "account",
			bank: "Leaked", bankSays: "XX31BANK00001001", gateway: "Allowed", says: []string{"masked 1 value.", `"****1001"`, "mask, last: 4"}},
		{who: "valid", object: "acc-9999", wish: "account",
			bank: "Refused", bankSays: "There is no such account.", gateway: "Refused", says: []string{"No rule was asked", "the backend knows no such object"},
			same: "Both are 404 with the same 145 bytes"},
		{who: "valid", object: "acc-2001", wish: "list",
			bank: "Fell for it", bankSays: "2 of 4 in the list are no business of Alice’s.", gateway: "Allowed",
			says: []string{"2 in the list, and Alice has a part in each.", "the rules took out 2 items of others."}},
		{who: "valid", object: "acc-2001", wish: "pay", asking: "Not asked yet: this one moves money.",
			bank: "Fell for it", bankSays: "Alice moved 25.00 euros out of Bob’s account.",
			gateway: "Refused", says: []string{"404 Not Found", "inspect/object", "object: getAccount"},
			same: "Both are 404 with the same 145 bytes", decided: "allow: object.owner == caller.subject", screenShows: "owner-pay"},
		{who: "reader", object: "acc-1001", wish: "pay", asking: "Not asked yet: this one moves money.",
			bank: "Leaked", bankSays: "fraudScore", gateway: "Refused", says: []string{"403 Forbidden", "No rule was asked"}},
		{who: "valid", object: "acc-1001", wish: "pay", asking: "Not asked yet: this one moves money.",
			bank: "Leaked", bankSays: `"payer": "alice"`, gateway: "Allowed", says: []string{"201 Created", held, `"payee": "bob"`}},
	} {
		t.Run(c.who+"_"+c.object+"_"+c.wish, func(t *testing.T) {
			b.selectOwner("asker", c.who)
			b.selectOwner("object", c.object)
			b.selectOwner("wish", c.wish)
			if c.asking != "" {
				if text := ask[string](b, `document.querySelector("[data-owner=gateway]").textContent`); text != c.asking {
					t.Errorf("before the button is pressed: %q", text)
				}
				b.do(chromedp.Click(chromedp.CSS("#owner-ask")))
			}
			b.wait(asked)
			if word, text := b.ownerOutcome("backend"); word != c.bank || !strings.Contains(text, c.bankSays) {
				t.Errorf("the bank: %s, want %s with %q\n%s", word, c.bank, c.bankSays, text)
			}
			word, text := b.ownerOutcome("gateway")
			for _, want := range c.says {
				if word != c.gateway || !strings.Contains(text, want) {
					t.Errorf("the gateway: %s, want %s with %q\n%s", word, c.gateway, want, text)
				}
			}
			if same := b.text("same"); (c.same == "") != (same == "") || !strings.Contains(same, c.same) || strings.Contains(same, "They differ") {
				t.Errorf("the comparison is %q, want %q", same, c.same)
			}
			if decided := ask[string](b, `document.querySelector("[data-owner=gateway] .rule mark")?.textContent ?? ""`); decided != c.decided {
				t.Errorf("the line %q is marked, want %q", decided, c.decided)
			}
			if c.screenShows != "" {
				ask[int](b, `document.getElementById("owner").scrollIntoView({ behavior: "instant" }), 0`)
				b.shoot(c.screenShows, false)
			}
		})
	}
}

func TestTheOwnersRequestCanBeEdited(t *testing.T) {
	b := openOwner(t)
	b.do(chromedp.Focus(chromedp.CSS("#owner-path")))
	ask[int](b, `document.querySelector("#owner-path").select(), document.querySelectorAll("[data-owner]").forEach((one) => one.replaceChildren()), 0`)
	b.do(chromedp.SendKeys(chromedp.CSS("#owner-path"), "/v2/accounts/acc-3001"), chromedp.KeyEvent(kb.Enter))
	b.wait(asked)
	if word, text := b.ownerOutcome("backend"); word != "Fell for it" || !strings.Contains(text, "Carol’s account") {
		t.Errorf("the bank: %s\n%s", word, text)
	}
	if word, text := b.ownerOutcome("gateway"); word != "Refused" || !strings.Contains(text, "does not hold") {
		t.Errorf("the gateway: %s\n%s", word, text)
	}
	if same := b.text("same"); !strings.Contains(same, "acc-3001 does exist") || !strings.Contains(same, "acc-9999 does not exist") {
		t.Errorf("the comparison is %q", same)
	}
	said := b.text("said")
	for _, want := range []string{"The bank: Fell for it, 200.", "Sallyport: Refused, 404.", "does not hold", "the same 145 bytes"} {
		if !strings.Contains(said, want) {
			t.Errorf("a screen reader hears %q, without %q", said, want)
		}
	}

	b.selectOwner("wish", "pay")
	ask[bool](b, `(() => { const body = document.getElementById("owner-body"); body.value = body.value.replace("2500", "-1"); return true; })()`)
	b.do(chromedp.Click(chromedp.CSS("#owner-ask")))
	b.wait(asked)
	if word, text := b.ownerOutcome("gateway"); word != "Refused" || !strings.Contains(text, "400 Bad Request") || !strings.Contains(text, "/amount") {
		t.Errorf("a body that was edited: %s\n%s", word, text)
	}
}
