// Package detect runs detections: questions in KQL whose every row is a reason to look. Rules are files (a .yaml beside a
// .kql under content/detections); adding one is adding two files. What a rule finds is a [store.Finding] with a stable
// id, so that the same thing found again is the same finding.
package detect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store"
	"passtrail/internal/vocab"
)

// Severities lists the severities, gravest first.
var Severities = []string{"high", "medium", "low", "informational"}

// Rule is one detection. Its query may use StartTime, EndTime and the rule's parameters, and answers rows with the
// columns Subject (text), Start and End (datetime), People, Addresses and Evidence (arrays of text; Evidence holds ids of
// records), and whatever else the reasoning names. A column Key (text) tells findings about one subject apart where there
// can be several on one day.
type Rule struct {
	ID         string             `yaml:"-"`
	Order      int                `yaml:"order"`
	Title      string             `yaml:"title"`
	Severity   string             `yaml:"severity"`
	Techniques []string           `yaml:"techniques"` // ATT&CK ids
	Parameters map[string]float64 `yaml:"parameters"`
	Reasoning  string             `yaml:"reasoning"` // text/template over the row's columns
	Query      string             `yaml:"-"`

	reasoning *template.Template
}

// Load reads every rule of a directory of files.
func Load(files fs.FS, dir string) ([]*Rule, error) {
	names, err := fs.Glob(files, path.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var rules []*Rule
	for _, name := range names {
		r, err := load(files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rules = append(rules, r)
	}
	slices.SortFunc(rules, func(a, b *Rule) int { return a.Order - b.Order })
	return rules, nil
}

func load(files fs.FS, name string) (*Rule, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	r := &Rule{ID: strings.TrimSuffix(path.Base(name), ".yaml")}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(r); err != nil {
		return nil, err
	}
	q, err := fs.ReadFile(files, strings.TrimSuffix(name, ".yaml")+".kql")
	if err != nil {
		return nil, err
	}
	r.Query = string(q)
	if !slices.Contains(Severities, r.Severity) {
		return nil, fmt.Errorf("severity %q (want one of %s)", r.Severity, strings.Join(Severities, ", "))
	}
	r.reasoning, err = template.New(r.ID).Funcs(words).Option("missingkey=error").Parse(strings.TrimSpace(r.Reasoning))
	return r, err
}

// words are what a rule's reasoning may call to say keys of the vocabulary in words; activities takes several in one text,
// parted by commas.
var words = template.FuncMap{
	"activity": vocab.ActivityTitle,
	"activities": func(keys string) string {
		list := strings.Split(keys, ",")
		for i, key := range list {
			list[i] = vocab.ActivityTitle(key)
		}
		return strings.Join(list, "; ")
	},
}

// Window is the time that rules look at, and when they look.
type Window struct {
	From, To, Now passtrail.Ticks
}

// Text is the rule's query with the window and the parameters put before it: it runs as it stands.
func (r *Rule) Text(w Window) string {
	var b strings.Builder
	fmt.Fprintf(&b, "let StartTime = datetime(%s);\nlet EndTime = datetime(%s);\n", w.From, w.To)
	for _, name := range slices.Sorted(maps.Keys(r.Parameters)) {
		fmt.Fprintf(&b, "let %s = %v;\n", name, r.Parameters[name])
	}
	return b.String() + r.Query
}

// Run runs one rule for a tenant.
func (r *Rule) Run(ctx context.Context, e *query.Engine, tenant passtrail.TenantID, w Window) ([]store.Finding, error) {
	res, err := e.Run(ctx, query.Request{Text: r.Text(w), Tenants: []passtrail.TenantID{tenant}, Now: w.Now})
	if err != nil {
		return nil, fmt.Errorf("detection %s: %w", r.ID, err)
	}
	if len(res.Tables) != 1 {
		return nil, fmt.Errorf("detection %s answers %d tables, want 1", r.ID, len(res.Tables))
	}
	var out []store.Finding
	for _, row := range res.Tables[0].Rows {
		f, err := r.finding(&res.Tables[0], row, tenant, w)
		if err != nil {
			return nil, fmt.Errorf("detection %s: %w", r.ID, err)
		}
		out = append(out, f)
	}
	return together(out), nil
}

// RunAll runs all rules; the gravest findings come first, then the newest.
func RunAll(ctx context.Context, rules []*Rule, e *query.Engine, tenant passtrail.TenantID, w Window) ([]store.Finding, error) {
	var all []store.Finding
	for _, r := range rules {
		fs, err := r.Run(ctx, e, tenant, w)
		if err != nil {
			return nil, err
		}
		all = append(all, fs...)
	}
	Sort(all)
	return all, nil
}

// Sort orders findings: gravest first, then newest, then by id.
func Sort(fs []store.Finding) {
	slices.SortFunc(fs, func(a, b store.Finding) int {
		if c := slices.Index(Severities, a.Severity) - slices.Index(Severities, b.Severity); c != 0 {
			return c
		}
		if a.Start != b.Start {
			if a.Start > b.Start {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
}

func (r *Rule) finding(t *query.Table, row []any, tenant passtrail.TenantID, w Window) (store.Finding, error) {
	cell := func(name string) any {
		if i := t.Index(name); i >= 0 {
			return row[i]
		}
		return nil
	}
	start, ok1 := cell("Start").(int64)
	end, ok2 := cell("End").(int64)
	subject, ok3 := cell("Subject").(string)
	if !ok1 || !ok2 || !ok3 {
		return store.Finding{}, fmt.Errorf("the query must answer Subject (string), Start and End (datetime)")
	}
	f := store.Finding{
		Tenant: tenant, Rule: r.ID, Severity: r.Severity, Title: r.Title, Techniques: r.Techniques,
		Start: passtrail.Ticks(start), End: passtrail.Ticks(end), State: "new", FirstSeen: w.Now, ChangedAt: w.Now,
	}
	for name, into := range map[string]*[]string{"People": &f.People, "Addresses": &f.Addresses, "Evidence": &f.Evidence} {
		list, err := texts(cell(name))
		if err != nil {
			return f, fmt.Errorf("column %s: %w", name, err)
		}
		*into = list
	}
	f.ID = findingID(r.ID, subject, f.Start)
	if key, ok := cell("Key").(string); ok {
		f.ID = hashID(r.ID, subject, key)
	}
	var b bytes.Buffer
	if err := r.reasoning.Execute(&b, values(t, row)); err != nil {
		return f, fmt.Errorf("reasoning: %w", err)
	}
	f.Reasoning = b.String()
	return f, nil
}

// findingID is the same for one rule, subject and day, whatever late records add to the finding in the middle or at its
// end. See Adopt for those that come before its beginning.
func findingID(rule, subject string, start passtrail.Ticks) string {
	return hashID(rule, subject, start.String()[:10])
}

func hashID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// Adopt gives findings the id of the known finding that they continue: one of the same rule that shares a record of the
// evidence with them. So a finding stays the same one when late records move its beginning, or when the window from which it
// is seen moves on. Findings that come to one id are put together.
func Adopt(found, known []store.Finding) []store.Finding {
	byRecord := map[[2]string]string{}
	taken := map[string]bool{}
	for _, k := range known {
		taken[k.ID] = true
		for _, id := range k.Evidence {
			byRecord[[2]string{k.Rule, id}] = k.ID
		}
	}
	out := slices.Clone(found)
	for i, f := range out {
		if taken[f.ID] {
			continue
		}
		for _, id := range f.Evidence {
			if old, ok := byRecord[[2]string{f.Rule, id}]; ok {
				out[i].ID = old
				break
			}
		}
	}
	return together(out)
}

// together makes one of findings with the same id: their evidence is added up, and what has most of it tells the reason.
func together(fs []store.Finding) []store.Finding {
	var out []store.Finding
	at := map[string]int{}
	for _, f := range fs {
		i, ok := at[f.ID]
		if !ok {
			at[f.ID] = len(out)
			out = append(out, f)
			continue
		}
		a, b := out[i], f
		if len(b.Evidence) > len(a.Evidence) {
			a, b = b, a
		}
		a.Start, a.End = min(a.Start, b.Start), max(a.End, b.End)
		a.People, a.Addresses, a.Evidence = union(a.People, b.People), union(a.Addresses, b.Addresses), union(a.Evidence, b.Evidence)
		out[i] = a
	}
	return out
}

// union merges sorted lists.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// texts reads a dynamic array of text, sorted, without empty ones and repeats.
func texts(v any) ([]string, error) {
	s, ok := v.(string)
	if !ok || s == "" {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(s), &list); err != nil {
		return nil, fmt.Errorf("want an array of text: %w", err)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" }), nil
}

// values gives a template the row's cells by column name, instants as text.
func values(t *query.Table, row []any) map[string]any {
	m := make(map[string]any, len(row))
	for i, c := range t.Columns {
		m[c.Name] = row[i]
		if c.Type == types.DateTime {
			m[c.Name] = query.JSONCell(row[i], c.Type)
		}
	}
	return m
}
