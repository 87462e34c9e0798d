package normalise

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"passtrail"
	"passtrail/internal/dates"
	"passtrail/internal/vocab"
)

// The columns of the portal's CSV that stand once.
const (
	colDate        = vocab.PortalDate
	colCorrelation = "CorrelationId"
	colService     = "Service"
	colCategory    = "Category"
	colActivity    = "Activity"
	colResult      = "Result"
	colReason      = "ResultReason"
	colUserAgent   = "User Agent"
	colActorType   = "ActorType"
	colActorName   = "ActorDisplayName"
	colActorID     = "ActorObjectId"
	colActorUPN    = "ActorUserPrincipalName"
	colAddress     = "IPAddress"
	colHomeID      = "ActorHomeTenantId"
	colHomeName    = "ActorHomeTenantName"
	colAppID       = "ActorServicePrincipalId"
	colAppName     = "ActorServicePrincipalName"
)

// How often the repeated columns stand.
const (
	maxTargets    = 3
	maxProperties = 5
	maxDetails    = 6
)

// portalColumns are the header texts of the repeated columns by their folded form. Those that stand once follow the
// language of the portal and are words of the vocabulary.
var portalColumns = makePortalColumns()

func makePortalColumns() map[string]string {
	cols := map[string]string{}
	add := func(name string) { cols[strings.ToLower(name)] = name }
	for _, t := range portalTargetColumns {
		for _, name := range []string{t.typ, t.name, t.id, t.upn} {
			add(name)
		}
		for _, p := range t.properties {
			add(p.name)
			add(p.before)
			add(p.after)
		}
	}
	for _, d := range portalDetailColumns {
		add(d.key)
		add(d.value)
	}
	return cols
}

// The repeated columns by number.
type (
	targetColumns struct {
		typ, name, id, upn string
		properties         [maxProperties]propertyColumns
	}
	propertyColumns struct{ name, before, after string }
	detailColumns   struct{ key, value string }
)

var (
	portalTargetColumns = makeTargetColumns()
	portalDetailColumns = makeDetailColumns()
)

func makeTargetColumns() (cols [maxTargets]targetColumns) {
	for t := range cols {
		target := "Target" + strconv.Itoa(t+1)
		cols[t] = targetColumns{typ: target + "Type", name: target + "DisplayName", id: target + "ObjectId", upn: target + "UserPrincipalName"}
		for p := range cols[t].properties {
			property := target + "ModifiedProperty" + strconv.Itoa(p+1)
			cols[t].properties[p] = propertyColumns{property + "Name", property + "OldValue", property + "NewValue"}
		}
	}
	return cols
}

func makeDetailColumns() (cols [maxDetails]detailColumns) {
	for a := range cols {
		detail := "AdditionalDetail" + strconv.Itoa(a+1)
		cols[a] = detailColumns{detail + "Key", detail + "Value"}
	}
	return cols
}

// portalColumn returns the usual header text for one that was found.
func (n *Normaliser) portalColumn(found string) (usual string, ok bool) {
	if usual, ok = n.columns[found]; ok {
		return usual, usual != ""
	}
	base, _ := dates.Column(found)
	if usual, ok = vocab.PortalColumn(base); !ok || usual != colDate && base != strings.TrimSpace(found) {
		usual, ok = portalColumns[strings.ToLower(strings.TrimSpace(found))]
	}
	if len(n.columns) < maxMeanings {
		n.columns[strings.Clone(found)] = usual
	}
	return usual, ok
}

// portalRow gathers a portal CSV row's cells by their usual names; nil when the document is no such row.
func (n *Normaliser) portalRow() map[string]value {
	dated := false
	for _, m := range n.top.rest {
		usual, _ := n.portalColumn(m.name)
		dated = dated || usual == colDate
	}
	if !dated {
		return nil
	}
	row := make(map[string]value, len(n.top.rest))
	for _, m := range n.top.rest {
		name, ok := n.portalColumn(m.name)
		if _, twice := row[name]; !ok || twice || name != m.name && n.top.find(name).kind != 0 {
			name = m.name
		}
		row[name] = m.value
		if name != m.name {
			n.dev.renamed(name, m.name)
		}
	}
	n.top.addTo(row)
	return row
}

// The nested values as the portal's columns say them.
type (
	portalUser struct {
		ID         string `json:"id,omitempty"`
		Name       string `json:"displayName,omitempty"`
		UPN        string `json:"userPrincipalName,omitempty"`
		Address    string `json:"ipAddress,omitempty"`
		HomeTenant string `json:"homeTenantId,omitempty"`
		HomeName   string `json:"homeTenantName,omitempty"`
	}
	portalApp struct {
		Name          string `json:"displayName,omitempty"`
		ID            string `json:"servicePrincipalId,omitempty"`
		PrincipalName string `json:"servicePrincipalName,omitempty"`
	}
	portalActor struct {
		User *portalUser `json:"user,omitempty"`
		App  *portalApp  `json:"app,omitempty"`
	}
	portalProperty struct {
		Name string  `json:"displayName"`
		Old  *string `json:"oldValue"`
		New  *string `json:"newValue"`
	}
	portalTarget struct {
		ID         string           `json:"id,omitempty"`
		Name       string           `json:"displayName,omitempty"`
		Type       string           `json:"type,omitempty"`
		UPN        string           `json:"userPrincipalName,omitempty"`
		Properties []portalProperty `json:"modifiedProperties"`
	}
	portalDetail struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
)

// portal reads a row of the admin center's CSV download.
func (n *Normaliser) portal(row map[string]value, r *passtrail.Record) *Fault {
	r.Shape = passtrail.ShapePortalCSV
	// Without the right licence some cells read "hidden": they say nothing.
	cell := func(name string) string {
		if s := row[name].text(); !strings.EqualFold(s, "hidden") {
			return s
		}
		return ""
	}
	var f *Fault
	if r.Time, f = n.columnTime(colDate, row[colDate].text()); f != nil {
		return f
	}
	if r.Activity = cell(colActivity); r.Activity == "" {
		return &Fault{Code: CodeNoActivity, Reason: "the row has no activity"}
	}
	r.ID, r.OperationType = "", ""
	r.Service, r.Category, r.Result, r.Reason = cell(colService), cell(colCategory), "", cell(colReason)
	if r.Result, f = resultOf(cell(colResult)); f != nil {
		return f
	}
	r.CorrelationID = cell(colCorrelation)
	r.InitiatedBy = portalInitiator(cell)
	r.TargetResources, r.AdditionalDetails = portalTargets(cell), portalDetails(cell)
	inner := audit{}
	for k, text := range map[int]string{mInitiatedBy: r.InitiatedBy, mTargets: r.TargetResources, mDetails: r.AdditionalDetails} {
		n.dynamic(&inner, k, value{raw: []byte(text), kind: '{'})
	}
	inner.inner.fill(r)
	if r.ActorAddress == "" {
		r.ActorAddress = bareAddress(cell(colAddress))
	}
	if r.UserAgent = cell(colUserAgent); r.UserAgent == "" {
		r.UserAgent = inner.inner.userAgent.text()
	}
	n.differences(row, portalForm(r))
	r.Extra = n.dev.text()
	n.finish(r)
	return nil
}

// marshal writes one of the types above, which cannot fail, without the escapes that HTML asks for.
func marshal(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func portalInitiator(cell func(string) string) string {
	var actor portalActor
	if kind := cell(colActorType); len(kind) >= 2 && strings.EqualFold(kind[:2], "Ap") {
		app := portalApp{Name: cell(colActorName), ID: cell(colAppID), PrincipalName: cell(colAppName)}
		if app.Name == "" {
			app.Name = app.PrincipalName
		}
		actor.App = &app
	} else if user := (portalUser{cell(colActorID), cell(colActorName), cell(colActorUPN), cell(colAddress), cell(colHomeID), cell(colHomeName)}); user != (portalUser{}) {
		actor.User = &user
	}
	return marshal(actor)
}

func portalTargets(cell func(string) string) string {
	targets := []portalTarget{}
	for i := range portalTargetColumns {
		c := &portalTargetColumns[i]
		x := portalTarget{ID: cell(c.id), Name: cell(c.name), Type: cell(c.typ), UPN: cell(c.upn), Properties: []portalProperty{}}
		for _, p := range c.properties {
			if name, before, after := cell(p.name), cell(p.before), cell(p.after); name+before+after != "" {
				x.Properties = append(x.Properties, portalProperty{name, nullable(before), nullable(after)})
			}
		}
		if x.ID+x.Name+x.Type+x.UPN != "" || len(x.Properties) > 0 {
			targets = append(targets, x)
		}
	}
	return marshal(targets)
}

// nullable is null for empty text: a cell does not tell the two apart.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func portalDetails(cell func(string) string) string {
	details := []portalDetail{}
	for _, c := range portalDetailColumns {
		if d := (portalDetail{cell(c.key), cell(c.value)}); d != (portalDetail{}) {
			details = append(details, d)
		}
	}
	return marshal(details)
}

// portalForm is the usual row of a record that came by CSV.
func portalForm(r *passtrail.Record) form {
	f := form{
		colDate: r.Time.String(), colCorrelation: r.CorrelationID, colService: r.Service, colCategory: r.Category,
		colActivity: r.Activity, colResult: r.Result, colReason: r.Reason, colUserAgent: r.UserAgent,
		colActorType: "User", colActorName: r.ActorName, colAddress: r.ActorAddress,
	}
	var actor portalActor
	var targets []portalTarget
	var details []portalDetail
	unmarshal(r.InitiatedBy, &actor)
	unmarshal(r.TargetResources, &targets)
	unmarshal(r.AdditionalDetails, &details)
	if u := actor.User; u != nil {
		f[colActorID], f[colActorUPN], f[colHomeID], f[colHomeName] = u.ID, u.UPN, u.HomeTenant, u.HomeName
	}
	if a := actor.App; a != nil {
		f[colActorType], f[colAppID], f[colAppName] = "Application", a.ID, a.PrincipalName
	}
	for i, t := range targets[:min(len(targets), maxTargets)] {
		c := &portalTargetColumns[i]
		f[c.typ], f[c.name], f[c.id], f[c.upn] = t.Type, t.Name, t.ID, t.UPN
		for j, p := range t.Properties[:min(len(t.Properties), maxProperties)] {
			f[c.properties[j].name], f[c.properties[j].before], f[c.properties[j].after] = p.Name, deref(p.Old), deref(p.New)
		}
	}
	for i, d := range details[:min(len(details), maxDetails)] {
		f[portalDetailColumns[i].key], f[portalDetailColumns[i].value] = d.Key, d.Value
	}
	return f.trim()
}

// unmarshal reads a nested value that this package wrote; one that is missing stays empty.
func unmarshal(text string, into any) {
	if text != "" {
		_ = json.Unmarshal([]byte(text), into) // differences keeps whatever the form cannot say
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// addTo adds members that have a name of directoryAudit's to a row, to which they mean nothing.
func (a *audit) addTo(row map[string]value) {
	for k, v := range a.at {
		if v.kind != 0 {
			row[auditNames[k]] = v
		}
	}
}
