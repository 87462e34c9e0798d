package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"passtrail/internal/explore"
	"passtrail/internal/export"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
)

// eventFlags are the flags of the events command.
type eventFlags struct {
	explore.Filter
	tenant, since, until, output, out, after, id string
	limit                                        int
	all, kql, raw                                bool
}

func newEventsCommand(a *app) *cobra.Command {
	var f eventFlags
	c := &cobra.Command{
		Use:   "events",
		Short: "The audit log, with the admin center's filters",
		Long: "Lists audit records, newest first, a page at a time; --all writes everything that matches. --id shows one record\n" +
			"with its status reason in plain words. --kql prints the filter as a query. --raw gives records back as they came\n" +
			"in, whichever way that was; ingest takes them in again.",
		Example: "  passtrail events --since 7d --activity admin_reset --target adele.vance\n  passtrail events --id SSPR_b7c03ae7-7bd9-5f5e-ab15-b9b7ad4195d5_SAMPLE_1005\n" +
			"  passtrail events --status failure --since 30d --all -o xlsx --out failures.xlsx\n" +
			"  passtrail events --raw --all --since 30d --out records.ndjson",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if f.From, f.To, err = a.period(f.since, f.until); err != nil {
				return err
			}
			return a.toFile(f.out, func() error { return a.events(c.Context(), f) })
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	fl.StringVar(&f.since, "since", "", "from this time on: `7d`, 24h, or an ISO time")
	fl.StringVar(&f.until, "until", "", "before this `time`")
	fl.StringVar(&f.Service, "service", "", "`service` that logged it, Self-service Password Management")
	fl.StringVar(&f.Category, "category", "", "`category`, UserManagement")
	fl.StringVar(&f.Activity, "activity", "", "`activity`: its name, or a key such as reset, admin_reset, flow")
	fl.StringVar(&f.Status, "status", "", "success or failure")
	fl.StringVar(&f.Target, "target", "", "target whose user principal name or name begins with this, or whose id it is")
	fl.StringVar(&f.Actor, "initiated-by", "", "actor whose user principal name or name begins with this, or whose id it is")
	fl.StringVar(&f.CorrelationID, "correlation-id", "", "correlation `id`")
	fl.StringVar(&f.UserAgent, "user-agent", "", "`text` in the user agent")
	fl.StringVar(&f.Text, "text", "", "`text` anywhere in activity, reason, actor, targets or details")
	fl.StringVar(&f.id, "id", "", "show the one record with this `id`")
	fl.IntVar(&f.limit, "limit", 50, "records on a page, 1 to 10000")
	fl.StringVar(&f.after, "after", "", "show the page after this `position` (printed below a page)")
	fl.BoolVar(&f.all, "all", false, "everything that matches, not a page")
	fl.BoolVar(&f.raw, "raw", false, "records as they came in, a JSON document a line")
	fl.BoolVar(&f.kql, "kql", false, "print the filter as KQL")
	fl.StringVar(&f.out, "out", "", "write to this `file` instead of stdout")
	outputFlag(c, &f.output, "table", "json", "csv", "ndjson", "md", "xlsx")
	return c
}

func (a *app) events(ctx context.Context, f eventFlags) error {
	if f.limit < 1 || f.limit > 10000 {
		return usageError{fmt.Errorf("--limit %d: want 1 to 10000", f.limit)}
	}
	if f.kql {
		_, err := fmt.Fprintln(a.out, f.ExportText())
		return err
	}
	x, err := a.explorer(ctx, f.tenant)
	if err != nil {
		return err
	}
	if f.raw {
		return a.rawEvents(ctx, x, f)
	}
	if f.id != "" {
		return a.event(ctx, x, f)
	}
	about, err := a.about(ctx, x, "Audit log", f.ExportText(), f.From, f.To)
	if err != nil {
		return err
	}
	a.notes(about.Notes...)
	if f.all {
		return a.stream(ctx, x.Engine, f.output, query.Request{Text: f.ExportText(), Tenants: x.Tenants, Now: x.Now, Export: true}, about)
	}
	page, err := x.Events(ctx, f.Filter, f.after, f.limit)
	if err != nil {
		return err
	}
	if err := a.writeAbout(f.output, about, eventTable(page.Events)); err != nil {
		return err
	}
	if page.Next != "" {
		fmt.Fprintf(a.err, "more: add --after %s\n", page.Next)
	}
	return nil
}

// eventTable is a page of events as rows.
func eventTable(events []explore.Event) query.Table {
	t := query.Table{Name: "events", Columns: []query.Column{{Name: "Time", Type: types.DateTime}}}
	for _, n := range []string{"Activity", "Status", "Reason", "Target", "InitiatedBy", "IPAddress", "Id"} {
		t.Columns = append(t.Columns, query.Column{Name: n, Type: types.String})
	}
	for _, e := range events {
		t.Rows = append(t.Rows, []any{int64(e.Time), e.Activity, e.Result, e.Reason, first(e.TargetUPN, e.TargetName, e.TargetID), first(e.ActorUPN, e.ActorName, e.ActorID), e.Address, e.ID})
	}
	return t
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// event shows one record in full.
func (a *app) event(ctx context.Context, x *explore.Explorer, f eventFlags) error {
	d, err := x.Record(ctx, f.id)
	if err != nil {
		return err
	}
	if f.output == "json" {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(eventJSON(d))
	}
	for _, line := range []struct{ name, value string }{
		{"Time", export.Text(int64(d.Time), types.DateTime, a.zone())}, {"Activity", d.Activity}, {"Service", d.Service}, {"Category", d.Category}, {"Operation type", d.OperationType},
		{"Status", d.Result}, {"Status reason", d.Reason}, {"In plain words", d.Plain}, {"Problem", d.Problem}, {"What helps", d.Remedy}, {"Who can fix it", d.FixedBy},
		{"Target", join(d.TargetName, d.TargetUPN, d.TargetID)}, {"Initiated by", join(d.ActorName, d.ActorUPN, d.ActorID)}, {"IP address", d.Address},
		{"Correlation id", d.CorrelationID}, {"Attempt", d.AttemptID}, {"Id", d.ID},
		{"Additional details", string(d.AdditionalDetails)}, {"Target resources", string(d.TargetResources)},
	} {
		if line.value != "" {
			fmt.Fprintf(a.out, "%-19s %s\n", line.name, export.Plain(line.value))
		}
	}
	return nil
}

func join(texts ...string) string {
	s := ""
	for _, t := range texts {
		if t == "" {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += t
	}
	return s
}

// eventJSON is the stable JSON form of one record: Graph's member names and what Passtrail knows beside them.
func eventJSON(d *explore.Detail) any {
	return struct {
		ID                  string          `json:"id"`
		ActivityDateTime    string          `json:"activityDateTime"`
		ActivityDisplayName string          `json:"activityDisplayName"`
		LoggedByService     string          `json:"loggedByService"`
		Category            string          `json:"category"`
		OperationType       string          `json:"operationType"`
		Result              string          `json:"result"`
		ResultReason        string          `json:"resultReason"`
		PlainWords          string          `json:"plainWords,omitempty"`
		Problem             string          `json:"problem,omitempty"`
		Remedy              string          `json:"remedy,omitempty"`
		FixedBy             string          `json:"fixedBy,omitempty"`
		CorrelationID       string          `json:"correlationId"`
		AttemptID           string          `json:"attemptId,omitempty"`
		InitiatedBy         json.RawMessage `json:"initiatedBy,omitempty"`
		TargetResources     json.RawMessage `json:"targetResources,omitempty"`
		AdditionalDetails   json.RawMessage `json:"additionalDetails,omitempty"`
	}{d.ID, d.Time.String(), d.Activity, d.Service, d.Category, d.OperationType, d.Result, d.Reason, d.Plain, d.Problem, d.Remedy, d.FixedBy, d.CorrelationID, d.AttemptID, d.InitiatedBy, d.TargetResources, d.AdditionalDetails}
}

func newAttemptsCommand(a *app) *cobra.Command {
	var f explore.AttemptFilter
	var tenant, since, until, output, out string
	c := &cobra.Command{
		Use:     "attempts",
		Short:   "Attempts at self-service reset and unlock, one row each",
		Example: "  passtrail attempts --since 7d --outcome failed\n  passtrail attempts --person adele.vance -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if f.From, f.To, err = a.period(since, until); err != nil {
				return err
			}
			x, err := a.explorer(c.Context(), tenant)
			if err != nil {
				return err
			}
			text := f.KQL()
			if output == "table" || output == "md" {
				text += "\n| project Start, UserPrincipalName, Outcome, Problem, Gates, Refusals, LastStep, Duration, IPAddress, AttemptId"
			}
			about, err := a.about(c.Context(), x, "Attempts", text, f.From, f.To)
			if err != nil {
				return err
			}
			a.notes(about.Notes...)
			return a.toFile(out, func() error {
				return a.stream(c.Context(), x.Engine, output, query.Request{Text: text, Tenants: x.Tenants, Now: x.Now, Export: true}, about)
			})
		},
	}
	fl := c.Flags()
	fl.StringVar(&tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	fl.StringVar(&since, "since", "", "begun from this time on: `7d`, 24h, or an ISO time")
	fl.StringVar(&until, "until", "", "begun before this `time`")
	fl.StringVar(&f.Outcome, "outcome", "", "reset, unlocked, blocked, cancelled, failed, abandoned or open")
	fl.StringVar(&f.Problem, "problem", "", "`key` of the problem that ended it")
	fl.StringVar(&f.Method, "method", "", "`method` started or completed: email, mobileSMS, appNotification ...")
	fl.StringVar(&f.Person, "person", "", "person whose user principal name or name begins with this, or whose id it is")
	fl.StringVar(&f.Address, "ip", "", "`address` it came from")
	fl.StringVar(&f.AttemptID, "id", "", "the attempt with this `id` (its correlation id)")
	fl.StringVar(&out, "out", "", "write to this `file` instead of stdout")
	outputFlag(c, &output, "table", "json", "csv", "ndjson", "md", "xlsx")
	return c
}

func newPersonCommand(a *app) *cobra.Command {
	var tenant, since, until, output string
	c := &cobra.Command{
		Use:     "person WHO",
		Short:   "One person's line of time",
		Long:    "Shows one person: registration and role now, then everything that happened, newest first, with the records of an\nattempt folded below it. WHO is a user principal name, the beginning of one or of a display name, or an object id.",
		Example: "  passtrail person adele.vance@contoso.com --since 30d",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			from, to, err := a.period(since, until)
			if err != nil {
				return err
			}
			x, err := a.explorer(c.Context(), tenant)
			if err != nil {
				return err
			}
			p, err := x.Person(c.Context(), args[0])
			if err != nil {
				return err
			}
			if err := a.sawLook(c.Context(), p.ID, flagsSet(c)); err != nil {
				return err
			}
			moments, err := x.Timeline(c.Context(), p.ID, from, to)
			if err != nil {
				return err
			}
			about, err := a.about(c.Context(), x, "Person", "", from, to)
			if err != nil {
				return err
			}
			a.notes(about.Notes...)
			if output == "json" {
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				return e.Encode(struct {
					Person  *explore.Person  `json:"person"`
					Moments []explore.Moment `json:"moments"`
					Notes   []string         `json:"notes"`
				}{p, moments, append([]string{}, about.Notes...)})
			}
			return a.person(p, moments)
		},
	}
	fl := c.Flags()
	fl.StringVar(&tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	fl.StringVar(&since, "since", "", "from this time on: `30d`, or an ISO time (default: everything)")
	fl.StringVar(&until, "until", "", "until this `time`")
	outputFlag(c, &output, "table", "json")
	return c
}

func (a *app) person(p *explore.Person, moments []explore.Moment) error {
	fmt.Fprintf(a.out, "%s\n%s\nobject id    %s\nrole         %s\n", export.Plain(first(p.Name, p.UPN)), export.Plain(p.UPN), export.Plain(p.ID), export.Plain(p.Role))
	if p.Known {
		fmt.Fprintf(a.out, "registered   %s\nenabled      %s\ncapable      %s\ndata         %s\n", yes(p.Registered), yes(p.Enabled), yes(p.Capable), first(p.DataRegistered, "none"))
		fmt.Fprintf(a.out, "can reset    %s\n", a.canReset(p))
	} else {
		fmt.Fprintln(a.out, "registered   not known: no registration snapshot holds this person")
		if p.BlockedUntil != 0 {
			fmt.Fprintf(a.out, "can reset    %s\n", a.canReset(p))
		}
	}
	fmt.Fprintln(a.out)
	for _, m := range moments {
		fmt.Fprintf(a.out, "%s  %s", export.Text(int64(m.Time), types.DateTime, a.zone()), export.Plain(m.Title))
		if m.Kind != "attempt" && m.Result != "" {
			fmt.Fprintf(a.out, " (%s)", m.Result)
		}
		if m.By != "" {
			fmt.Fprintf(a.out, ", by %s", export.Plain(m.By))
		}
		if m.Address != "" {
			fmt.Fprintf(a.out, ", from %s", export.Plain(m.Address))
		}
		fmt.Fprintln(a.out)
		if m.Kind != "attempt" && len(m.Events) < 2 {
			continue
		}
		for _, e := range m.Events {
			fmt.Fprintf(a.out, "    %s  %s\n", e.Time.Time().In(a.zone()).Format("15:04:05"), export.Plain(plainStep(e)))
		}
	}
	return nil
}

// canReset says whether a person can reset their own password now: a block outweighs what is registered.
func (a *app) canReset(p *explore.Person) string {
	if p.BlockedUntil != 0 {
		return "no, blocked until " + export.Text(int64(p.BlockedUntil), types.DateTime, a.zone())
	}
	return yes(p.Capable)
}

// plainStep says in plain words what a record of a story is: the step of the reset portal, else the activity.
func plainStep(e explore.Event) string {
	if a, ok := vocab.ActivityByKey(e.Activity); ok && e.Activity != "flow" {
		return a.Title
	}
	return first(vocab.PlainWords(e.Reason), e.Activity)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
