package detect

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"passtrail"
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

	period passtrail.Ticks
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
	return rules, nil
}

// ParseSentinel reads one rule.
func ParseSentinel(text []byte) (*SentinelRule, error) {
	r := &SentinelRule{}
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(r); err != nil {
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
	if r.TriggerOperator == "" {
		r.TriggerOperator = "gt"
	}
	if !slices.Contains([]string{"gt", "lt", "eq", "ne"}, strings.ToLower(r.TriggerOperator)) {
		return nil, fmt.Errorf("triggerOperator %q (want gt, lt, eq or ne)", r.TriggerOperator)
	}
	if r.QueryPeriod == "" {
		r.QueryPeriod = "14d"
	}
	var err error
	r.period, err = sentinelSpan(r.QueryPeriod)
	return r, err
}

// sentinelSpan reads 1h, 30m, 14d, or the ISO forms PT1H, P14D.
func sentinelSpan(s string) (passtrail.Ticks, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	if iso, ok := strings.CutPrefix(t, "p"); ok {
		t = strings.TrimPrefix(iso, "t")
	}
	units := map[byte]passtrail.Ticks{'m': passtrail.Minute, 'h': passtrail.Hour, 'd': passtrail.Day}
	if len(t) > 1 && units[t[len(t)-1]] != 0 {
		if n, err := strconv.Atoi(t[:len(t)-1]); err == nil && n > 0 && n <= 100000 {
			return passtrail.Ticks(n) * units[t[len(t)-1]], nil
		}
	}
	return 0, fmt.Errorf("queryPeriod %q (want for example 1h, 14d, PT1H)", s)
}

// Run runs the rule once, as Sentinel would at w.To: over its queryPeriod back from there.
func (r *SentinelRule) Run(ctx context.Context, e *query.Engine, tenant passtrail.TenantID, w Window) ([]store.Finding, error) {
	w.From = w.To - r.period
	res, err := e.Run(ctx, query.Request{Text: r.Query, Tenants: []passtrail.TenantID{tenant}, Now: w.To, From: w.From, To: w.To})
	if err != nil {
		return nil, fmt.Errorf("analytics rule %s: %w", r.ID, err)
	}
	t := &res.Tables[0]
	if !r.triggered(len(t.Rows)) {
		return nil, nil
	}
	if strings.EqualFold(r.Grouping.AggregationKind, "AlertPerResult") {
		var out []store.Finding
		for _, row := range t.Rows {
			out = append(out, r.finding(t, [][]any{row}, tenant, w))
		}
		return out, nil
	}
	return []store.Finding{r.finding(t, t.Rows, tenant, w)}, nil
}

func (r *SentinelRule) triggered(n int) bool {
	switch strings.ToLower(r.TriggerOperator) {
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
		for _, field := range m.Fields {
			switch m.EntityType {
			case "Account":
				f.People = append(f.People, cells(t, rows, field.Column)...)
			case "IP":
				f.Addresses = append(f.Addresses, cells(t, rows, field.Column)...)
			}
		}
	}
	f.Evidence = append(cells(t, rows, "Id"), cells(t, rows, "EventId")...)
	for _, list := range []*[]string{&f.People, &f.Addresses, &f.Evidence} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	f.ID = findingID(r.ID, strings.Join(f.People, "|")+"|"+strings.Join(f.Addresses, "|")+"|"+f.Title, f.Start)
	return f
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
