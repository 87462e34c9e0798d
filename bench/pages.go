package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"passtrail/content"
	"passtrail/internal/auth"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
	"passtrail/internal/web"
	"passtrail/internal/web/answer"
)

// view is one request that a reader's browser makes. part is the element that htmx replaces, "" for the whole page.
type view struct{ name, path, part string }

// maxBody is how much of an answer is read: exports are measured to their first bytes.
const maxBody = 1 << 20

// site is the pages served in this process, as somebody who may do everything sees them.
type site struct {
	url    string
	cookie string
}

// pages times every page, the filters of the audit log and the parts that htmx asks for, and weighs them as they go over
// the wire. Requests take turns, so that what else the machine does falls on all alike.
func (b *bench) pages(ctx context.Context) error {
	st, now, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	clock := func() time.Time { return now.Time() }
	e := query.New(st, query.Limits{})
	lib, err := report.Load(content.Files, e)
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	begin := time.Now()
	keeper := answer.NewKeeper(st, e, lib, clock, quiet)
	if err := keeper.Look(ctx); err != nil {
		return err
	}
	lib.Known = keeper.Known
	fmt.Printf("first look of the detections at 90 days: %s\n\n", ms(time.Since(begin)))
	sessions := auth.NewSessions(clock)
	h, err := web.New(web.Config{Services: answer.New(st, e, lib), Sessions: sessions, Now: clock, Log: quiet})
	if err != nil {
		return err
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	s := &site{url: srv.URL}
	if err := s.signIn(sessions.NewLink(auth.Local())); err != nil {
		return err
	}
	x, err := look(ctx, st)
	if err != nil {
		return err
	}
	all := views(x, now.Time())
	for _, path := range []string{"/audit", "/audit?range=all", "/attempts"} {
		v, err := s.second(path)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	return b.visit(s, all)
}

// visit asks for every view in turn, a warm-up and then as many rounds as there are runs.
func (b *bench) visit(s *site, views []view) error {
	took, worked := make([][]time.Duration, len(views)), make([][]time.Duration, len(views))
	size := make([]int, len(views))
	for round := range b.runs + 1 {
		for i, v := range views {
			before := processor()
			d, n, err := s.get(v)
			if err != nil {
				return fmt.Errorf("%s (%s): %w", v.name, v.path, err)
			}
			size[i] = n
			if round > 0 {
				took[i], worked[i] = append(took[i], d), append(worked[i], processor()-before)
			}
		}
	}
	fmt.Printf("| page | minimum | median | processor | compressed |\n|---|---|---|---|---|\n")
	for i, v := range views {
		kb := fmt.Sprintf("%.1f KB", float64(size[i])/1000)
		if size[i] == maxBody {
			kb = "-"
		}
		fmt.Printf("| %s | %s | %s | %s | %s |\n", v.name, ms(slices.Min(took[i])), ms(median(took[i])), ms(slices.Min(worked[i])), kb)
	}
	return nil
}

// processor is what this process has used so far, pages and database in one.
func processor() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// signIn opens a session with a link's secret.
func (s *site) signIn(secret string) error {
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(s.url + "/sign-in?token=" + url.QueryEscape(secret))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	for _, k := range res.Cookies() {
		s.cookie = k.Name + "=" + k.Value
	}
	if s.cookie == "" {
		return fmt.Errorf("signing in answers %s and no session", res.Status)
	}
	return nil
}

// get makes a request as a browser does and returns how long it took to the last byte and how many came.
func (s *site) get(v view) (time.Duration, int, error) {
	req, err := http.NewRequest(http.MethodGet, s.url+v.path, nil)
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Cookie", s.cookie)
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Encoding", "gzip")
	if v.part != "" {
		req.Header.Set("HX-Request", "true")
		req.Header.Set("HX-Target", v.part)
	}
	begin := time.Now()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	export := strings.Contains(v.path, "/export")
	var n int64
	if export {
		_, err = io.CopyN(io.Discard, res.Body, 1)
		n = maxBody
	} else {
		n, err = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	}
	took := time.Since(begin)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("answers %s", res.Status)
	}
	return took, int(n), err
}

// nextPage is the link from a list to its next page.
var nextPage = regexp.MustCompile(`href="([^"]*[?&;]after=[^"]+)"`)

// second is the view of a list's second page, as the first links to it.
func (s *site) second(path string) (view, error) {
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		return view{}, err
	}
	req.Header.Set("Cookie", s.cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return view{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return view{}, err
	}
	m := nextPage.FindSubmatch(body)
	if m == nil {
		return view{}, fmt.Errorf("%s has no second page", path)
	}
	return view{name: path + ", second page", path: html.UnescapeString(string(m[1]))}, nil
}

// examples are things that pages are about, taken from the data.
type examples struct{ person, upn, attempt, record, finding, correlation, activity string }

// look takes a person with many records, the newest attempt and so on from the data.
func look(ctx context.Context, st store.Store) (x examples, err error) {
	for _, one := range []struct {
		sql  string
		into []*string
	}{
		{"SELECT user_id, user_upn FROM attempt GROUP BY ALL ORDER BY count(*) DESC, user_id LIMIT 1", []*string{&x.person, &x.upn}},
		{"SELECT correlation_id FROM attempt WHERE outcome = 'reset' ORDER BY start_time DESC LIMIT 1", []*string{&x.attempt}},
		{"SELECT id, correlation_id, activity FROM record ORDER BY time DESC LIMIT 1", []*string{&x.record, &x.correlation, &x.activity}},
		{"SELECT id FROM finding ORDER BY json_array_length(evidence) DESC LIMIT 1", []*string{&x.finding}},
	} {
		err = st.Query(ctx, one.sql, nil, func(row []any) error {
			for i, p := range one.into {
				*p, _ = row[i].(string)
			}
			return nil
		})
		if err != nil {
			return x, err
		}
	}
	return x, nil
}

// views lists what is measured.
func views(x examples, now time.Time) []view {
	ago := func(days int) string { return now.AddDate(0, 0, -days).Format(time.DateOnly) }
	q := url.QueryEscape
	all := []view{
		{"overview", "/", ""}, {"overview, 90 days", "/?range=90d", ""}, {"overview, all time", "/?range=all", ""},
		{"reports", "/reports", ""},
	}
	for _, id := range []string{"registered-count", "registered-people", "data-registered", "resets-last-7-days", "methods-used", "common-problems", "admins-resetting-often",
		"suspicious-activity", "funnel", "blocked-people", "avoidable-calls", "admin-resets", "write-back", "registration-gaps", "security-info-changes"} {
		all = append(all, view{"report " + id, "/reports/" + id, ""})
	}
	all = append(all, auditViews(x)...)
	return append(all, []view{
		{"attempts", "/attempts", ""}, {"attempts, 90 days", "/attempts?range=90d", ""}, {"attempts, all time", "/attempts?range=all", ""},
		{"attempts: outcome", "/attempts?outcome=failed", ""}, {"attempts: problem", "/attempts?problem=password_refused_cloud", ""},
		{"attempts: method", "/attempts?method=mobileSMS", ""}, {"attempts: administrators", "/attempts?who=admins", ""},
		{"attempts: person", "/attempts?person=" + q(x.upn), ""}, {"attempts, list alone", "/attempts?outcome=reset", "results"},
		{"attempt", "/attempts/" + q(x.attempt), ""},
		{"people: a beginning", "/person?q=a", ""}, {"people, list alone", "/person?q=ad", "results"},
		{"person", "/person/" + q(x.person), ""}, {"person, by name", "/person/" + q(x.upn), ""}, {"person, all time", "/person/" + q(x.person) + "?range=all", ""},
		{"registration", "/registration", ""}, {"registration, a date", "/registration?at=" + ago(45), ""},
		{"registration, two dates", "/registration?compare=" + ago(60) + "&list=changed", ""}, {"registration: registered, page 20", "/registration?list=registered&page=20", ""},
		{"registration: text", "/registration?list=registered&q=ann", ""}, {"registration, list alone", "/registration?list=registered", "results"},
		{"suspicious", "/suspicious", ""}, {"finding", "/suspicious/" + q(x.finding), ""},
		{"query, empty", "/query", ""}, {"sources", "/sources", ""}, {"access log", "/access-log", ""}, {"settings", "/settings", ""},
	}...)
}

// auditViews are the audit log with each of its filters.
func auditViews(x examples) []view {
	q := url.QueryEscape
	all := []view{{"audit log", "/audit", ""}}
	for _, f := range []struct{ name, values string }{
		{"30 days", "range=30d"}, {"all time", "range=all"},
		{"service", "service=" + q("Self-service Password Management")}, {"category", "category=UserManagement"}, {"activity", "activity=admin_reset"},
		{"status", "status=failure"}, {"target", "target=a"}, {"target, whole", "target=" + q(x.upn)}, {"initiated by", "actor=a"},
		{"correlation id", "correlation=" + q(x.correlation)}, {"user agent", "agent=Firefox"}, {"text", "q=insufficient"}, {"text that is nowhere", "q=zebra-crossing"},
		{"several", "service=" + q("Core Directory") + "&status=failure&target=a"}, {"several with text", "status=failure&actor=a&q=password"},
	} {
		all = append(all, view{"audit log: " + f.name, "/audit?" + f.values, ""})
	}
	return append(all,
		view{"audit log: all time, activity", "/audit?range=all&activity=admin_reset", ""}, view{"audit log: all time, target", "/audit?range=all&target=" + q(x.upn), ""},
		view{"audit log: all time, correlation id", "/audit?range=all&correlation=" + q(x.correlation), ""}, view{"audit log: all time, text", "/audit?range=all&q=insufficient", ""},
		view{"audit log, list alone", "/audit?status=failure", "results"}, view{"audit log, a record", "/audit?id=" + q(x.record), ""},
		view{"audit log, details alone", "/audit?id=" + q(x.record), "details"},
		view{"audit log, export begins", "/audit/export?format=csv", ""}, view{"audit log, export begins, all time", "/audit/export?format=csv&range=all", ""},
	)
}
