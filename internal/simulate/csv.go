package simulate

import "strconv"

// portalColumns are the columns of the portal's download, in its order.
func portalColumns() []string {
	cols := []string{
		"Date (UTC)", "CorrelationId", "Service", "Category", "Activity", "Result", "ResultReason", "User Agent", "ActorType", "ActorDisplayName",
		"ActorObjectId", "ActorUserPrincipalName", "IPAddress", "ActorHomeTenantId", "ActorHomeTenantName", "ActorServicePrincipalId", "ActorServicePrincipalName",
	}
	for t := 1; t <= 3; t++ {
		target := "Target" + strconv.Itoa(t)
		cols = append(cols, target+"Type", target+"DisplayName", target+"ObjectId", target+"UserPrincipalName")
		for p := 1; p <= 5; p++ {
			prop := target + "ModifiedProperty" + strconv.Itoa(p)
			cols = append(cols, prop+"Name", prop+"OldValue", prop+"NewValue")
		}
	}
	for a := 1; a <= 6; a++ {
		detail := "AdditionalDetail" + strconv.Itoa(a)
		cols = append(cols, detail+"Key", detail+"Value")
	}
	return cols
}

// spanishHeaders are the header texts of a portal in Spanish where they differ.
var spanishHeaders = map[string]string{
	"Date (UTC)": "Fecha (UTC)", "CorrelationId": "Id. de correlación", "Service": "Servicio", "Category": "Categoría", "Activity": "Actividad",
	"Result": "Resultado", "ResultReason": "Motivo del resultado", "User Agent": "Agente de usuario", "IPAddress": "Dirección IP",
}

// portalHeader is the first line of the portal's CSV, with its byte-order mark.
func portalHeader(spanish bool) string {
	b := []byte("\uFEFF")
	for i, name := range portalColumns() {
		if s, ok := spanishHeaders[name]; ok && spanish {
			name = s
		}
		b = appendCell(b, name, i == 0)
	}
	return string(append(b, "\r\n"...))
}

// appendCell appends a cell in quotes, and the comma before it.
func appendCell(b []byte, s string, first bool) []byte {
	if !first {
		b = append(b, ',')
	}
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// appendPortal appends the record as a row of the portal's CSV.
func (e *event) appendPortal(b []byte) []byte {
	b = append(b, '"')
	b = appendTime7(b, e.time)
	b = append(b, `","`...)
	b = e.corr.appendTo(b)
	b = append(b, '"')
	cell := func(s string) { b = appendCell(b, s, false) }
	for _, s := range []string{e.kind.service, e.kind.category, e.name, e.result, e.reason, e.userAgent} {
		cell(s)
	}
	switch {
	case e.actor != nil:
		for _, s := range []string{"User", e.actor.name, e.actor.id, e.actor.upn, e.address, "", "", "", ""} {
			cell(s)
		}
	case e.app != nil:
		for _, s := range []string{"Application", e.app.name, "", "", "", "", "", e.app.principal, ""} {
			cell(s)
		}
	default:
		for range 9 {
			cell("")
		}
	}
	empty := 2 * 19
	switch {
	case e.target != nil:
		for _, s := range []string{"User", e.target.name, e.target.id, e.target.upn} {
			cell(s)
		}
	case e.object != nil:
		for _, s := range []string{e.object.kind, e.object.name, e.object.id, ""} {
			cell(s)
		}
	default:
		empty += 4
	}
	for i := range e.changed {
		cell(e.changed[i].name)
		cell(e.changed[i].old)
		cell(e.changed[i].new)
	}
	empty += 3 * (5 - len(e.changed))
	for range empty {
		cell("")
	}
	empty = 12
	e.details(func(key, value string) {
		cell(key)
		cell(value)
		empty -= 2
	})
	for range empty {
		cell("")
	}
	return append(b, "\r\n"...)
}

// analyticsColumn is one column of the Log Analytics table.
type analyticsColumn struct{ name, kind string }

var analyticsColumns = []analyticsColumn{
	{"TenantId", "string"}, {"SourceSystem", "string"}, {"TimeGenerated", "datetime"}, {"ResourceId", "string"}, {"OperationName", "string"},
	{"OperationVersion", "string"}, {"Category", "string"}, {"ResultType", "string"}, {"ResultSignature", "string"}, {"ResultDescription", "string"},
	{"DurationMs", "long"}, {"CorrelationId", "string"}, {"Resource", "string"}, {"ResourceGroup", "string"}, {"ResourceProvider", "string"},
	{"Identity", "string"}, {"Level", "string"}, {"Location", "string"}, {"AdditionalDetails", "dynamic"}, {"Id", "string"},
	{"InitiatedBy", "dynamic"}, {"LoggedByService", "string"}, {"Result", "string"}, {"ResultReason", "string"}, {"TargetResources", "dynamic"},
	{"AADTenantId", "string"}, {"ActivityDisplayName", "string"}, {"ActivityDateTime", "datetime"}, {"AADOperationType", "string"}, {"Type", "string"},
}

// workspace is the id of the workspace, which the table's TenantId column holds.
const workspace = "3c9a51f0-7be2-4d18-a6f4-8e0d2b5c7a19"

// analyticsCell is the text of one column.
func (e *event) analyticsCell(name, tenant string) string {
	switch name {
	case "TenantId":
		return workspace
	case "SourceSystem":
		return "Azure AD"
	case "TimeGenerated", "ActivityDateTime":
		return string(appendTime7(nil, e.time))
	case "ResourceId":
		return "/tenants/" + tenant + "/providers/Microsoft.aadiam"
	case "OperationName", "ActivityDisplayName":
		return e.name
	case "OperationVersion":
		return "1.0"
	case "Category":
		return e.kind.category
	case "ResultSignature":
		return "None"
	case "ResultDescription", "ResultReason":
		return e.reason
	case "DurationMs":
		return "0"
	case "CorrelationId":
		return e.corr.String()
	case "Resource", "ResourceGroup":
		return "Microsoft.aadiam"
	case "Level":
		return "4"
	}
	return e.analyticsCell2(name, tenant)
}

// analyticsCell2 is the text of the columns that say who and what.
func (e *event) analyticsCell2(name, tenant string) string {
	switch name {
	case "Identity":
		if e.actor != nil {
			return e.actor.name
		}
		if e.app != nil {
			return e.app.name
		}
	case "AdditionalDetails":
		return string(e.appendDetails(nil))
	case "InitiatedBy":
		return string(e.appendActor(nil))
	case "TargetResources":
		return string(e.appendTargets(nil))
	case "Id":
		return e.id()
	case "LoggedByService":
		return e.kind.service
	case "Result":
		return e.result
	case "AADTenantId":
		return tenant
	case "AADOperationType":
		return e.kind.operation
	case "Type":
		return "AuditLogs"
	}
	return ""
}

// analyticsHeader is the first line of a CSV export from the Log Analytics page.
func analyticsHeader() string {
	var b []byte
	for i, c := range analyticsColumns {
		name := c.name
		if c.kind == "datetime" {
			name += " [UTC]"
		}
		b = appendCell(b, name, i == 0)
	}
	return string(append(b, "\r\n"...))
}

// appendAnalyticsRow appends the record as a row of that CSV.
func (e *event) appendAnalyticsRow(b []byte, tenant string) []byte {
	for i, c := range analyticsColumns {
		b = appendCell(b, e.analyticsCell(c.name, tenant), i == 0)
	}
	return append(b, "\r\n"...)
}

// analyticsAnswerHead is the beginning of a query answer, up to its rows.
func analyticsAnswerHead() string {
	b := []byte(`{"tables":[{"name":"PrimaryResult","columns":[`)
	for i, c := range analyticsColumns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":"`+c.name+`","type":"`+c.kind+`"}`...)
	}
	return string(append(b, `],"rows":[`+"\n"...))
}

// appendAnalyticsAnswer appends the record as a row of a query answer: dynamic cells are JSON within text.
func (e *event) appendAnalyticsAnswer(b []byte, tenant string) []byte {
	b = append(b, '[')
	for i, c := range analyticsColumns {
		if i > 0 {
			b = append(b, ',')
		}
		if s := e.analyticsCell(c.name, tenant); c.kind == "long" {
			b = append(b, s...)
		} else {
			b = appendString(b, s)
		}
	}
	return append(b, ']')
}
