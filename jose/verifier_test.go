package jose

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const edHeader = `{"alg":"EdDSA","kid":"d1","typ":"at+jwt"}`

func TestHeader(t *testing.T) {
	payload := encode(t, goodClaims(nil))
	for name, c := range map[string]struct {
		header string
		want   Reason
	}{
		"ordinary":                       {edHeader, ReasonNone},
		"without kid":                    {`{"alg":"EdDSA"}`, ReasonNone},
		"white space":                    {" { \"alg\" :\n\"EdDSA\" } ", ReasonNone},
		"unknown members are ignored":    {`{"alg":"EdDSA","kid":"d1","x":{"y":[1]}}`, ReasonNone},
		"keys brought along are ignored": {`{"alg":"EdDSA","kid":"d1","jku":"https://evil.example","jwk":{"kty":"oct","k":"AA"},"x5u":1}`, ReasonNone},
		"no alg":                         {`{"kid":"d1"}`, ReasonAlgorithm},
		"none":                           {`{"alg":"none"}`, ReasonAlgorithm},
		"lower case":                     {`{"alg":"eddsa","kid":"d1"}`, ReasonAlgorithm},
		"alg is a number":                {`{"alg":1}`, ReasonAlgorithm},
		"alg of another key":             {`{"alg":"ES256","kid":"d1"}`, ReasonAlgorithm},
		"alg of a key that is bound":     {`{"alg":"PS256","kid":"r1"}`, ReasonAlgorithm},
		"alg not in the list":            {`{"alg":"HS256","kid":"d1"}`, ReasonAlgorithm},
		"kid unknown":                    {`{"alg":"EdDSA","kid":"d2"}`, ReasonKeyUnknown},
		"kid in another case":            {`{"alg":"EdDSA","kid":"D1"}`, ReasonKeyUnknown},
		"kid empty":                      {`{"alg":"EdDSA","kid":""}`, ReasonMalformed},
		"kid a number":                   {`{"alg":"EdDSA","kid":1}`, ReasonMalformed},
		"kid a list":                     {`{"alg":"EdDSA","kid":["d1"]}`, ReasonMalformed},
		"crit":                           {`{"alg":"EdDSA","kid":"d1","crit":["exp"],"exp":1}`, ReasonCritical},
		"crit empty":                     {`{"alg":"EdDSA","kid":"d1","crit":[]}`, ReasonCritical},
		"crit null":                      {`{"alg":"EdDSA","kid":"d1","crit":null}`, ReasonCritical},
		"b64 true":                       {`{"alg":"EdDSA","kid":"d1","b64":true}`, ReasonCritical},
		"alg twice":                      {`{"alg":"EdDSA","kid":"d1","alg":"EdDSA"}`, ReasonMalformed},
		"alg twice, none first":          {`{"alg":"none","kid":"d1","alg":"EdDSA"}`, ReasonAlgorithm},
		"alg twice, none last":           {`{"alg":"EdDSA","kid":"d1","alg":"none"}`, ReasonMalformed},
		"name twice, once escaped":       {`{"alg":"EdDSA","kid":"d1","x":1,"\u0078":2}`, ReasonMalformed},
		"name twice within":              {`{"alg":"EdDSA","kid":"d1","x":{"y":1,"y":1}}`, ReasonMalformed},
		"not UTF-8":                      {"{\"alg\":\"EdDSA\",\"kid\":\"d1\",\"x\":\"\xff\"}", ReasonMalformed},
		"half a surrogate pair":          {`{"alg":"EdDSA","kid":"d1","x":"\ud800"}`, ReasonMalformed},
		"byte-order mark":                {"\ufeff" + edHeader, ReasonMalformed},
		"more behind it":                 {edHeader + "{}", ReasonMalformed},
		"an array":                       {`[` + edHeader + `]`, ReasonMalformed},
		"cut off":                        {edHeader[:len(edHeader)-1], ReasonMalformed},
		"empty":                          {``, ReasonMalformed},
		"nested too deeply":              {`{"alg":"EdDSA","kid":"d1","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, ReasonMalformed},
		"too many members":               {`{"alg":"EdDSA","kid":"d1"` + members(40) + `}`, ReasonMalformed},
		"of an encrypted token":          {`{"alg":"EdDSA","kid":"d1","enc":"A128GCM"}`, ReasonMalformed},
		"typ in other letters":           {`{"alg":"EdDSA","kid":"d1","typ":"AT+JWT"}`, ReasonNone},
		"typ with application":           {`{"alg":"EdDSA","kid":"d1","typ":"Application/at+jwt"}`, ReasonNone},
		"typ JWT":                        {`{"alg":"EdDSA","kid":"d1","typ":"jwt"}`, ReasonNone},
		"typ of another purpose":         {`{"alg":"EdDSA","kid":"d1","typ":"dpop+jwt"}`, ReasonType},
		"typ empty":                      {`{"alg":"EdDSA","kid":"d1","typ":""}`, ReasonType},
		"typ of another tree":            {`{"alg":"EdDSA","kid":"d1","typ":"text/at+jwt"}`, ReasonType},
		"typ null":                       {`{"alg":"EdDSA","kid":"d1","typ":null}`, ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) { wantReason(t, verifyAt(t, ordinary(t), forge(c.header, payload)), c.want) })
	}
}

// members returns n further members, each with a comma before it.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":0`, i)
	}
	return b.String()
}

func TestClaims(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		want    Reason
	}{
		"ordinary":                {nil, ReasonNone},
		"aud a list":              {map[string]any{"aud": []string{"x", "https://api.example"}}, ReasonNone},
		"aud missing":             {map[string]any{"aud": nil}, ReasonClaimMissing},
		"aud empty list":          {map[string]any{"aud": []string{}}, ReasonAudience},
		"aud another":             {map[string]any{"aud": "https://api.example/"}, ReasonAudience},
		"aud in capitals":         {map[string]any{"aud": "HTTPS://API.EXAMPLE"}, ReasonAudience},
		"aud a number":            {map[string]any{"aud": 1}, ReasonMalformed},
		"aud a list with another": {map[string]any{"aud": []any{"https://api.example", 1}}, ReasonMalformed},
		"aud an object":           {map[string]any{"aud": map[string]any{"https://api.example": 1}}, ReasonMalformed},
		"iss missing":             {map[string]any{"iss": nil}, ReasonClaimMissing},
		"iss with a slash":        {map[string]any{"iss": "https://issuer.example/"}, ReasonIssuer},
		"iss a list":              {map[string]any{"iss": []string{"https://issuer.example"}}, ReasonMalformed},
		"sub missing":             {map[string]any{"sub": nil}, ReasonClaimMissing},
		"sub empty":               {map[string]any{"sub": ""}, ReasonClaimMissing},
		"sub a number":            {map[string]any{"sub": 7}, ReasonMalformed},
		"jti a number":            {map[string]any{"jti": 7}, ReasonMalformed},
		"exp missing":             {map[string]any{"exp": nil}, ReasonClaimMissing},
		"exp a string":            {map[string]any{"exp": "1800003600"}, ReasonMalformed},
		"exp true":                {map[string]any{"exp": true}, ReasonMalformed},
		"exp below zero":          {map[string]any{"exp": -1}, ReasonMalformed},
		"exp zero":                {map[string]any{"exp": 0}, ReasonExpired},
		"exp in milliseconds":     {map[string]any{"exp": 1_800_003_600_000}, ReasonMalformed},
		"exp now":                 {map[string]any{"exp": noon}, ReasonNone},
		"exp just within skew":    {map[string]any{"exp": noon - 29.5}, ReasonNone},
		"exp at the end of skew":  {map[string]any{"exp": noon - 30}, ReasonExpired},
		"exp behind skew":         {map[string]any{"exp": noon - 30.5}, ReasonExpired},
		"nbf within skew":         {map[string]any{"nbf": noon + 30}, ReasonNone},
		"nbf to come":             {map[string]any{"nbf": noon + 31}, ReasonNotYetValid},
		"nbf a string":            {map[string]any{"nbf": "0"}, ReasonMalformed},
		"iat within skew":         {map[string]any{"iat": noon + 30}, ReasonNone},
		"iat to come":             {map[string]any{"iat": noon + 31}, ReasonNotYetValid},
		"iat and nbf missing":     {map[string]any{"iat": nil, "nbf": nil}, ReasonNone},
		"cnf":                     {map[string]any{"cnf": map[string]any{"jkt": "x"}}, ReasonBound},
		"cnf of no form":          {map[string]any{"cnf": false}, ReasonBound},
	} {
		t.Run(name, func(t *testing.T) {
			token := forge(edHeader, encode(t, goodClaims(c.changes)))
			wantReason(t, verifyAt(t, ordinary(t), token), c.want)
		})
	}
}

// Payloads that encoding a map cannot make.
func TestPayload(t *testing.T) {
	rest := `"iss":"https://issuer.example","aud":"https://api.example","sub":"u"`
	for name, c := range map[string]struct {
		payload string
		want    Reason
	}{
		"ordinary":            {`{` + rest + `,"exp":1800003600}`, ReasonNone},
		"exp with exponent":   {`{` + rest + `,"exp":1.8000036e9}`, ReasonNone},
		"exp beyond a float":  {`{` + rest + `,"exp":1e999}`, ReasonMalformed},
		"exp beyond an int":   {`{` + rest + `,"exp":9223372036854775808}`, ReasonMalformed},
		"exp null":            {`{` + rest + `,"exp":null}`, ReasonMalformed},
		"exp NaN":             {`{` + rest + `,"exp":NaN}`, ReasonMalformed},
		"exp with plus":       {`{` + rest + `,"exp":+1800003600}`, ReasonMalformed},
		"exp with zero first": {`{` + rest + `,"exp":01800003600}`, ReasonMalformed},
		"a claim twice":       {`{` + rest + `,"exp":1800003600,"exp":1800003600}`, ReasonMalformed},
		"a claim twice below": {`{` + rest + `,"exp":1800003600,"a":[{"b":1,"b":2}]}`, ReasonMalformed},
		"Exp is another name": {`{` + rest + `,"Exp":1800003600}`, ReasonClaimMissing},
		"sub null":            {`{"iss":"https://issuer.example","aud":"https://api.example","sub":null,"exp":1800003600}`, ReasonMalformed},
		"an array":            {`[{` + rest + `,"exp":1800003600}]`, ReasonMalformed},
		"a string":            {`"x"`, ReasonMalformed},
		"nothing":             {``, ReasonMalformed},
		"a comma at the end":  {`{` + rest + `,"exp":1800003600,}`, ReasonMalformed},
		"a comment":           {`{` + rest + `,"exp":1800003600/**/}`, ReasonMalformed},
		"not UTF-8":           {`{` + rest + `,"exp":1800003600,"x":"` + "\xc3\x28" + `"}`, ReasonMalformed},
		"a token within":      {forge(edHeader, `{}`), ReasonMalformed}, // RFC 7519 §5.2, nested
		"too many claims":     {`{` + rest + `,"exp":1800003600` + members(300) + `}`, ReasonMalformed},
		"nested too deeply":   {`{` + rest + `,"exp":1800003600,"x":` + strings.Repeat(`{"x":`, 40) + `1` + strings.Repeat(`}`, 40) + `}`, ReasonMalformed},
		"brackets in a text":  {`{` + rest + `,"exp":1800003600,"x":"` + strings.Repeat(`[\"`, 40) + `"}`, ReasonNone},
	} {
		t.Run(name, func(t *testing.T) { wantReason(t, verifyAt(t, ordinary(t), forge(edHeader, c.payload)), c.want) })
	}
}

func TestSpelling(t *testing.T) {
	good := forge(edHeader, encode(t, goodClaims(nil)))
	part := strings.Split(good, ".")
	// 64 octets of signature leave four bits unused in the last character.
	loose := good[:len(good)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[indexOf(good[len(good)-1])+1])
	for name, c := range map[string]struct {
		token string
		want  Reason
	}{
		"ordinary":             {good, ReasonNone},
		"nothing":              {"", ReasonMalformed},
		"two parts":            {part[0] + "." + part[1], ReasonMalformed},
		"four parts":           {good + ".", ReasonMalformed},
		"five parts":           {good + ".AA.AA", ReasonMalformed},
		"no signature":         {part[0] + "." + part[1] + ".", ReasonSignature},
		"no header":            {"." + part[1] + "." + part[2], ReasonMalformed},
		"no payload":           {part[0] + ".." + part[2], ReasonSignature},
		"space before":         {" " + good, ReasonMalformed},
		"space behind":         {good + " ", ReasonMalformed},
		"line break behind":    {good + "\n", ReasonMalformed},
		"line break within":    {good[:9] + "\r\n" + good[9:], ReasonMalformed},
		"padding":              {good + "==", ReasonMalformed},
		"the other alphabet":   {part[0] + "." + part[1] + "." + "+/" + part[2][2:], ReasonMalformed},
		"unused bits set":      {loose, ReasonMalformed},
		"NUL behind":           {good + "\x00", ReasonMalformed},
		"another signature":    {part[0] + "." + part[1] + "." + strings.Split(forge(edHeader, "{}"), ".")[2], ReasonSignature},
		"signature cut":        {part[0] + "." + part[1] + "." + part[2][:84], ReasonSignature},
		"too long":             {good + strings.Repeat("A", 8192), ReasonMalformed},
		"JSON serialization":   {`{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`, ReasonMalformed},
		"under another header": {b64(`{"alg":"EdDSA"}`) + "." + part[1] + "." + part[2], ReasonSignature},
	} {
		t.Run(name, func(t *testing.T) { wantReason(t, verifyAt(t, ordinary(t), c.token), c.want) })
	}
}

func indexOf(c byte) int {
	return strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c)
}

func TestSettings(t *testing.T) {
	bound := map[string]any{"cnf": map[string]any{"jkt": keyPrint}}
	for name, c := range map[string]struct {
		set     func(*Verifier)
		changes map[string]any
		want    Reason
	}{
		"any issuer":             {func(v *Verifier) { v.Issuer, v.AnyIssuer = "", true }, map[string]any{"iss": nil}, ReasonNone},
		"any audience":           {func(v *Verifier) { v.Audiences, v.AnyAudience = nil, true }, map[string]any{"aud": nil}, ReasonNone},
		"second audience":        {func(v *Verifier) { v.Audiences = []string{"x", "y"} }, map[string]any{"aud": "y"}, ReasonNone},
		"algorithm left out":     {func(v *Verifier) { v.Algorithms = []string{"RS256"} }, nil, ReasonAlgorithm},
		"typ asked for":          {func(v *Verifier) { v.Types = []string{"JWT"} }, nil, ReasonType},
		"typ asked for in full":  {func(v *Verifier) { v.Types = []string{"application/AT+JWT"} }, nil, ReasonNone},
		"no claim required":      {func(v *Verifier) { v.RequiredClaims = []string{} }, map[string]any{"sub": nil}, ReasonNone},
		"another claim required": {func(v *Verifier) { v.RequiredClaims = []string{"client_id"} }, nil, ReasonClaimMissing},
		"a claim within":         {func(v *Verifier) { v.RequiredClaims = []string{"act.sub"} }, map[string]any{"act": map[string]any{"sub": "x"}}, ReasonNone},
		"no skew":                {func(v *Verifier) { v.Skew = -1 }, map[string]any{"exp": noon}, ReasonExpired},
		"more skew":              {func(v *Verifier) { v.Skew = time.Minute }, map[string]any{"exp": noon - 59}, ReasonNone},
		"shorter tokens":         {func(v *Verifier) { v.MaxTokenBytes = 100 }, nil, ReasonMalformed},
		"binding checked":        {func(v *Verifier) { v.Bindings = BoundToKey }, bound, ReasonNone},
	} {
		t.Run(name, func(t *testing.T) {
			v := ordinary(t)
			c.set(v)
			wantReason(t, verifyAt(t, v, forge(edHeader, encode(t, goodClaims(c.changes)))), c.want)
		})
	}
}

func TestMistakenSettingsRefuseEverything(t *testing.T) {
	for name, set := range map[string]func(*Verifier){
		"no keys":                  func(v *Verifier) { v.Keys = nil },
		"no issuer":                func(v *Verifier) { v.Issuer = "" },
		"an issuer and any":        func(v *Verifier) { v.AnyIssuer = true },
		"no audience":              func(v *Verifier) { v.Audiences = nil },
		"an audience and any":      func(v *Verifier) { v.AnyAudience = true },
		"an empty audience":        func(v *Verifier) { v.Audiences = []string{"x", ""} },
		"none":                     func(v *Verifier) { v.Algorithms = []string{"RS256", "none"} },
		"an algorithm of tomorrow": func(v *Verifier) { v.Algorithms = []string{"ES257"} },
		"two families":             func(v *Verifier) { v.Algorithms = []string{"RS256", "HS256"} },
		"no type":                  func(v *Verifier) { v.Types = []string{} },
		"an hour of skew":          func(v *Verifier) { v.Skew = time.Hour },
		"tokens below zero":        func(v *Verifier) { v.MaxTokenBytes = -1 },
		"tokens of a gigabyte":     func(v *Verifier) { v.MaxTokenBytes = 1 << 30 },
	} {
		t.Run(name, func(t *testing.T) {
			v := ordinary(t)
			set(v)
			if v.Check() == nil {
				t.Error("no mistake found")
			}
			err := verifyAt(t, v, forge(edHeader, encode(t, goodClaims(nil))))
			wantReason(t, err, ReasonConfiguration)
			if !ReasonOf(err).Ours() {
				t.Error("blamed on the caller")
			}
		})
	}
}

func TestSharedSecret(t *testing.T) {
	long := `{"keys":[{"kty":"oct","kid":"s","k":"` + b64(strings.Repeat("k", 48)) + `"}]}`
	keys, err := ParseKeys([]byte(long))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		alg     string
		allowed []string
		want    Reason
	}{
		"as long as the hash":        {"HS384", []string{"HS384"}, ReasonNone},
		"shorter than the hash":      {"HS512", []string{"HS512"}, ReasonAlgorithm},
		"not asked for by name":      {"HS256", nil, ReasonAlgorithm},
		"for a public-key algorithm": {"RS256", nil, ReasonAlgorithm},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := algorithmOf(c.alg)
			token := seal(`{"alg":"`+c.alg+`","kid":"s"}`, encode(t, goodClaims(nil)), func(input []byte) []byte {
				return signMAC(a, []byte(strings.Repeat("k", 48)), input)
			})
			v := ordinary(t)
			v.Keys, v.Algorithms = keys, c.allowed
			wantReason(t, verifyAt(t, v, token), c.want)
		})
	}
	for _, value := range []any{keys, keys.keys[0].material, ordinaryWith(t, keys)} {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, "107") || strings.Contains(text, "kkk") || strings.Contains(text, "0x6b") {
				t.Errorf("a secret prints as %s", text)
			}
		}
	}
}

func ordinaryWith(t *testing.T, keys *Keys) *Verifier {
	v := ordinary(t)
	v.Keys = keys
	return v
}

func TestTokenWithoutKid(t *testing.T) {
	k := testKeys()
	v := ordinary(t)
	token := forge(`{"alg":"EdDSA"}`, encode(t, goodClaims(nil)))
	v.Keys = keySet(t, signer(t, "RS256", k.rsa, "r1"))
	wantReason(t, verifyAt(t, v, token), ReasonKeyUnknown)

	v = ordinary(t)
	v.Keys = keySet(t, signer(t, "ES256", k.ec, "e1"), signer(t, "ES256", k.ec2, "e2"))
	for _, private := range []string{"e1", "e2"} {
		wantReason(t, verifyAt(t, v, forgeEC(private == "e2", `{"alg":"ES256"}`, encode(t, goodClaims(nil)))), ReasonNone)
	}

	many := []*Signer{}
	for i := range maxTries + 1 {
		many = append(many, signer(t, "EdDSA", freshEd(t), fmt.Sprint("d", i)))
	}
	many = append(many, signer(t, "RS256", k.rsa, "r1"))
	v = ordinary(t)
	v.Keys = keySet(t, many...)
	wantReason(t, verifyAt(t, v, token), ReasonKeyUnknown)
	wantReason(t, verifyAt(t, v, forgeRSA(`{"alg":"RS256"}`, encode(t, goodClaims(nil)))), ReasonNone)
}

func TestVerifyJWSReturnsWhatWasSigned(t *testing.T) {
	payload, err := ordinary(t).VerifyJWS(context.Background(), forge(`{"alg":"EdDSA","typ":"x"}`, "not JSON"))
	if err != nil || string(payload) != "not JSON" {
		t.Errorf("%q, %v", payload, err)
	}
	_, err = ordinary(t).VerifyJWS(context.Background(), forge(`{"alg":"EdDSA","kid":"e1"}`, "x"))
	wantReason(t, err, ReasonAlgorithm)
}

type noKeys struct{ cause error }

func (n noKeys) Current() *Keys                              { return nil }
func (n noKeys) Find(context.Context, string) (*Keys, error) { return nil, n.cause }

func TestKeysUnavailableIsOurFault(t *testing.T) {
	cause := errors.New("the wire is cut")
	v := ordinary(t)
	v.Keys = noKeys{cause}
	err := verifyAt(t, v, forge(edHeader, encode(t, goodClaims(nil))))
	wantReason(t, err, ReasonKeysUnavailable)
	if !ReasonOf(err).Ours() || !errors.Is(err, cause) {
		t.Errorf("%v: neither ours nor with its cause", err)
	}
}

func TestNilKeysAreRefusedNotReached(t *testing.T) {
	v := ordinary(t)
	v.Keys = (*Keys)(nil)
	token := forge(edHeader, encode(t, goodClaims(nil)))
	wantReason(t, verifyAt(t, v, token), ReasonKeysUnavailable)
	_, err := NewCache(1).Verify(t.Context(), v, token)
	wantReason(t, err, ReasonKeysUnavailable)
}

func TestReasonNamesAreStable(t *testing.T) {
	want := "none configuration malformed critical algorithm keys-unavailable key-unknown signature type " +
		"issuer audience claim-missing bound lifetime expired not-yet-valid"
	var got []string
	for r := range reasons {
		got = append(got, r.String())
	}
	if text := strings.Join(got, " "); text != want {
		t.Errorf("got %s", text)
	}
	if reasons.String() != "reason-16" || ReasonOf(nil) != ReasonNone || ReasonOf(errors.New("x")) != ReasonNone {
		t.Error("what is not a reason has one")
	}
}

// RFC 7518 §3.4: R and S have one width. RFC 8017 §8.2.2: so has an RSA signature.
func TestSignaturesOfAnotherWidth(t *testing.T) {
	payload := encode(t, goodClaims(nil))
	for name, c := range map[string]struct {
		token string
		at    []int
	}{
		"ES256": {forgeEC(false, `{"alg":"ES256","kid":"e1"}`, payload), []int{0, 32, 64}},
		"RS256": {forgeRSA(`{"alg":"RS256","kid":"r1"}`, payload), []int{0, 256}},
		"EdDSA": {forge(edHeader, payload), []int{0, 32, 64}},
	} {
		wantReason(t, verifyAt(t, ordinary(t), c.token), ReasonNone)
		dot := strings.LastIndexByte(c.token, '.') + 1
		signature, err := base64.RawURLEncoding.DecodeString(c.token[dot:])
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range c.at {
			t.Run(fmt.Sprintf("%s/a zero at %d", name, at), func(t *testing.T) {
				longer := string(signature[:at]) + "\x00" + string(signature[at:])
				wantReason(t, verifyAt(t, ordinary(t), c.token[:dot]+b64(longer)), ReasonSignature)
			})
		}
	}
}
