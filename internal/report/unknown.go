package report

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
)

// Unknown is a status reason or a method that the vocabulary does not know, and how many records say it. Such records are
// counted like all others; what is missing is what the words mean.
type Unknown struct {
	Kind     string // reason or method
	Text     string // without digits and addresses: reasons may hold somebody's number
	Activity string // key of the activity
	Records  int64
}

// Unknown counts the words of a period that are not known, the most frequent first. Of activities, the keys that begin with
// one of the texts count; none means all.
func (l *Library) Unknown(ctx context.Context, tenant passtrail.TenantID, from, to, now passtrail.Ticks, activities ...string) ([]Unknown, error) {
	var methods, keys []string
	for _, m := range vocab.Methods() {
		methods = append(methods, quote(m.Key))
	}
	for _, a := range activities {
		keys = append(keys, "Activity startswith_cs "+quote(a))
	}
	if keys == nil {
		keys = []string{"true"}
	}
	// known reasons that are neither a step nor about a method are few texts: they are told apart below
	text := fmt.Sprintf(`PasswordEvents
| where Time >= datetime(%s) and Time < datetime(%s) and Reason != "" and (%s)
| where (Step == "" and Method == "") or Method !in ("", %s)
| summarize Records = count() by Activity, Reason, Method`, from, to, strings.Join(keys, " or "), strings.Join(methods, ", "))
	res, err := l.engine.Run(ctx, query.Request{Text: text, Tenants: []passtrail.TenantID{tenant}, Now: now})
	if err != nil {
		return nil, err
	}
	counts := map[Unknown]int64{}
	for _, row := range res.Tables[0].Rows {
		u := Unknown{Kind: "method", Text: str(row[2]), Activity: str(row[0])}
		if u.Text == "" {
			if _, ok := vocab.FindReason(str(row[1])); ok {
				continue
			}
			u.Kind, u.Text = "reason", discreet(str(row[1]))
		}
		n, _ := row[3].(int64)
		counts[u] += n
	}
	out := make([]Unknown, 0, len(counts))
	for u, n := range counts {
		u.Records = n
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b Unknown) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Activity, b.Activity))
	})
	return out, nil
}

func str(v any) string { s, _ := v.(string); return s }

// address is a mail address or a user principal name.
var address = regexp.MustCompile(`[^\s<>"',;:()]+@[^\s<>"',;:()]+`)

// discreet is a reason without what may be somebody's: digits of numbers, mail addresses.
func discreet(reason string) string {
	return vocab.Mask(address.ReplaceAllString(strings.Join(strings.Fields(reason), " "), "…@…"))
}

// unknownNotes says in sentences which words of a report's records are not known.
func (l *Library) unknownNotes(ctx context.Context, r *Report, p Params) ([]string, error) {
	if len(r.Words) == 0 {
		return nil, nil
	}
	all, err := l.Unknown(ctx, p.Tenant, p.From, p.To, p.Now, r.Words...)
	if err != nil {
		return nil, err
	}
	var notes []string
	for _, kind := range []string{"reason", "method"} {
		if note := unknownNote(all, kind); note != "" {
			notes = append(notes, note)
		}
	}
	return notes, nil
}

// shownWords is how many unknown texts a note spells out.
const shownWords = 3

// unknownNote is the sentence about one kind of words, "" without any.
func unknownNote(all []Unknown, kind string) string {
	byText := map[string]int64{}
	var order []string
	var total int64
	for _, u := range all {
		if u.Kind != kind {
			continue
		}
		if byText[u.Text] == 0 {
			order = append(order, u.Text)
		}
		byText[u.Text] += u.Records
		total += u.Records
	}
	if total == 0 {
		return ""
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(byText[b], byText[a]) })
	var texts []string
	for _, text := range order[:min(shownWords, len(order))] {
		texts = append(texts, fmt.Sprintf("“%s” (%d)", text, byText[text]))
	}
	if more := len(order) - shownWords; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	what := map[[2]bool]string{
		{true, true}: "1 record has a reason", {true, false}: "1 record names a method", {false, true}: fmt.Sprintf("%d records have reasons", total), {false, false}: fmt.Sprintf("%d records name methods", total),
	}[[2]bool{total == 1, kind == "reason"}]
	return what + " that Passtrail does not know: " + strings.Join(texts, ", ") + "."
}

// dateNotes says which days of the period bend the curves of a report.
func dateNotes(r *Report, p Params) []string {
	if len(r.Dates) == 0 {
		return nil
	}
	var notes []string
	for _, d := range vocab.Dates(p.From, p.To, r.Dates...) {
		notes = append(notes, d.When+": "+d.What)
	}
	if p.RegisteredOnly >= p.From && p.RegisteredOnly < p.To {
		notes = append(notes, Day(p.RegisteredOnly, time.UTC)+": from this day on password reset accepts registered methods only (a setting of the tenant).")
	}
	return notes
}
