package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"passtrail"
)

// Watcher tells of changes while a page is open.
type Watcher interface {
	// Watch calls changed with a sentence such as "12 new records" whenever there is something new for a tenant, until
	// ctx is done. It returns nil then.
	Watch(ctx context.Context, tenant passtrail.TenantID, changed func(text string)) error
}

// stream sends what the watcher tells as server-sent events.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "", "")
	if err != nil {
		return err
	}
	if s.changes == nil || sh.Tenant.ID == "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		s.log.Debug("no write deadline to lift", "error", err.Error())
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if err := out.Flush(); err != nil {
		return nil // the reader has gone
	}
	return s.changes.Watch(r.Context(), sh.Tenant.ID, func(text string) {
		fmt.Fprintf(w, "event: change\ndata: %s\n\n", text)
		_ = out.Flush() // a reader who has gone ends ctx
	})
}
