package detect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"passtrail"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

// SentinelRule is a Microsoft Sentinel analytics rule of kind Scheduled, as its YAML has it. It runs as it is; its
// queryPeriod restricts the time column of every table, as Sentinel does.
type SentinelRule struct {
	ID               string          `yaml:"id"`
	Name             string          `yaml:"name"`
	Description      string          `yaml:"description"`
	Severity         string          `yaml:"severity"` // High, Medium, Low, Informational
	Kind             string          `yaml:"kind"`
	Query            string          `yaml:"query"`
	QueryFrequency   string          `yaml:"queryFrequency"` // 1h, 5m, 1d, or ISO 8601 PT1H
	QueryPeriod      string          `yaml:"queryPeriod"`
	TriggerOperator  string          `yaml:"triggerOperator"` // gt, lt, eq, ne
	TriggerThreshold int             `yaml:"triggerThreshold"`
	Tactics          []string        `yaml:"tactics"`
	Techniques       []string        `yaml:"relevantTechniques"`
	Entities         []EntityMapping `yaml:"entityMappings"`
	Grouping         struct {
		AggregationKind string `yaml:"aggregationKind"` // SingleAlert (default) or AlertPerResult
	} `yaml:"eventGroupingSettings"`
	Override struct {
		DisplayName    string `yaml:"alertDisplayNameFormat"` // text with {{Column}}
		Description    string `yaml:"alertDescriptionFormat"`
		SeverityColumn string `yaml:"alertSeverityColumnName"`
		// TacticsColumn is accepted; findings carry techniques.
		TacticsColumn string `yaml:"alertTacticsColumnName"`
	} `yaml:"alertDetailsOverride"`

	period, frequency passtrail.Ticks
}

// EntityMapping says which columns of a result name people and addresses.
type EntityMapping struct {
	EntityType string `yaml:"entityType"` // Account, IP, ...
	Fields     []struct {
		Identifier string `yaml:"identifier"`
		Column     string `yaml:"columnName"`
	} `yaml:"fieldMappings"`
}

// LoadSentinel reads the analytics rules (*.yaml, *.yml) of a directory. A file that is no such rule is an error that
// names it; members that Passtrail does not use are passed over.
func LoadSentinel(files fs.FS, dir string) ([]*SentinelRule, error) {
	var rules []*SentinelRule
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		names, err := fs.Glob(files, path.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, err
			}
			r, err := ParseSentinel(text)
			if err != nil {
				return nil, passtrail.Errorf(passtrail.Invalid, "detect.LoadSentinel", "%s is not an analytics rule that can run: %v", name, err)
			}
			rules = append(rules, r)
		}
	}
	slices.SortFunc(rules, func(a, b *SentinelRule) int { return strings.Compare(a.ID, b.ID) })
	for i := 1; i < len(rules); i++ {
		if rules[i].ID == rules[i-1].ID {
			return nil, passtrail.Errorf(passtrail.Invalid, "detect.LoadSentinel", "two analytics rules have the id %s: %q and %q", rules[i].ID, rules[i-1].Name, rules[i].Name)
		}
	}
	return rules, nil
}

// ParseSentinel reads one rule.
func ParseSentinel(text []byte) (*SentinelRule, error) {
	r := &SentinelRule{}
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(r); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the file is empty")
	} else if err != nil {
		return nil, err
	}
	if r.ID == "" || r.Name == "" || strings.TrimSpace(r.Query) == "" {
		return nil, fmt.Errorf("id, name and query are required")
	}
	if r.Kind != "" && r.Kind != "Scheduled" && r.Kind != "NRT" {
		return nil, fmt.Errorf("kind %s cannot run here; Scheduled and NRT can", r.Kind)
	}
	if r.Severity = strings.ToLower(r.Severity); !slices.Contains(Severities, r.Severity) {
		return nil, fmt.Errorf("severity %q (want High, Medium, Low or Informational)", r.Severity)
	}
	op, ok := triggerOperators[strings.ToLower(r.TriggerOperator)]
	if !ok {
		return nil, fmt.Errorf("triggerOperator %q (want gt, lt, eq or ne)", r.TriggerOperator)
	}
	r.TriggerOperator = op
	if r.TriggerThreshold < 0 {
		return nil, fmt.Errorf("triggerThreshold %d (want 0 or more)", r.TriggerThreshold)
	}
	if k := r.Grouping.AggregationKind; k != "" && !strings.EqualFold(k, "SingleAlert") && !strings.EqualFold(k, "AlertPerResult") {
		return nil, fmt.Errorf("aggregationKind %q (want SingleAlert or AlertPerResult)", k)
	}
	if err := r.readSpans(); err != nil {
		return nil, err
	}
	return r, nil
}

// triggerOperators has the spellings of the YAML files and those of an export by the portal.
var triggerOperators = map[string]string{
	"": "gt", "gt": "gt", "lt": "lt", "eq": "eq", "ne": "ne", "greaterthan": "gt", "lessthan": "lt", "equal": "eq", "notequal": "ne",
}

// readSpans reads queryPeriod and queryFrequency. Rules of kind NRT have neither; they look back an hour here.
func (r *SentinelRule) readSpans() (err error) {
	if r.QueryFrequency != "" {
		if r.frequency, err = sentinelSpan(r.QueryFrequency); err != nil {
			return fmt.Errorf("queryFrequency %w", err)
		}
	}
	if r.QueryPeriod == "" {
		r.QueryPeriod = "1h"
	}
	if r.period, err = sentinelSpan(r.QueryPeriod); err != nil {
		return fmt.Errorf("queryPeriod %w", err)
	}
	return nil
}

// sentinelSpan reads 1h, 30m, 14d, or the ISO forms PT1H, P14D, P1DT12H.
func sentinelSpan(s string) (passtrail.Ticks, error) {
	bad := fmt.Errorf("%q (want for example 1h, 14d, PT1H)", s)
	t := strings.ToLower(strings.TrimSpace(s))
	if iso, ok := strings.CutPrefix(t, "p"); ok {
		t = strings.Replace(iso, "t", "", 1)
	}
	units := map[byte]passtrail.Ticks{'m': passtrail.Minute, 'h': passtrail.Hour, 'd': passtrail.Day}
	var sum passtrail.Ticks
	for t != "" {
		i := strings.IndexAny(t, "mhd")
		if i < 1 {
			return 0, bad
		}
		n, err := strconv.Atoi(t[:i])
		if err != nil || n < 0 || n > 100_000 {
			return 0, bad
		}
		sum += passtrail.Ticks(n) * units[t[i]]
		t = t[i+1:]
	}
	if sum == 0 {
		return 0, bad
	}
	return sum, nil
}

// maxRuns is how often one rule runs to cover a window.
const maxRuns = 96

// ends are the instants at which the rule runs to cover a window, newest first: every queryFrequency as Sentinel would,
// or every queryPeriod where that would be too often. What lies further back than maxRuns reach is left out.
func (r *SentinelRule) ends(w Window) []passtrail.Ticks {
	step := r.period
	if r.frequency > 0 && (w.To-w.From)/r.frequency < maxRuns {
		step = r.frequency
	}
	ends := []passtrail.Ticks{w.To}
	for at := w.To - step; at > w.From && len(ends) < maxRuns; at -= step {
		ends = append(ends, at)
	}
	return ends
}

// Run runs the rule over the window as Sentinel would have: each time over its queryPeriod back from that instant. What
// several runs see is one finding. A rule whose query has mistakes, such as a table that is not here, is an Invalid error
// that holds them.
func (r *SentinelRule) Run(ctx context.Context, e *query.Engine, tenant passtrail.TenantID, w Window) ([]store.Finding, error) {
	var out []store.Finding
	for _, end := range r.ends(w) {
		fs, err := r.runAt(ctx, e, tenant, w, end)
		if err != nil {
			return nil, err
		}
		out = append(out, fs...)
	}
	return together(out), nil
}

func (r *SentinelRule) runAt(ctx context.Context, e *query.Engine, tenant passtrail.TenantID, w Window, end passtrail.Ticks) ([]store.Finding, error) {
	w.From, w.To = end-r.period, end
	res, err := e.Run(ctx, query.Request{Text: r.Query, Tenants: []passtrail.TenantID{tenant}, Now: w.To, From: w.From, To: w.To})
	var mistakes diag.List
	if errors.As(err, &mistakes) {
		at := mistakes[0]
		return nil, &passtrail.Error{Code: passtrail.Invalid, Op: "detect.Run", Msg: fmt.Sprintf("the analytics rule %q (%s) cannot run here: %s", r.Name, r.ID, at.Message), Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("analytics rule %s: %w", r.ID, err)
	}
	t := &res.Tables[0]
	if !r.triggered(len(t.Rows)) {
		return nil, nil
	}
	if !r.perResult() {
		return []store.Finding{r.finding(t, t.Rows, tenant, w)}, nil
	}
	var out []store.Finding
	for _, row := range t.Rows {
		out = append(out, r.finding(t, [][]any{row}, tenant, w))
	}
	return out, nil
}

func (r *SentinelRule) triggered(n int) bool {
	switch r.TriggerOperator {
	case "lt":
		return n < r.TriggerThreshold
	case "eq":
		return n == r.TriggerThreshold
	case "ne":
		return n != r.TriggerThreshold
	}
	return n > r.TriggerThreshold
}

func (r *SentinelRule) finding(t *query.Table, rows [][]any, tenant passtrail.TenantID, w Window) store.Finding {
	f := store.Finding{
		Tenant: tenant, Rule: r.ID, Severity: r.Severity, Title: r.Name, Reasoning: strings.TrimSpace(r.Description), Techniques: r.Techniques,
		Start: w.From, End: w.To, State: "new", FirstSeen: w.Now, ChangedAt: w.Now,
	}
	r.override(&f, t, rows)
	r.span(&f, t, rows)
	for _, m := range r.Entities {
		switch m.EntityType {
		case "Account":
			f.People = append(f.People, m.accounts(t, rows)...)
		case "IP":
			f.Addresses = append(f.Addresses, cells(t, rows, m.column("Address"))...)
		}
	}
	f.Evidence = append(cells(t, rows, "Id"), cells(t, rows, "EventId")...)
	for _, list := range []*[]string{&f.People, &f.Addresses, &f.Evidence} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	subject := "" // a single alert is one finding a day, whoever late records add to it
	if r.perResult() {
		subject = strings.Join(f.People, "|") + "|" + strings.Join(f.Addresses, "|") + "|" + f.Title
	}
	f.ID = findingID(r.ID, subject, f.Start)
	return f
}

// perResult reports whether every row is an alert of its own.
func (r *SentinelRule) perResult() bool {
	return strings.EqualFold(r.Grouping.AggregationKind, "AlertPerResult")
}

// column is the column mapped to an identifier, "" if there is none.
func (m EntityMapping) column(identifier string) string {
	for _, f := range m.Fields {
		if strings.EqualFold(f.Identifier, identifier) {
			return f.Column
		}
	}
	return ""
}

// accounts names the accounts of an entity by the best identifier that is mapped: the full name, the name with its
// suffix, the object id, or whatever comes first.
func (m EntityMapping) accounts(t *query.Table, rows [][]any) []string {
	if full := m.column("FullName"); full != "" {
		return cells(t, rows, full)
	}
	name, suffix := m.column("Name"), m.column("UPNSuffix")
	if name != "" && suffix != "" {
		var out []string
		for _, row := range rows {
			n, s := cells(t, [][]any{row}, name), cells(t, [][]any{row}, suffix)
			if len(n) > 0 && len(s) > 0 {
				n[0] += "@" + s[0]
			}
			out = append(out, n...)
		}
		return out
	}
	for _, id := range []string{name, m.column("AadUserId"), m.column("ObjectGuid")} {
		if id != "" {
			return cells(t, rows, id)
		}
	}
	if len(m.Fields) == 0 {
		return nil
	}
	return cells(t, rows, m.Fields[0].Column)
}

// override applies alertDetailsOverride with the first row's values.
func (r *SentinelRule) override(f *store.Finding, t *query.Table, rows [][]any) {
	if len(rows) == 0 {
		return
	}
	fill := func(format string) string {
		for i, c := range t.Columns {
			v := fmt.Sprint(query.JSONCell(rows[0][i], c.Type))
			format = strings.NewReplacer("{{"+c.Name+"}}", v, "{{ "+c.Name+" }}", v).Replace(format)
		}
		return format
	}
	if r.Override.DisplayName != "" {
		f.Title = fill(r.Override.DisplayName)
	}
	if r.Override.Description != "" {
		f.Reasoning = fill(r.Override.Description)
	}
	if i := t.Index(r.Override.SeverityColumn); i >= 0 {
		if s, ok := rows[0][i].(string); ok && slices.Contains(Severities, strings.ToLower(s)) {
			f.Severity = strings.ToLower(s)
		}
	}
}

// span narrows the finding to the times that its rows carry.
func (r *SentinelRule) span(f *store.Finding, t *query.Table, rows [][]any) {
	var lo, hi int64
	for i, c := range t.Columns {
		if c.Type != types.DateTime {
			continue
		}
		for _, row := range rows {
			if n, ok := row[i].(int64); ok {
				if lo == 0 || n < lo {
					lo = n
				}
				hi = max(hi, n)
			}
		}
	}
	if lo != 0 {
		f.Start, f.End = passtrail.Ticks(lo), passtrail.Ticks(hi)
	}
}

// cells gathers a column's values as text, without empty ones.
func cells(t *query.Table, rows [][]any, column string) []string {
	i := t.Index(column)
	if i < 0 {
		return nil
	}
	var out []string
	for _, row := range rows {
		if s := fmt.Sprint(query.JSONCell(row[i], t.Columns[i].Type)); row[i] != nil && s != "" {
			out = append(out, s)
		}
	}
	return out
}
