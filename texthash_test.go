package passtrail_test

import (
	"testing"

	"passtrail"
)

// TestTextHash pins numbers that databases hold.
func TestTextHash(t *testing.T) {
	for text, want := range map[string]int32{
		"": -2128831035, "a": -468965076, "A": -468965076,
		"05d6fdd5-6977-4ac0-8fc3-845f4aceccc8": passtrail.TextHash("05D6FDD5-6977-4AC0-8FC3-845F4ACECCC8"),
		"ÅSA":                                  passtrail.TextHash("åsa"), "a\xff": passtrail.TextHash("A\uFFFD"),
	} {
		if got := passtrail.TextHash(text); got != want {
			t.Errorf("TextHash(%q) = %d, want %d", text, got, want)
		}
	}
	if passtrail.TextHash("ab") == passtrail.TextHash("ba") {
		t.Error("the order of letters does not matter")
	}
}
