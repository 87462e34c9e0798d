package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/explore"
	"passtrail/internal/export"
	"passtrail/internal/kql/diag"
	"passtrail/internal/query"
)

// queryFlags are the flags of the query command.
type queryFlags struct {
	tenant, since, until, output, out, file string
	explain, batch                          bool
	maxRows                                 int64
}

// maxBatchLine is the longest line that query --batch reads.
const maxBatchLine = 4 << 20

func newQueryCommand(a *app) *cobra.Command {
	var f queryFlags
	c := &cobra.Command{
		Use:   "query 'KQL'",
		Short: "Run a query in KQL over AuditLogs, PasswordEvents, PasswordResetAttempts ...",
		Long: "Runs a query written in the Kusto Query Language. -o json prints the shape of the Log Analytics query API. With\n" +
			"--batch, reads lines {\"id\",\"query\"} and answers each with a line {\"id\",\"tables\"} or {\"id\",\"error\"}.",
		Example: "  passtrail query 'PasswordResetAttempts | summarize count() by Outcome'\n  passtrail query --file hunt.kql -o csv --out hunt.csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if f.batch {
				return a.batch(c.Context(), f)
			}
			return a.query(c.Context(), args, f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	fl.StringVar(&f.since, "since", "", "restrict the time column of every table: `30d`, or an ISO time")
	fl.StringVar(&f.until, "until", "", "end of that restriction, a `time`")
	fl.StringVar(&f.file, "file", "", "read the query from this `file`, - for standard input")
	fl.StringVar(&f.out, "out", "", "write to this `file` instead of stdout")
	fl.BoolVar(&f.explain, "explain", false, "show plan and SQL instead of running")
	fl.BoolVar(&f.batch, "batch", false, "answer lines of {\"id\",\"query\"} from standard input")
	fl.Int64Var(&f.maxRows, "max-rows", 0, "fail when a table has more than `n` rows (default: 500000, with --out any number)")
	outputFlag(c, &f.output, "table", "json", "csv", "ndjson", "md", "xlsx")
	return c
}

func (a *app) query(ctx context.Context, args []string, f queryFlags) error {
	text, err := a.queryText(args, f.file)
	if err != nil {
		return err
	}
	req, err := a.queryRequest(ctx, f)
	if err != nil {
		return err
	}
	if err := a.sawLook(ctx, "command line", text); err != nil {
		return err
	}
	req.Text, req.Export = text, f.out != "" && f.maxRows == 0
	e, err := a.engine(ctx)
	if err != nil {
		return err
	}
	if f.explain {
		s, err := e.Explain(ctx, req)
		if err != nil {
			return queryError(text, err)
		}
		_, err = fmt.Fprintln(a.out, s)
		return err
	}
	var about *export.About
	if f.output == "xlsx" {
		x := &explore.Explorer{Engine: e, Tenants: req.Tenants, Now: req.Now}
		if about, err = a.about(ctx, x, "Query", text, req.From, req.To); err != nil {
			return err
		}
	}
	return a.toFile(f.out, func() error { return queryError(text, a.stream(ctx, e, f.output, req, about)) })
}

func (a *app) queryText(args []string, file string) (string, error) {
	switch {
	case len(args) == 1 && file == "":
		return args[0], nil
	case len(args) == 1:
		return "", usageError{errors.New("give the query or --file, not both")}
	case file == "-":
		b, err := io.ReadAll(io.LimitReader(a.in, maxBatchLine))
		return string(b), err
	case file != "":
		b, err := os.ReadFile(a.path(file))
		if err != nil {
			return "", passtrail.Errorf(passtrail.Invalid, "main.queryText", "cannot read the query: %v", err)
		}
		return string(b), nil
	}
	return "", usageError{errors.New("give a query, or --file FILE")}
}

func (a *app) queryRequest(ctx context.Context, f queryFlags) (query.Request, error) {
	now, err := a.now()
	if err != nil {
		return query.Request{}, err
	}
	from, to, err := a.period(f.since, f.until)
	if err != nil {
		return query.Request{}, err
	}
	req := query.Request{Now: now, From: from, To: to, Custom: true, MaxRows: f.maxRows, Principal: a.who()}
	id, err := a.tenant(ctx, f.tenant)
	if err == nil {
		req.Tenants = []passtrail.TenantID{id}
	} else if !f.batch || f.tenant != "" {
		return req, err
	}
	return req, nil // a batch may run without a tenant: its queries then see no rows of any
}

// batchAnswer is one line of the answer to --batch.
type batchAnswer struct {
	ID     json.RawMessage `json:"id"`
	Tables json.RawMessage `json:"tables,omitempty"`
	Error  *batchError     `json:"error,omitempty"`
}

type batchError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (a *app) batch(ctx context.Context, f queryFlags) error {
	e, err := a.batchEngine(ctx)
	if err != nil {
		return err
	}
	req, err := a.queryRequest(ctx, f)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	lines := bufio.NewScanner(a.in)
	lines.Buffer(nil, maxBatchLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var in struct {
			ID    json.RawMessage `json:"id"`
			Query string          `json:"query"`
		}
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			return passtrail.Errorf(passtrail.Invalid, "main.batch", "line %d is not a JSON object with id and query", n)
		}
		req.Text = in.Query
		if err := a.nextLook(ctx, in.Query); err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(a.answer(ctx, e, in.ID, req)); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return lines.Err()
}

func (a *app) answer(ctx context.Context, e *query.Engine, id json.RawMessage, req query.Request) batchAnswer {
	res := batchAnswer{ID: id}
	var b bytes.Buffer
	inner := *a
	inner.out = &b
	err := inner.stream(ctx, e, "json", req, nil)
	if err == nil {
		var tables struct {
			Tables json.RawMessage `json:"tables"`
		}
		if err = json.Unmarshal(b.Bytes(), &tables); err == nil {
			res.Tables = tables.Tables
			return res
		}
	}
	res.Error = &batchError{Code: "failed", Message: message(err)}
	var list diag.List
	if errors.As(err, &list) {
		res.Error.Code = list[0].Code
	} else if code := passtrail.CodeOf(err); code != "" {
		res.Error.Code = string(code)
	}
	return res
}
