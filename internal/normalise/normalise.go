package normalise

import (
	"strings"

	"passtrail"
	"passtrail/internal/dates"
	"passtrail/internal/store"
)

// Kind says what a document turned out to be.
type Kind uint8

// The kinds of document.
const (
	KindRecord       Kind = iota + 1 // an audit record
	KindRegistration                 // a row of userRegistrationDetails
	KindRoles                        // role assignments
	KindPage                         // what surrounds the values of a page: its context and its link to the next one
	KindOther                        // a record that Passtrail does not keep; see Result.Category
	KindWrapper                      // something that holds documents: see Result.Parts
)

// Result is what a document said besides the record.
type Result struct {
	Kind         Kind
	Registration store.Registration
	Roles        []store.RoleAssignment
	Page         Page
	Category     string          // of KindOther: the log category, or another name for what it is
	At           passtrail.Ticks // of KindOther: its time, 0 if unknown
	Parts        [][]byte        // of KindWrapper: the documents in it, none if it is empty; memory of their own
}

// Page is what surrounds the values of one page of Graph's answers.
type Page struct {
	Context  string // @odata.context, "" if there was none
	NextLink bool   // there is a further page
}

// MaxDepth is the nesting that documents may have when nothing else is said.
const MaxDepth = 64

// A Normaliser reads documents. It keeps caches and buffers: use one for each goroutine.
type Normaliser struct {
	// Times says how the rows of a CSV file write times; nil for documents that say it themselves. Set it before Read.
	Times *dates.Form

	scan       scanner
	top, props audit
	dev        deviations
	out        Result
	meanings   map[words]*meaning
	hashed     []byte
	lastTenant passtrail.TenantID
	rewritten  bool              // the document at hand has been rewritten with the usual names
	columns    map[string]string // header texts of portal CSV files as found and as usual, "" for others
}

// New makes a Normaliser that refuses documents nested deeper than maxDepth; 0 stands for [MaxDepth].
func New(maxDepth int) *Normaliser {
	if maxDepth == 0 {
		maxDepth = MaxDepth
	}
	n := &Normaliser{meanings: map[words]*meaning{}, columns: map[string]string{}}
	n.scan.maxDepth = maxDepth
	n.dev.props = &deviations{}
	return n
}

// Read reads one document. Of an audit record it fills *r, all but Source and ReceivedAt; Tenant stays as it is unless
// the record names one. The result is valid until the next call. Texts of the record share the document's memory, so
// doc must not be changed afterwards.
func (n *Normaliser) Read(doc []byte, r *passtrail.Record) (*Result, *Fault) {
	s := &n.scan
	n.begin(doc)
	n.out = Result{}
	if s.space() != '{' {
		if s.i < len(s.b) {
			if v, ok := s.value(); ok && s.end() {
				if part, ok := holds(v); ok {
					kind, fault := n.wrapped(part)
					n.out.Kind = kind
					return &n.out, fault
				}
				return nil, &Fault{Code: CodeNotObject, Reason: "the document is not a JSON object"}
			}
			return nil, s.fault
		}
		return nil, &Fault{Code: CodeNotJSON, Reason: "the document is empty"}
	}
	if !n.top.object(s, &n.props) || !s.end() {
		return nil, s.fault
	}
	kind, fault := n.read(r)
	if fault != nil {
		return nil, fault
	}
	n.out.Kind = kind
	return &n.out, nil
}

// begin makes ready for a document.
func (n *Normaliser) begin(doc []byte) {
	s := &n.scan
	s.b, s.i, s.depth, s.gap, s.odd, s.lost, s.fault = doc, 0, 0, false, false, false, nil
	n.top.reset()
	n.props.reset()
	n.dev.reset()
	n.rewritten = false
}

// read tells the shape and hands over to its function.
func (n *Normaliser) read(r *passtrail.Record) (Kind, *Fault) {
	a := &n.top
	if n.oddNames() {
		if f := n.again(n.scan.b); f != nil {
			return 0, f
		}
	}
	switch {
	case a.find("properties").kind == '{':
		if part, ok := n.bodyBeside(); ok {
			return n.wrapped(part)
		}
		if f := n.whole(); f != nil {
			return 0, f
		}
		return n.diagnostic(r)
	case a.at[mTime].kind != 0 && a.at[mActivity].kind == 0 && n.otherLog():
		return KindOther, nil
	case a.at[mTime].kind != 0 || a.at[mActivity].kind != 0:
		if f := n.whole(); f != nil {
			return 0, f
		}
		return KindRecord, n.graph(r)
	case len(a.rest) == 0 && a.foreign():
		return KindPage, nil
	}
	return n.readRest(r)
}

// whole refuses documents that cannot be told in full: with a member that stands twice, or nested values that were lost.
func (n *Normaliser) whole() *Fault {
	if n.scan.lost {
		return lostValues()
	}
	if f := n.top.twice(); f != nil {
		return f
	}
	return n.props.twice()
}

// readRest tells the shapes that have a member which directoryAudit has not.
func (n *Normaliser) readRest(r *passtrail.Record) (Kind, *Fault) {
	a := &n.top
	for i := range a.rest {
		switch name, _ := dates.Column(a.rest[i].name); name {
		case "isSsprRegistered", "isSsprCapable", "methodsRegistered":
			if f := n.whole(); f != nil {
				return 0, f
			}
			return KindRegistration, n.registration()
		case "roleEligibilityScheduleId":
			n.out.Category = "roleEligibilityScheduleInstances" // may be taken up, is not held
			return KindOther, nil
		case "roleDefinitionId", "roleTemplateId":
			if a.find("roleEligibilityScheduleId").kind != 0 {
				continue
			}
			if f := n.whole(); f != nil {
				return 0, f
			}
			return n.roles()
		case "TimeGenerated", "ActivityDateTime":
			return n.analyticsOrInside(r)
		}
	}
	if row := n.portalRow(); row != nil {
		// Collectors put a time beside what they wrap, under names that the portal has for its dates too.
		if part, ok := n.inside(); ok && row[colActivity].kind == 0 && marked(part.raw) {
			return n.wrapped(part)
		}
		return KindRecord, n.portal(row, r)
	}
	if n.oddAnalytics() {
		return n.analyticsOrInside(r)
	}
	if part, ok := n.inside(); ok {
		return n.wrapped(part)
	}
	if n.otherLog() {
		return KindOther, nil
	}
	return n.leftover()
}

// analyticsOrInside reads a row of AuditLogs, or what a row of another table holds.
func (n *Normaliser) analyticsOrInside(r *passtrail.Record) (Kind, *Fault) {
	kind, fault := n.analytics(r)
	if kind == KindOther {
		if part, ok := n.insideRow(); ok {
			return n.wrapped(part)
		}
	}
	return kind, fault
}

// leftover tells what is left: what surrounds a page, or a row of some query's answer.
func (n *Normaliser) leftover() (Kind, *Fault) {
	page, row := true, len(n.top.rest) > 0
	around := n.top.find("@odata.context").kind != 0 || n.top.find("@odata.nextLink").kind != 0
	for _, m := range n.top.rest {
		count := around && strings.EqualFold(m.name, "count") // PowerShell's lists have one
		page = page && (strings.HasPrefix(m.name, "@") || m.name == "value" && m.kind == 'n' || count)
		row = row && m.kind != '{' && m.kind != '['
	}
	switch {
	case page && n.top.foreign():
		n.out.Page.Context = strings.Clone(n.top.find("@odata.context").text())
		n.out.Page.NextLink = n.top.find("@odata.nextLink").text() != ""
		return KindPage, nil
	case row && n.foreignLog() == nil && (n.top.find("OperationName").kind != 0 || n.top.find("Type").kind != 0):
		n.out.Category = "query answer"
		return KindOther, nil
	}
	if f := n.foreignLog(); f != nil {
		return 0, f
	}
	if n.top.find("error").kind != 0 {
		return 0, &Fault{Code: CodeUnknownShape, Reason: "an error answer of an API, not records"}
	}
	return 0, &Fault{Code: CodeUnknownShape, Reason: "not a record of any known shape"}
}
