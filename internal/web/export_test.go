package web_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// breaksOff is the sample whose exports end half-way.
type breaksOff struct{ *sample }

func (breaksOff) ExportEvents(_ context.Context, _ web.Scope, _ web.EventFilter, _ string, w io.Writer) (int64, error) {
	_, err := w.Write([]byte("first,half\n"))
	return 1, errors.Join(err, errors.New("the disk is gone"))
}

// TestExportBrokenOffIsLogged keeps who got the first half.
func TestExportBrokenOffIsLogged(t *testing.T) {
	m := newSample()
	s := newSite(t, breaksOff{m})
	res, err := s.client(t, auth.Local()).Get(s.URL + "/audit/export?format=csv")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Error("half an export ends like a whole one")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := m.access[len(m.access)-1]; last.Action != "export-cut" || last.Subject != "audit-log" {
		t.Errorf("the access log ends with %+v", last)
	}
}
