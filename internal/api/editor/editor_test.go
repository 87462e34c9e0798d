package editor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"passtrail/internal/api/editor"
	"passtrail/internal/kql/complete"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
)

func server(t *testing.T) *httptest.Server {
	t.Helper()
	service := complete.New(complete.Language{
		Tables:    []complete.Table{{Name: "AuditLogs", Help: "Audit.", Columns: []complete.Column{{Name: "Result", Type: "string"}}}},
		Functions: []complete.Function{{Name: "tolower", Kind: complete.KindFunction, Params: []complete.Param{{Name: "text", Type: "string"}}}},
	})
	api := &editor.API{
		Service: service,
		Check: func(_ context.Context, text string) error {
			if strings.Contains(text, "internal") {
				return errors.New("out of order")
			}
			_, err := parser.Parse(text)
			return err
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "sorry", http.StatusInternalServerError)
		},
	}
	mux := http.NewServeMux()
	api.Routes(mux, "/api/kql")
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// ask posts a text with its position written as ^, and decodes the answer.
func ask(t *testing.T, s *httptest.Server, path, text string, out any) int {
	t.Helper()
	before, after, _ := strings.Cut(text, "^")
	position := 0
	for _, r := range before {
		position++
		if r > 0xFFFF {
			position++
		}
	}
	body, _ := json.Marshal(map[string]any{"text": before + after, "position": position})
	resp, err := http.Post(s.URL+"/api/kql/"+path, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

func TestPositionsCountCodeUnits(t *testing.T) {
	s := server(t)
	var c complete.Completion
	ask(t, s, "complete", "AuditLogs | where '🙂é' == Res^ult", &c)
	if len(c.Items) == 0 || c.Items[0].Label != "Result" || c.Span != (diag.Span{Start: 27, End: 33}) {
		t.Errorf("complete = %+v", c)
	}
	var h complete.Hover
	ask(t, s, "hover", "AuditLogs | where '🙂é' == Res^ult", &h)
	if h.Title != "column Result: string" || h.Span != (diag.Span{Start: 27, End: 33}) {
		t.Errorf("hover = %+v", h)
	}
}

func TestSignatureAndNothing(t *testing.T) {
	s := server(t)
	var sig *complete.Signature
	ask(t, s, "signature", "print tolower(^", &sig)
	if sig == nil || sig.Overloads[0].Label != "tolower(text: string)" {
		t.Errorf("signature = %+v", sig)
	}
	sig = nil
	ask(t, s, "signature", "print ^", &sig)
	var h *complete.Hover
	ask(t, s, "hover", "^", &h)
	if sig != nil || h != nil {
		t.Errorf("signature = %+v, hover = %+v, want null", sig, h)
	}
}

func TestFormatAndDiagnose(t *testing.T) {
	s := server(t)
	var f struct {
		Text        string
		Diagnostics []struct {
			Span         diag.Span
			Code         string
			Line, Column int
		}
	}
	ask(t, s, "format", "AuditLogs|take 5", &f)
	if f.Text != "AuditLogs\n| take 5\n" || len(f.Diagnostics) != 0 {
		t.Errorf("format = %+v", f)
	}
	ask(t, s, "format", "AuditLogs\n| tak 5", &f)
	if f.Text != "AuditLogs\n| tak 5" || len(f.Diagnostics) != 1 || f.Diagnostics[0].Code != "unknown-operator" || f.Diagnostics[0].Line != 2 || f.Diagnostics[0].Column != 3 {
		t.Errorf("format with a mistake = %+v", f)
	}
	ask(t, s, "diagnose", "AuditLogs | where '🙂' = 1 | tak 5", &f)
	if len(f.Diagnostics) != 2 || f.Diagnostics[0].Span != (diag.Span{Start: 23, End: 24}) {
		t.Errorf("diagnose = %+v", f.Diagnostics)
	}
}

func TestFailures(t *testing.T) {
	s := server(t)
	if status := ask(t, s, "diagnose", "internal", nil); status != http.StatusInternalServerError {
		t.Errorf("an internal error is answered with %d", status)
	}
	for body, want := range map[string]int{"": 400, "[": 400, `{"text": 5}`: 400, `{"text": "` + strings.Repeat("a", 7<<20) + `"}`: 413} {
		resp, err := http.Post(s.URL+"/api/kql/complete", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("a body of %d bytes is answered with %d, want %d", len(body), resp.StatusCode, want)
		}
	}
	var c complete.Completion
	body := `{"text": "T | ", "position": 99999}`
	resp, err := http.Post(s.URL+"/api/kql/complete", "application/json", strings.NewReader(body))
	if err != nil || json.NewDecoder(resp.Body).Decode(&c) != nil || len(c.Items) == 0 {
		t.Errorf("a position behind the end: %v, %+v", err, c)
	}
	resp.Body.Close()
}
