package forward

import "testing"

func TestRefererHoldsNoCredential(t *testing.T) {
	u := &Upstream{Secrets: []string{"key", "access_token"}}
	for value, want := range map[string]string{
		"https://shop.example/":                               "https://shop.example/",
		"https://shop.example/?page=2":                        "https://shop.example/?page=2",
		"https://shop.example/?key=s3cret":                    "https://shop.example/",
		"https://shop.example/?a=1&key=s3cret&b=2":            "https://shop.example/?a=1&b=2",
		"https://shop.example/?k%65y=s3cret&access_token=e30": "https://shop.example/",
		"https://shop.example/?key=s3cret#part":               "https://shop.example/#part",
		"https://shop.example/?keys=1":                        "https://shop.example/?keys=1",
		"":                                                    "",
	} {
		if got := u.referer(value); got != want {
			t.Errorf("%s became %s, want %s", value, got, want)
		}
	}
	if value := "https://shop.example/?key=1"; new(Upstream).referer(value) != value {
		t.Error("without a key in the query nothing is taken out")
	}
}
