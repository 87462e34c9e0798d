// Package explore answers what the audit-log explorer, the list of attempts and the page of one person ask. Every answer
// is a query in KQL through internal/query; the same filter can be opened as that text.
package explore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"passtrail"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// Explorer asks on behalf of one set of tenants.
type Explorer struct {
	Engine  *query.Engine
	Tenants []passtrail.TenantID
	Now     passtrail.Ticks
}

// run runs prebuilt text and returns its first table.
func (x Explorer) run(ctx context.Context, text string) (*query.Table, error) {
	res, err := x.Engine.Run(ctx, query.Request{Text: text, Tenants: x.Tenants, Now: x.Now})
	if err != nil {
		return nil, err
	}
	return &res.Tables[0], nil
}

// Quote writes text as a KQL string literal. A NUL, which the database's texts end at, becomes a character that nothing has.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", "\ufffd").Replace(s) + `"`
}

// Filter chooses audit records; empty fields choose all. Text filters fold case.
type Filter struct {
	From, To passtrail.Ticks // From inclusive, To exclusive; 0: open
	Service  string
	Category string
	Activity string // display name, or a key such as admin_reset
	Status   string // success, failure or another result
	Target   string // begins with: user principal name, display name or id
	Actor    string // the same for who initiated it
	// CorrelationID is matched whole, UserAgent and Text anywhere.
	CorrelationID, UserAgent, Text string
}

// KQL is the filter as a query over AuditLogs, without order or limit.
func (f Filter) KQL() string {
	var b strings.Builder
	b.WriteString("AuditLogs")
	where := func(format string, args ...any) { fmt.Fprintf(&b, "\n| where "+format, args...) }
	if f.From != 0 {
		where("TimeGenerated >= datetime(%s)", f.From)
	}
	if f.To != 0 {
		where("TimeGenerated < datetime(%s)", f.To)
	}
	for _, eq := range []struct{ column, value string }{{"LoggedByService", f.Service}, {"Category", f.Category}, {"Result", f.Status}, {"CorrelationId", f.CorrelationID}} {
		if eq.value != "" {
			where("%s =~ %s", eq.column, Quote(eq.value))
		}
	}
	if f.Activity != "" {
		if names := activityNames(f.Activity); len(names) > 0 {
			where("ActivityDisplayName in~ (%s)", strings.Join(names, ", "))
		} else {
			where("ActivityDisplayName =~ %s", Quote(f.Activity))
		}
	}
	if f.Target != "" {
		q := Quote(f.Target)
		where("tostring(TargetResources[0].userPrincipalName) startswith %s or tostring(TargetResources[0].displayName) startswith %s or tostring(TargetResources[0].id) =~ %s", q, q, q)
	}
	if f.Actor != "" {
		q := Quote(f.Actor)
		where("tostring(InitiatedBy.user.userPrincipalName) startswith %s or Identity startswith %s or tostring(InitiatedBy.user.id) =~ %s", q, q, q)
	}
	if f.UserAgent != "" {
		where("AdditionalDetails contains %s", Quote(jsonInside(f.UserAgent))) // quick, and refined by the next
		where("tostring(AdditionalDetails) matches regex %s", Quote(userAgentPattern(f.UserAgent)))
	}
	if f.Text != "" {
		q := Quote(f.Text)
		where("ActivityDisplayName contains %s or ResultReason contains %s or InitiatedBy contains %s or TargetResources contains %s or AdditionalDetails contains %s", q, q, q, q, q)
	}
	return b.String()
}

// jsonInside writes text as it stands inside a JSON string.
func jsonInside(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return s // text always encodes
	}
	out := strings.TrimSuffix(b.String(), "\n")
	return out[1 : len(out)-1]
}

// userAgentPattern finds text within the value of the detail User-Agent, whichever of key and value stands first.
func userAgentPattern(s string) string {
	const rest = `(?:[^"\\]|\\.)*`
	value := `"value":\s*"` + rest + regexp.QuoteMeta(jsonInside(s)) + rest + `"`
	key := `"key":\s*"User-Agent"`
	return `(?i)` + key + `,\s*` + value + `|` + value + `,\s*` + key
}

// Event is one audit record in a list.
type Event struct {
	ID                                                   string
	Time                                                 passtrail.Ticks
	Service, Category, Activity, Result, Reason          string
	TargetName, TargetUPN, TargetID                      string
	ActorName, ActorUPN, ActorID, Address, CorrelationID string
}

// EventColumns is the projection of a list of records, the columns of an export.
const EventColumns = `
| project TimeGenerated, LoggedByService, Category, ActivityDisplayName, Result, ResultReason,
    Target = tostring(TargetResources[0].userPrincipalName), TargetName = tostring(TargetResources[0].displayName), TargetId = tostring(TargetResources[0].id),
    InitiatedBy = tostring(InitiatedBy.user.userPrincipalName), InitiatedByName = Identity, InitiatedById = tostring(InitiatedBy.user.id),
    IPAddress = tostring(InitiatedBy.user.ipAddress), CorrelationId, Id`

// newest orders a list as the admin center does; the id makes the order total.
const newest = "\n| sort by TimeGenerated desc, Id asc"

// Page is a run of events, newest first, and where the next page begins ("" on the last).
type Page struct {
	Events []Event
	Next   string
}

// Events returns a page of at most limit records, newest first. After is the Next of the page before, or "". Records
// that arrive meanwhile do not move a page.
func (x Explorer) Events(ctx context.Context, f Filter, after string, limit int) (*Page, error) {
	if limit < 1 {
		return nil, passtrail.Errorf(passtrail.Invalid, "explore.Events", "a page of %d records: want 1 or more", limit)
	}
	text, newest := f.KQL(), f.To
	if after != "" {
		at, id, err := decodeCursor(after)
		if err != nil {
			return nil, err
		}
		text += fmt.Sprintf("\n| where TimeGenerated < datetime(%s) or (TimeGenerated == datetime(%s) and strcmp(Id, %s) > 0)", at, at, Quote(id))
		newest = at
	}
	p := &Page{}
	for _, within := range f.windows(cmp.Or(newest, x.Now)) {
		t, err := x.run(ctx, text+within+EventColumns+fmt.Sprintf("\n| sort by TimeGenerated desc, Id asc\n| take %d", limit+1-len(p.Events)))
		if err != nil {
			return nil, err
		}
		for _, row := range t.Rows {
			p.Events = append(p.Events, event(row))
		}
		if len(p.Events) > limit {
			p.Events = p.Events[:limit]
			last := p.Events[limit-1]
			p.Next = encodeCursor(last.Time, last.ID)
			break
		}
	}
	return p, nil
}

// Slow tells a filter that reads the long texts of every record.
func (f Filter) Slow() bool { return f.Text != "" || f.UserAgent != "" }

// windows parts the time of a slow filter into stretches, the newest and shortest first, each four times as long as the
// one before: a page of what is frequent then reads the texts of a day and not of years. Other filters have one stretch.
func (f Filter) windows(newest passtrail.Ticks) []string {
	if !f.Slow() {
		return []string{""}
	}
	var out []string
	before := ""
	for span := passtrail.Day; newest-span > max(f.From, 1); span *= 4 {
		out = append(out, before+fmt.Sprintf("\n| where TimeGenerated >= datetime(%s)", newest-span))
		before = fmt.Sprintf("\n| where TimeGenerated < datetime(%s)", newest-span)
	}
	return append(out, before)
}

// ExportText is the query of an export: everything that the filter matches, newest first.
func (f Filter) ExportText() string { return f.KQL() + EventColumns + newest }

// NamesText is the query of time and id of everything that the filter matches, newest first.
func (f Filter) NamesText() string {
	return f.KQL() + "\n| project TimeGenerated, Id" + newest
}

// event reads a row of EventColumns.
func event(row []any) Event {
	s := func(i int) string { v, _ := row[i].(string); return v }
	at, _ := row[0].(int64)
	return Event{
		Time: passtrail.Ticks(at), Service: s(1), Category: s(2), Activity: s(3), Result: s(4), Reason: s(5),
		TargetUPN: s(6), TargetName: s(7), TargetID: s(8), ActorUPN: s(9), ActorName: s(10), ActorID: s(11), Address: s(12), CorrelationID: s(13), ID: s(14),
	}
}

// Count counts what the filter matches.
func (x Explorer) Count(ctx context.Context, f Filter) (int64, error) {
	t, err := x.run(ctx, f.KQL()+"\n| count")
	if err != nil {
		return 0, err
	}
	n, _ := t.Rows[0][0].(int64)
	return n, nil
}

// auditLogs is the table that events come from.
var auditLogs = query.Schema.Table("AuditLogs")

// Facet is a value and how many records have it.
type Facet struct {
	Value string
	Count int64
}

// Facets counts the values of a column of AuditLogs among what the filter matches, most first, at most limit of them.
func (x Explorer) Facets(ctx context.Context, f Filter, column string, limit int) ([]Facet, error) {
	if !slices.ContainsFunc(auditLogs.Columns, func(c plan.Column) bool { return c.Name == column && c.Type == types.String }) {
		return nil, passtrail.Errorf(passtrail.Invalid, "explore.Facets", "AuditLogs has no text column %q", column)
	}
	t, err := x.run(ctx, f.KQL()+fmt.Sprintf("\n| summarize Count = count() by Value = %s\n| sort by Count desc, Value asc\n| take %d", column, limit))
	if err != nil {
		return nil, err
	}
	var out []Facet
	for _, row := range t.Rows {
		n, _ := row[t.Index("Count")].(int64)
		v, _ := row[t.Index("Value")].(string)
		out = append(out, Facet{v, n})
	}
	return out, nil
}

func encodeCursor(t passtrail.Ticks, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(int64(t), 36) + " " + id))
}

func decodeCursor(s string) (passtrail.Ticks, string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	num, id, ok := strings.Cut(string(b), " ")
	n, perr := strconv.ParseInt(num, 36, 64)
	if err != nil || !ok || perr != nil || n < 0 || passtrail.Ticks(n) > passtrail.MaxTicks {
		return 0, "", passtrail.Errorf(passtrail.Invalid, "explore.Events", "the page's position is damaged; begin at the first page")
	}
	return passtrail.Ticks(n), id, nil
}
