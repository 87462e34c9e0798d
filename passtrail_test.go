package passtrail_test

import (
	"testing"
	"time"

	"passtrail"
)

func TestTicks(t *testing.T) {
	for _, s := range []string{"0001-01-01T00:00:00.0000000Z", "1969-12-31T23:59:59.9999999Z", "2026-03-03T10:16:04.7783410Z", "9999-12-31T23:59:59.9999999Z"} {
		v, err := passtrail.ParseTicks(s)
		if err != nil || v.String() != s {
			t.Errorf("ParseTicks(%q) = %v, %v", s, v, err)
		}
		if passtrail.TicksOf(v.Time()) != v {
			t.Errorf("%q does not survive Time", s)
		}
	}
	if v, _ := passtrail.ParseTicks("2026-03-03T12:16:04.778341+02:00"); v.String() != "2026-03-03T10:16:04.7783410Z" {
		t.Errorf("offset: got %v", v)
	}
	if passtrail.TicksOf(time.Unix(0, 0)) != passtrail.UnixEpoch {
		t.Error("UnixEpoch is wrong")
	}
	for _, s := range []string{"", "soon", "2026-13-01", "10000-01-01"} {
		if _, err := passtrail.ParseTicks(s); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("ParseTicks(%q): got %v, want an Invalid error", s, err)
		}
	}
}

func TestParseTenantID(t *testing.T) {
	id, err := passtrail.ParseTenantID(" {6F1C2A34-5B0D-4E0A-9D35-0C6B2F9A7E11} ")
	if err != nil || id != "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11" {
		t.Errorf("got %q, %v", id, err)
	}
	for _, s := range []string{"", "contoso", "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e1g", "6f1c2a345b0d-4e0a-9d35-0c6b2f9a7e111"} {
		if _, err := passtrail.ParseTenantID(s); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("ParseTenantID(%q): got %v, want an Invalid error", s, err)
		}
	}
}
