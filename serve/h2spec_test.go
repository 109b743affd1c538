package serve_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"
)

// unmet names the cases that do not hold, each with its reason. One that fails
// and is not named here is a fault, and so is one that is named and holds.
func unmet() map[string]string {
	twice := "net/http takes one setting twice in a frame for an error of the connection; a client has no use for it"
	spoken := "net/http answers 400 and ends the stream; RFC 9113 §8.1.1 lets an answer go before the reset, which is all that the case looks for"
	return map[string]string{
		"in_the_clear/http2/3.5/2":     "what does not begin with the preface is HTTP/1.1 in the clear: it is answered 400 in HTTP/1.1, and then the connection is closed",
		"in_the_clear/http2/6.5.3/1":   twice,
		"in_the_clear/http2/8.1.2.2/1": spoken,
		"in_the_clear/http2/8.1.2.2/2": spoken,
		"over_tls/http2/6.5.3/1":       twice,
		"over_tls/http2/8.1.2.2/1":     spoken,
		"over_tls/http2/8.1.2.2/2":     spoken,
	}
}

// h2specPatience is longer than the second for which net/http leaves a
// connection open behind its GOAWAY: some cases wait for the end.
const h2specPatience = 2 * time.Second

// acceptBare lets the suite's requests reach the backend, whose bodies have no
// Content-Type: refused before the body is read, they would race against it.
const acceptBare = "    observe: [ validate ]\n"

// TestH2spec holds the door for HTTP/2, in the clear and over TLS, to a suite
// that nobody here wrote: RFC 9113's frames and states, and RFC 7541.
func TestH2spec(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, strings.Repeat("of the backend ", 100)) // windows are set to less than that
	}))
	t.Cleanup(backend.Close)
	for name, listen := range map[string]string{
		"in_the_clear": "listen: [{address: '127.0.0.1:0', h2c: true}]\n",
		"over_tls":     overTLS,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			f.certificate("leaf", valid)
			f.write("shop.yaml", shop("/orders")+"    post:\n      requestBody: {content: {'*/*': {}}}\n      responses: {'200': {description: taken, content: {text/plain: {}}}}\n")
			f.write("sallyport.yaml", settings(backend.URL, listen, acceptBare))
			scheme, address, _ := strings.Cut(start(f).api(), "://")
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			c := &config.Config{Host: host, Path: "/orders", Timeout: h2specPatience, MaxHeaderLen: 4000, Strict: true, TLS: scheme == "https", Insecure: true}
			if c.Port, err = strconv.Atoi(port); err != nil {
				t.Fatal(err)
			}
			s := &suite{t: t, config: c, unmet: unmet()}
			for _, group := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
				s.run(group)
			}
			if s.cases < 140 {
				t.Errorf("only %d cases", s.cases)
			}
		})
	}
}

// suite is one run of all cases.
type suite struct {
	t      *testing.T
	config *config.Config
	unmet  map[string]string
	cases  int
}

// run runs the cases of a group and the groups below it. Each has a name such
// as http2/6.9.2/1, by its section and its place from 1.
func (s *suite) run(group *spec.TestGroup) {
	for i, c := range append(group.Tests[:len(group.Tests):len(group.Tests)], group.StrictTests...) {
		s.cases++
		name := group.ID() + "/" + strconv.Itoa(i+1)
		s.t.Run(name, func(t *testing.T) {
			told, err := s.quietly(t, func() error { return c.Test(s.config, i+1) })
			_, listener, _ := strings.Cut(s.t.Name(), "/")
			reason, listed := s.unmet[listener+"/"+name]
			switch {
			case err != nil:
				t.Fatal(err)
			case c.Result.Skipped:
				t.Errorf("was skipped:\n%s", told)
			case c.Result.Failed && !listed:
				t.Errorf("%s\n%s", c.Requirement, told)
			case !c.Result.Failed && listed:
				t.Errorf("holds, and is listed as one that does not: %s", reason)
			}
		})
	}
	for _, below := range group.Groups {
		s.run(below)
	}
}

// quietly keeps what is printed away from the tests' own output.
func (s *suite) quietly(t *testing.T, run func() error) (told string, err error) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	own := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = own }()
	err = run()
	text, reading := os.ReadFile(file.Name())
	if reading != nil {
		t.Fatal(reading)
	}
	return string(text), err
}
