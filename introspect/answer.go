package introspect

import (
	"errors"
	"strings"

	"sallyport/jose"
)

// parse reads an answer. What is no answer at all is the endpoint's failure; what
// is said in a wrong way of an active token is held against that token alone.
func parse(text []byte) (*jose.Token, error) {
	answer, err := jose.ParseClaims(text)
	if answer == nil {
		return nil, &Failure{Cause: errors.New("its answer is not one JSON object in which each name stands once"), loud: true}
	}
	switch active, _ := answer.Claim("active"); {
	case active == "false":
		return nil, ErrInactive
	case active != "true": // RFC 7662 §2.2: a boolean, and nothing else is one
		return nil, &Failure{Cause: errors.New("its answer has no active that is true or false"), loud: true}
	case err != nil:
		return nil, err
	}
	return answer, checkUse(answer)
}

// checkUse refuses what is active and no access token. RFC 7662 has no word for
// refresh tokens, and servers tell of them too when they are asked; what they
// call them is what the largest of them do.
func checkUse(answer *jose.Token) error {
	for _, member := range []struct {
		name  string
		right []string
	}{
		{"token_type", []string{"bearer", "dpop", "access_token"}}, // RFC 6749 §7.1, RFC 9449 §5
		{"token_use", []string{"access_token", "access"}},
	} {
		if _, there := answer.Claim(member.name); !there {
			continue
		}
		use, _ := answer.String(member.name)
		if !oneOf(use, member.right) {
			return &jose.Error{Reason: jose.ReasonType, Detail: "its " + member.name + " is not an access token's"}
		}
	}
	if typ, _ := answer.String("typ"); oneOf(typ, []string{"refresh", "offline", "id"}) {
		return &jose.Error{Reason: jose.ReasonType, Detail: "its typ is not an access token's"}
	}
	return nil
}

func oneOf(text string, words []string) bool {
	for _, word := range words {
		if strings.EqualFold(text, word) {
			return true
		}
	}
	return false
}
