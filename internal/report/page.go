package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/export"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pageRows is how many rows of a table a page shows; it says how many more there are.
const pageRows = 2000

type page struct {
	Tenant, TenantID, Now, Zone, Version string
	Sections                             []section
}

type section struct {
	ID, Title, Answer, From, To, Counts, Query string
	Notes                                      []string
	Tables                                     []pageTable
}

type pageTable struct {
	Title   string
	Picture template.HTML // made by package chart, which escapes what it draws
	Head    []headCell
	Rows    [][]pageCell
	Shown   string // which rows are shown, "" where all are
}

type headCell struct {
	Name, Unit string
	Number     bool
}

type pageCell struct {
	Text   string
	Number bool
}

// WriteHTML writes reports as one self-contained page: no script, no other file, made to be printed.
func WriteHTML(w io.Writer, outs []*Output, tenant store.Tenant, zone *time.Location) error {
	p := page{Tenant: export.Plain(tenant.Name), TenantID: string(tenant.ID), Zone: zone.String(), Version: passtrail.Version}
	if p.Tenant == "" {
		p.Tenant, p.TenantID = p.TenantID, ""
	}
	for _, o := range outs {
		p.Now = export.Text(int64(o.Params.Now), types.DateTime, zone)
		s := section{
			ID: o.Report.ID, Title: o.Report.Title, Answer: export.Plain(o.Answer), Notes: o.Notes, Counts: strings.TrimSpace(o.Report.Counts), Query: o.Text,
			From: Day(o.Params.From, zone), To: Day(o.Params.To, zone),
		}
		for i, t := range o.Tables {
			s.Tables = append(s.Tables, o.pageTable(i, t, zone))
		}
		p.Sections = append(p.Sections, s)
	}
	return pageTemplate.Execute(w, p)
}

func (o *Output) pageTable(i int, t query.Table, zone *time.Location) pageTable {
	def := o.Report.Tables[i]
	out := pageTable{Title: def.Title, Picture: template.HTML(o.Picture(i))}
	for _, c := range t.Columns {
		out.Head = append(out.Head, headCell{def.Heading(c.Name), def.Units[c.Name], c.Type.Numeric()})
	}
	for n, row := range t.Rows {
		if n == pageRows {
			out.Shown = fmt.Sprintf("Rows 1 to %d of %d", pageRows, len(t.Rows))
			break
		}
		cells := make([]pageCell, len(row))
		for k, v := range row {
			cells[k] = pageCell{export.Plain(export.Text(v, t.Columns[k].Type, zone)), t.Columns[k].Type.Numeric()}
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}
