// Package report loads the prebuilt reports and runs them. A report is two files under content/reports: a .yaml with the
// question, how it counts, its tables and pictures, and a .kql with the query. What it answers can be checked: the query
// is part of the answer, and a drill-down leads to the records behind a figure.
package report

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"

	"passtrail"
	"passtrail/internal/detect"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store"
	"passtrail/internal/vocab"
)

// Report is one prebuilt report.
type Report struct {
	ID        string   `yaml:"-"`
	Order     int      `yaml:"order"`
	Title     string   `yaml:"title"`     // the question
	Short     string   `yaml:"short"`     // a word for menus
	Counts    string   `yaml:"counts"`    // how it counts, in sentences a reader can check
	Kind      string   `yaml:"kind"`      // "" for a query, "findings" for the detection pack
	Period    string   `yaml:"period"`    // default period, "30d"
	Threshold int      `yaml:"threshold"` // default of Threshold, 0 if it has none
	Answer    string   `yaml:"answer"`    // text/template over the first row of the first table
	Empty     string   `yaml:"empty"`     // the answer when the first table has no rows; "" is the template's business
	Assumes   []string `yaml:"assumes"`   // which histories it leans on: registration, roles
	Compares  bool     `yaml:"compares"`  // it compares with the period of the same length before
	Words     []string `yaml:"words"`     // activities, by the beginning of their keys, whose unknown reasons and methods it names
	Dates     []string `yaml:"dates"`     // subjects of days that bend its curves, see vocab.Dates
	Tables    []Table  `yaml:"tables"`    // what the query's tables are, in order
	Query     string   `yaml:"-"`

	answer *template.Template
}

// Table says what one table of a report is.
type Table struct {
	Name  string            `yaml:"name"`
	Title string            `yaml:"title"`
	Units map[string]string `yaml:"units"`
	// Headings names columns for readers where the name in words is not enough. Exports keep the query's own names.
	Headings map[string]string `yaml:"headings"`
	Chart    *Chart            `yaml:"chart"`
	// Drill is KQL for what is behind a row; {{Column}} is the row's value. It may use StartTime and EndTime.
	Drill string `yaml:"drill"`
	// Callers are the columns that those may see who look at one person at a time, such as the help desk: what a caller on the
	// line needs. Without any the table is not for them.
	Callers []string `yaml:"callers"`
	// Figure is the column that says how many rows Drill answers, "" where no column does.
	Figure string `yaml:"figure"`
}

// Chart says how a table is drawn.
type Chart struct {
	Kind    string   `yaml:"kind"` // bar, column, line, funnel
	X       string   `yaml:"x"`    // column of the labels; several are joined with +
	Y       []string `yaml:"y"`
	Stacked bool     `yaml:"stacked"`
	// Days makes X, a column of UTC days, an axis of time: days without a row are "zero", or "hold" what was before.
	Days string `yaml:"days"`
}

// Heading is what a reader sees above a column: FixedBy is Fixed by.
func (t *Table) Heading(column string) string {
	if h := t.Headings[column]; h != "" {
		return h
	}
	var b strings.Builder
	runes := []rune(column)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(runes[i-1]) {
			b.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// ForCallers tells whether the report has a table for those who look at one person at a time.
func (r *Report) ForCallers() bool {
	return slices.ContainsFunc(r.Tables, func(t Table) bool { return len(t.Callers) > 0 })
}

// Library is the set of reports and detections, and the engine that answers them.
type Library struct {
	Reports  []*Report
	Rules    []*detect.Rule
	Sentinel []*detect.SentinelRule // the operator's own, beside ours
	// Known answers the findings of a window from those that are kept, where somebody keeps them up to the newest record;
	// ok is false where the detections have to run. Nil: they always run.
	Known  func(ctx context.Context, tenant passtrail.TenantID, w detect.Window) (found []store.Finding, ok bool, err error)
	engine *query.Engine
}

// Load reads the reports and detections of a file system laid out as package content is.
func Load(files fs.FS, engine *query.Engine) (*Library, error) {
	names, err := fs.Glob(files, "reports/*.yaml")
	if err != nil {
		return nil, err
	}
	lib := &Library{engine: engine}
	for _, name := range names {
		r, err := load(files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		lib.Reports = append(lib.Reports, r)
	}
	slices.SortFunc(lib.Reports, func(a, b *Report) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	lib.Rules, err = detect.Load(files, "detections")
	return lib, err
}

func load(files fs.FS, name string) (*Report, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	r := &Report{ID: strings.TrimSuffix(path.Base(name), ".yaml")}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(r); err != nil {
		return nil, err
	}
	if r.Kind != "findings" {
		q, err := fs.ReadFile(files, strings.TrimSuffix(name, ".yaml")+".kql")
		if err != nil {
			return nil, err
		}
		r.Query = string(q)
	}
	if r.Title == "" || r.Counts == "" || len(r.Tables) == 0 {
		return nil, fmt.Errorf("title, counts and tables are required")
	}
	if _, err := ParsePeriod(r.Period); err != nil {
		return nil, err
	}
	for _, t := range r.Tables {
		if t.Chart != nil && t.Chart.Days != "" && t.Chart.Days != daysZero && t.Chart.Days != daysHold {
			return nil, fmt.Errorf("the days of table %s are %q (want zero or hold)", t.Name, t.Chart.Days)
		}
	}
	r.answer, err = template.New(r.ID).Funcs(answerFuncs(0, 0)).Parse(strings.TrimSpace(r.Answer))
	return r, err
}

// answerFuncs are what an answer's template may call: count is the number of rows of the first table, many puts a number
// before the one of two words that fits it, method and activity say keys of the vocabulary in words.
func answerFuncs(rows, threshold int) template.FuncMap {
	return template.FuncMap{
		"count": func() int { return rows }, "threshold": func() int { return threshold },
		"many": func(n any, one, more string) string {
			if fmt.Sprint(n) == "1" {
				return "1 " + one
			}
			return fmt.Sprint(n) + " " + more
		},
		"method": vocab.MethodName, "activity": vocab.ActivityTitle,
	}
}

// Find returns a report by id, or a NotFound error that names the nearest.
func (l *Library) Find(id string) (*Report, error) {
	var ids []string
	for _, r := range l.Reports {
		if r.ID == id {
			return r, nil
		}
		ids = append(ids, r.ID)
	}
	return nil, passtrail.Errorf(passtrail.NotFound, "report.Find", "there is no report %q; there are %s", id, strings.Join(ids, ", "))
}

// Params choose what a report is about. Zero fields mean the report's defaults.
type Params struct {
	Tenant    passtrail.TenantID
	Now       passtrail.Ticks // required
	From, To  passtrail.Ticks // To defaults to Now, From to To less the report's period
	Threshold int
	// RegisteredOnly is the day from which only registered methods count in the tenant; 0: look it up.
	RegisteredOnly passtrail.Ticks
	Evidence       []string       // ids of records that findings hold as evidence, of reports that leave them out; Run finds them
	Zone           *time.Location // of the days in notes; nil is UTC
}

// Output is a report's answer.
type Output struct {
	Report   *Report
	Params   Params // with the defaults filled in
	Text     string // the query as it ran; empty for findings
	Answer   string // one sentence
	Notes    []string
	Covered  Covered       // which part of the period the audit records cover
	Tables   []query.Table // as many as Report.Tables
	Findings int
}

// fill puts the defaults in.
func (r *Report) fill(p Params) (Params, error) {
	if p.To == 0 {
		p.To = p.Now
	}
	if p.From == 0 {
		d, err := ParsePeriod(r.Period)
		if err != nil {
			return p, err
		}
		p.From = p.To - d
	}
	if p.From >= p.To {
		return p, passtrail.Errorf(passtrail.Invalid, "report.Run", "the period is empty: it begins at %s and ends at %s", p.From, p.To)
	}
	if p.Threshold < 0 {
		return p, passtrail.Errorf(passtrail.Invalid, "report.Run", "the threshold is %d: it must be 1 or more", p.Threshold)
	}
	if p.Threshold == 0 {
		p.Threshold = r.Threshold
	}
	return p, nil
}

// QueryText is the query with its parameters put before it; it runs as it stands. p must have its defaults.
func (r *Report) QueryText(p Params) string {
	return fmt.Sprintf("let StartTime = datetime(%s);\nlet EndTime = datetime(%s);\n", p.From, p.To) + r.Lets(p) + r.Query
}

// Lets declares the parameters of the query but for the period. Zero fields mean what holds without a tenant.
func (r *Report) Lets(p Params) string {
	s := ""
	if r.Threshold > 0 {
		s += fmt.Sprintf("let Threshold = %d;\n", cmp.Or(p.Threshold, r.Threshold))
	}
	if strings.Contains(r.Query, "RegisteredOnlyFrom") {
		s += fmt.Sprintf("let RegisteredOnlyFrom = datetime(%s);\n", cmp.Or(p.RegisteredOnly, vocab.RegisteredOnlyFrom))
	}
	if r.needsEvidence() {
		s += fmt.Sprintf("let Evidence = dynamic(%s);\n", array(p.Evidence))
	}
	return s
}

// needsEvidence tells whether the query asks which records findings hold as evidence.
func (r *Report) needsEvidence() bool { return strings.Contains(r.Query, "(Evidence)") }

// evidence is the resets by an admin in the period that a finding holds as evidence.
func (l *Library) evidence(ctx context.Context, p Params) ([]string, error) {
	found, _, err := l.found(ctx, p.Tenant, detect.Window{From: p.From, To: p.To, Now: p.Now})
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, f := range found {
		for _, id := range f.Evidence {
			held[id] = true
		}
	}
	text := fmt.Sprintf("PasswordEvents | where Activity == 'admin_reset' and Time >= datetime(%s) and Time < datetime(%s) | project EventId | sort by EventId asc", p.From, p.To)
	res, err := l.engine.Run(ctx, query.Request{Text: text, Tenants: []passtrail.TenantID{p.Tenant}, Now: p.Now})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, row := range res.Tables[0].Rows {
		if id, _ := row[0].(string); held[id] {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Run answers a report.
func (l *Library) Run(ctx context.Context, r *Report, p Params) (*Output, error) {
	p, err := r.fill(p)
	if err != nil {
		return nil, err
	}
	if p.RegisteredOnly == 0 {
		if p.RegisteredOnly, err = l.engine.RegisteredOnly(ctx, p.Tenant); err != nil {
			return nil, err
		}
	}
	if p.From <= 1 {
		if p.From, err = l.beginning(ctx, p); err != nil {
			return nil, err
		}
	}
	if r.needsEvidence() {
		if p.Evidence, err = l.evidence(ctx, p); err != nil {
			return nil, fmt.Errorf("evidence: %w", err)
		}
	}
	out := &Output{Report: r, Params: p}
	if r.Kind == "findings" {
		err = l.findings(ctx, out)
	} else {
		err = l.tables(ctx, out)
	}
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", r.ID, err)
	}
	if err := l.covered(ctx, out); err != nil {
		return nil, err
	}
	notes, err := l.notes(ctx, r, p)
	if err != nil {
		return nil, err
	}
	out.Notes = append(out.Notes, notes...)
	out.Answer, err = out.answer()
	return out, err
}

// beginning is where an open period begins: at the first record or snapshot. Queries compute with it, and what lies two
// thousand years before would leave the range of times.
func (l *Library) beginning(ctx context.Context, p Params) (passtrail.Ticks, error) {
	known, err := l.engine.Coverage(ctx, p.Tenant)
	if err != nil {
		return 0, err
	}
	from := known.First
	since, err := l.since(ctx, "UserRegistrationHistory", p)
	if since != 0 && (from == 0 || since < from) {
		from = since
	}
	if from == 0 {
		from = p.To - passtrail.Day
	}
	return min(from, p.To-1), err
}

// since is from when on a history is known, 0 where there is none.
func (l *Library) since(ctx context.Context, table string, p Params) (passtrail.Ticks, error) {
	res, err := l.engine.Run(ctx, query.Request{Text: table + " | summarize Since = min(ValidFrom)", Tenants: []passtrail.TenantID{p.Tenant}, Now: p.Now})
	if err != nil {
		return 0, err
	}
	since, _ := res.Tables[0].Rows[0][0].(int64)
	return passtrail.Ticks(since), nil
}

func (l *Library) tables(ctx context.Context, out *Output) error {
	out.Text = out.Report.QueryText(out.Params)
	res, err := l.engine.Run(ctx, query.Request{Text: out.Text, Tenants: []passtrail.TenantID{out.Params.Tenant}, Now: out.Params.Now})
	if err != nil {
		return err
	}
	if len(res.Tables) != len(out.Report.Tables) {
		return fmt.Errorf("the query answers %d tables, the description has %d", len(res.Tables), len(out.Report.Tables))
	}
	out.Tables = res.Tables
	for i := range out.Tables {
		out.Tables[i].Name = out.Report.Tables[i].Name
	}
	return nil
}

// Detect runs the detection pack and the operator's own analytics rules, gravest findings first. An analytics rule that
// cannot run here is a note, so that it does not silence the others.
func (l *Library) Detect(ctx context.Context, tenant passtrail.TenantID, w detect.Window) (found []store.Finding, notes []string, err error) {
	if found, err = detect.RunAll(ctx, l.Rules, l.engine, tenant, w); err != nil {
		return nil, nil, err
	}
	for _, r := range l.Sentinel {
		more, err := r.Run(ctx, l.engine, tenant, w)
		var known *passtrail.Error
		if errors.As(err, &known) && known.Code == passtrail.Invalid {
			notes = append(notes, known.Msg)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		found = append(found, more...)
	}
	detect.Sort(found)
	return found, notes, nil
}

// found is the findings of a window: those that are kept, or else what the detections find.
func (l *Library) found(ctx context.Context, tenant passtrail.TenantID, w detect.Window) ([]store.Finding, []string, error) {
	if l.Known != nil {
		if fs, ok, err := l.Known(ctx, tenant, w); ok || err != nil {
			detect.Sort(fs)
			return fs, nil, err
		}
	}
	return l.Detect(ctx, tenant, w)
}

// findings runs the detections and lays what it finds out as a table.
func (l *Library) findings(ctx context.Context, out *Output) error {
	fs, notes, err := l.found(ctx, out.Params.Tenant, detect.Window{From: out.Params.From, To: out.Params.To, Now: out.Params.Now})
	if err != nil {
		return err
	}
	out.Notes = notes
	out.Findings = len(fs)
	t := query.Table{Name: out.Report.Tables[0].Name}
	for _, c := range []string{"Severity", "Title", "Reasoning"} {
		t.Columns = append(t.Columns, query.Column{Name: c, Type: types.String})
	}
	t.Columns = append(t.Columns, query.Column{Name: "Start", Type: types.DateTime}, query.Column{Name: "End", Type: types.DateTime},
		query.Column{Name: "People", Type: types.Dynamic}, query.Column{Name: "Addresses", Type: types.Dynamic},
		query.Column{Name: "Techniques", Type: types.Dynamic}, query.Column{Name: "Evidence", Type: types.Dynamic}, query.Column{Name: "Rule", Type: types.String}, query.Column{Name: "FindingId", Type: types.String})
	for _, f := range fs {
		t.Rows = append(t.Rows, []any{f.Severity, f.Title, f.Reasoning, int64(f.Start), int64(f.End), array(f.People), array(f.Addresses), array(f.Techniques), array(f.Evidence), f.Rule, f.ID})
	}
	out.Tables = []query.Table{t}
	return nil
}

// notes say since when the histories that a report leans on are known and not assumed, and up to when figures are final.
func (l *Library) notes(ctx context.Context, r *Report, p Params) ([]string, error) {
	var notes []string
	for _, kind := range r.Assumes {
		table, what := "UserRegistrationHistory", "registration"
		if kind == "roles" {
			table, what = "RoleAssignments", "roles"
		}
		since, err := l.since(ctx, table, p)
		if err != nil {
			return nil, err
		}
		switch {
		case since == 0:
			notes = append(notes, "No snapshot of "+what+" has been taken in: nobody's "+what+" are known.")
		case since > p.From:
			notes = append(notes, fmt.Sprintf("The state of %s is known since %s; for the time before, that first snapshot stands in.", what, minute(since)))
		}
	}
	words, err := l.unknownNotes(ctx, r, p)
	if err != nil {
		return nil, err
	}
	notes = append(append(notes, words...), dateNotes(r, p)...)
	if p.To < p.Now && strings.Contains(r.Query, "UserRegistrationDetails") {
		notes = append(notes, "Registration is shown as of "+Day(p.Now, p.zone())+", not as of the end of the period: the page Registration shows the state of another day.")
	}
	final, err := l.engine.FinalUntil(ctx, p.Tenant)
	switch {
	case final == 0:
		notes = append(notes, "Open: nothing is final yet, figures may still grow by records that are late.")
	case final < p.To:
		notes = append(notes, fmt.Sprintf("Final up to %s; later figures may still grow by records that are late.", minute(final)))
	}
	return notes, err
}

// minute writes an instant to the minute, in UTC.
func minute(t passtrail.Ticks) string { return t.String()[:16] + "Z" }

// answer is the report's sentence.
func (o *Output) answer() (string, error) {
	first := map[string]any{}
	t := o.Tables[0]
	for i, c := range t.Columns {
		if len(t.Rows) > 0 {
			first[c.Name] = t.Rows[0][i]
		}
	}
	if len(t.Rows) == 0 && o.Report.Empty != "" {
		return o.Report.Empty, nil
	}
	tmpl, err := o.Report.answer.Clone()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = tmpl.Funcs(answerFuncs(len(t.Rows), o.Params.Threshold)).Execute(&b, first)
	return b.String(), err
}

// ParsePeriod reads a period: a number with d, h, m or w, "30d".
func ParsePeriod(s string) (passtrail.Ticks, error) {
	units := map[byte]passtrail.Ticks{'w': 7 * passtrail.Day, 'd': passtrail.Day, 'h': passtrail.Hour, 'm': passtrail.Minute}
	if len(s) > 1 {
		if u, ok := units[s[len(s)-1]]; ok {
			if n, err := strconv.Atoi(s[:len(s)-1]); err == nil && n > 0 && n < 1_000_000 {
				return passtrail.Ticks(n) * u, nil
			}
		}
	}
	return 0, passtrail.Errorf(passtrail.Invalid, "report.ParsePeriod", "%q is not a period (want for example 30d, 12h, 4w)", s)
}

// ParseSince reads the beginning of a period: an ISO time, or a period counted back from now.
func ParseSince(s string, now passtrail.Ticks) (passtrail.Ticks, error) {
	if d, err := ParsePeriod(s); err == nil {
		return now - d, nil
	}
	t, err := passtrail.ParseTicks(s)
	if err != nil {
		return 0, passtrail.Errorf(passtrail.Invalid, "report.ParseSince", "%q is neither a period (30d) nor a time (2026-03-01, 2026-03-01T08:00:00Z)", s)
	}
	return t, nil
}

// Day is the date of an instant in a zone, for titles.
func Day(t passtrail.Ticks, zone *time.Location) string {
	return t.Time().In(zone).Format(dayLayout)
}
