package query_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/scene"
)

// TestQueriesTakeTurns holds both turns of people's queries: the next waits and is refused, one of a page is not.
func TestQueriesTakeTurns(t *testing.T) {
	s := both(t)
	admission := query.NewAdmission(1 << 30)
	admission.Wait = 50 * time.Millisecond
	engine := query.New(s.Store, query.Limits{Admission: admission})
	req := query.Request{Text: "print x = 1", Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now, Custom: true}
	began, end, ended := make(chan bool), make(chan bool), make(chan error)
	for range 2 {
		go func() {
			ended <- engine.Stream(t.Context(), req, func(query.Table) error { return nil }, func([]any) error { began <- true; <-end; return nil })
		}()
		<-began
	}
	if _, err := engine.Run(t.Context(), req); passtrail.CodeOf(err) != passtrail.Unavailable {
		t.Errorf("a third query = %v, want unavailable", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Run(cancelled, req); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled query = %v, want cancelled", err)
	}
	page := req
	page.Custom = false
	if _, err := engine.Run(t.Context(), page); err != nil {
		t.Errorf("a page's query = %v, want an answer", err)
	}
	close(end)
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if _, err := engine.Run(t.Context(), req); err != nil {
		t.Errorf("after the others = %v, want an answer", err)
	}
}

// TestMemoryThatNobodyCounts gathers hundreds of millions of numbers in an aggregate whose state DuckDB does not count: the
// watch ends the query, and the next one is answered.
func TestMemoryThatNobodyCounts(t *testing.T) {
	s := both(t)
	engine := query.New(s.Store, query.Limits{Admission: query.NewAdmission(512 << 20)})
	req := query.Request{Text: "range x from 1 to 2000000000 step 1 | summarize percentile(x, 50)", Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now, Custom: true}
	_, err := engine.Run(t.Context(), req)
	if !errors.Is(err, query.ErrMemory) || passtrail.CodeOf(err) != passtrail.TooLarge {
		t.Errorf("Run = %v, want that it needs too much memory", err)
	}
	req.Text = "print x = 1"
	deadline := time.Now().Add(10 * time.Second)
	for err = errors.New("not asked"); err != nil && time.Now().Before(deadline); {
		_, err = engine.Run(t.Context(), req)
	}
	if err != nil {
		t.Errorf("the next query = %v, want an answer", err)
	}
}

// TestResultsHaveABound keeps few rows of much text.
func TestResultsHaveABound(t *testing.T) {
	s := both(t)
	engine := query.New(s.Store, query.Limits{Bytes: 1 << 20})
	req := query.Request{Text: "range i from 1 to 200 step 1 | extend s = strrep('aaaaaaaaaa', 1000)", Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now}
	if _, err := engine.Run(t.Context(), req); passtrail.CodeOf(err) != passtrail.TooLarge {
		t.Errorf("2 MB = %v, want too large", err)
	}
	rows := 0
	if err := engine.Stream(t.Context(), req, func(query.Table) error { return nil }, func([]any) error { rows++; return nil }); err != nil || rows != 200 {
		t.Errorf("Stream = %d rows, %v, want all", rows, err)
	}
	req.Text = "range i from 1 to 50 step 1 | extend s = strrep('aaaaaaaaaa', 1000)"
	if _, err := engine.Run(t.Context(), req); err != nil {
		t.Errorf("500 kB = %v, want an answer", err)
	}
}
