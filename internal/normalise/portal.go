package normalise

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"passtrail"
)

// The columns of the portal's CSV that stand once.
const (
	colDate        = "Date (UTC)"
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

// portalAliases are header texts that stand for another; header texts follow the language of the portal. Five of the
// Spanish ones were seen (Servicio, Categoría, Actividad, Resultado, Agente de usuario), the others are as likely.
var portalAliases = map[string]string{
	"date": colDate, "fecha (utc)": colDate, "fecha": colDate,
	"servicio": colService, "categoría": colCategory, "categoria": colCategory, "actividad": colActivity,
	"resultado": colResult, "motivo del resultado": colReason, "razón del resultado": colReason, "result reason": colReason,
	"agente de usuario": colUserAgent, "useragent": colUserAgent,
	"id. de correlación": colCorrelation, "id de correlación": colCorrelation, "correlation id": colCorrelation,
	"tipo de actor": colActorType, "nombre para mostrar del actor": colActorName, "id. de objeto del actor": colActorID,
	"nombre principal de usuario del actor": colActorUPN, "dirección ip": colAddress, "direccion ip": colAddress, "ip address": colAddress,
}

// portalColumns are the usual header texts by their folded form, aliases included.
var portalColumns = makePortalColumns()

func makePortalColumns() map[string]string {
	cols := maps.Clone(portalAliases)
	add := func(name string) { cols[strings.ToLower(name)] = name }
	for _, name := range []string{colDate, colCorrelation, colService, colCategory, colActivity, colResult, colReason, colUserAgent,
		colActorType, colActorName, colActorID, colActorUPN, colAddress, colHomeID, colHomeName, colAppID, colAppName} {
		add(name)
	}
	for t := 1; t <= maxTargets; t++ {
		for _, part := range []string{"Type", "DisplayName", "ObjectId", "UserPrincipalName"} {
			add(targetColumn(t, part))
		}
		for p := 1; p <= maxProperties; p++ {
			for _, part := range []string{"Name", "OldValue", "NewValue"} {
				add(propertyColumn(t, p, part))
			}
		}
	}
	for a := 1; a <= maxDetails; a++ {
		add(detailColumn(a, "Key"))
		add(detailColumn(a, "Value"))
	}
	return cols
}

func targetColumn(t int, part string) string { return "Target" + strconv.Itoa(t) + part }

func propertyColumn(t, p int, part string) string {
	return targetColumn(t, "ModifiedProperty"+strconv.Itoa(p)+part)
}

func detailColumn(a int, part string) string { return "AdditionalDetail" + strconv.Itoa(a) + part }

// portalRow gathers a portal CSV row's cells by their usual names; nil when the document is no such row.
func (n *Normaliser) portalRow() map[string]value {
	dated := false
	for _, m := range n.top.rest {
		dated = dated || portalColumns[strings.ToLower(strings.TrimSpace(m.name))] == colDate
	}
	if !dated {
		return nil
	}
	row := make(map[string]value, len(n.top.rest))
	for _, m := range n.top.rest {
		name, ok := portalColumns[strings.ToLower(strings.TrimSpace(m.name))]
		if _, twice := row[name]; !ok || twice || n.top.find(name).kind != 0 {
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
	var ok bool
	if r.Time, ok = parseTime(cell(colDate)); !ok {
		return &Fault{Code: CodeNoTime, Reason: "the row's date is not a time"}
	}
	if r.Activity = cell(colActivity); r.Activity == "" {
		return &Fault{Code: CodeNoActivity, Reason: "the row has no activity"}
	}
	r.ID, r.OperationType = "", ""
	r.Service, r.Category, r.Result, r.Reason = cell(colService), cell(colCategory), lower(cell(colResult)), cell(colReason)
	r.CorrelationID = lower(cell(colCorrelation))
	r.InitiatedBy = portalInitiator(cell)
	r.TargetResources, r.AdditionalDetails = portalTargets(cell), portalDetails(cell)
	inner := audit{}
	for k, text := range map[int]string{mInitiatedBy: r.InitiatedBy, mTargets: r.TargetResources, mDetails: r.AdditionalDetails} {
		n.dynamic(&inner, k, value{raw: []byte(text), kind: '{'})
	}
	inner.inner.fill(r)
	if r.ActorAddress == "" {
		r.ActorAddress = cell(colAddress)
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
	for t := 1; t <= maxTargets; t++ {
		x := portalTarget{ID: cell(targetColumn(t, "ObjectId")), Name: cell(targetColumn(t, "DisplayName")),
			Type: cell(targetColumn(t, "Type")), UPN: cell(targetColumn(t, "UserPrincipalName")), Properties: []portalProperty{}}
		for p := 1; p <= maxProperties; p++ {
			name, before, after := cell(propertyColumn(t, p, "Name")), cell(propertyColumn(t, p, "OldValue")), cell(propertyColumn(t, p, "NewValue"))
			if name+before+after != "" {
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
	for a := 1; a <= maxDetails; a++ {
		if d := (portalDetail{cell(detailColumn(a, "Key")), cell(detailColumn(a, "Value"))}); d != (portalDetail{}) {
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
	for i, t := range targets {
		f[targetColumn(i+1, "Type")], f[targetColumn(i+1, "DisplayName")] = t.Type, t.Name
		f[targetColumn(i+1, "ObjectId")], f[targetColumn(i+1, "UserPrincipalName")] = t.ID, t.UPN
		for j, p := range t.Properties {
			f[propertyColumn(i+1, j+1, "Name")] = p.Name
			f[propertyColumn(i+1, j+1, "OldValue")], f[propertyColumn(i+1, j+1, "NewValue")] = deref(p.Old), deref(p.New)
		}
	}
	for i, d := range details {
		f[detailColumn(i+1, "Key")], f[detailColumn(i+1, "Value")] = d.Key, d.Value
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
