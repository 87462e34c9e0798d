package auth

import "testing"

// TestIssuedToUs: the provider of the other tests never makes a token for several audiences.
func TestIssuedToUs(t *testing.T) {
	p := &Provider{config: ProviderConfig{ClientID: "us"}}
	for _, test := range []struct {
		audience []string
		party    string
		want     bool
	}{
		{[]string{"us"}, "", true},
		{[]string{"us"}, "us", true},
		{[]string{"us"}, "other", false},
		{[]string{"us", "other"}, "", false},
		{[]string{"us", "other"}, "us", true},
		{[]string{"us", "other"}, "other", false},
	} {
		if got := p.issuedToUs(test.audience, test.party); got != test.want {
			t.Errorf("issuedToUs(%v, %q) = %v", test.audience, test.party, got)
		}
	}
}
