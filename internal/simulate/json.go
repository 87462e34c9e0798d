package simulate

import (
	"unicode/utf8"

	"passtrail"
)

// The records are written by hand: reflection would make writing slower than reading.

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		if c < ' ' {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, '\\', c)
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendField appends ,"name":"value".
func appendField(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendString(b, value)
}

// appendNullable appends ,"name":"value", or null for "".
func appendNullable(b []byte, name, value string) []byte {
	if value != "" {
		return appendField(b, name, value)
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, `":null`...)
}

// appendTime7 appends an instant with seven digits and Z, as Graph does.
func appendTime7(b []byte, t passtrail.Ticks) []byte { return append(appendClock(b, t, 7), 'Z') }

// appendTime6 appends an instant with six digits and an offset, as diagnostic records do within properties.
func appendTime6(b []byte, t passtrail.Ticks) []byte {
	return append(appendClock(b, t, 6), "+00:00"...)
}

// appendClock appends date and time with digits after the point; what is finer is cut off.
func appendClock(b []byte, t passtrail.Ticks, digits int) []byte {
	sec := t.Time()
	year, month, day := sec.Date()
	b = appendPadded(b, year, 4)
	b = append(b, '-')
	b = appendPadded(b, int(month), 2)
	b = append(b, '-')
	b = appendPadded(b, day, 2)
	b = append(b, 'T')
	b = appendPadded(b, sec.Hour(), 2)
	b = append(b, ':')
	b = appendPadded(b, sec.Minute(), 2)
	b = append(b, ':')
	b = appendPadded(b, sec.Second(), 2)
	b = append(b, '.')
	return appendPadded(b, int(t%passtrail.Second), 7)[:len(b)+digits]
}

func appendPadded(b []byte, n, width int) []byte {
	var t [8]byte
	for i := width - 1; i >= 0; i-- {
		t[i] = byte('0' + n%10)
		n /= 10
	}
	return append(b, t[:width]...)
}

// appendGraph appends the record as Graph's directoryAudit.
func (e *event) appendGraph(b []byte) []byte {
	b = append(b, `{"id":"`...)
	b = e.appendID(b)
	b = append(b, '"')
	b = e.appendCommon(b)
	b = append(b, `,"activityDateTime":"`...)
	b = appendTime7(b, e.time)
	b = append(b, '"')
	return e.appendTail(b)
}

// appendCommon appends the members from category to activity.
func (e *event) appendCommon(b []byte) []byte {
	b = appendField(b, "category", e.kind.category)
	b = append(b, `,"correlationId":"`...)
	b = e.corr.appendTo(b)
	b = append(b, '"')
	b = appendField(b, "result", e.result)
	b = appendField(b, "resultReason", e.reason)
	return appendField(b, "activityDisplayName", e.name)
}

// appendTail appends the members from service to the end of the object.
func (e *event) appendTail(b []byte) []byte {
	b = appendField(b, "loggedByService", e.kind.service)
	b = appendField(b, "operationType", e.kind.operation)
	b = append(b, `,"initiatedBy":`...)
	b = e.appendActor(b)
	b = append(b, `,"targetResources":`...)
	b = e.appendTargets(b)
	b = append(b, `,"additionalDetails":`...)
	b = e.appendDetails(b)
	return append(b, '}')
}

// appendActor appends the initiatedBy object.
func (e *event) appendActor(b []byte) []byte {
	if e.app != nil {
		b = append(b, `{"user":null,"app":{"appId":`...)
		b = appendString(b, e.app.id)
		b = appendField(b, "displayName", e.app.name)
		b = appendField(b, "servicePrincipalId", e.app.principal)
		return append(b, `,"servicePrincipalName":null}}`...)
	}
	if e.actor == nil {
		return append(b, `{}`...)
	}
	b = append(b, `{"app":null,"user":{"id":`...)
	b = appendString(b, e.actor.id)
	b = appendField(b, "displayName", e.actor.name)
	b = appendField(b, "userPrincipalName", e.actor.upn)
	b = appendNullable(b, "ipAddress", e.address)
	return append(b, `,"userType":null,"homeTenantId":null,"homeTenantName":null}}`...)
}

// appendTargets appends the targetResources array.
func (e *event) appendTargets(b []byte) []byte {
	switch {
	case e.target != nil:
		b = append(b, `[{"id":`...)
		b = appendString(b, e.target.id)
		b = appendField(b, "displayName", e.target.name)
		b = append(b, `,"type":"User"`...)
		b = appendField(b, "userPrincipalName", e.target.upn)
	case e.object != nil:
		b = append(b, `[{"id":`...)
		b = appendString(b, e.object.id)
		b = appendField(b, "displayName", e.object.name)
		b = appendField(b, "type", e.object.kind)
		b = append(b, `,"userPrincipalName":null`...)
	default:
		return append(b, `[]`...)
	}
	b = append(b, `,"groupType":null,"modifiedProperties":[`...)
	for i := range e.changed {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"displayName":`...)
		b = appendString(b, e.changed[i].name)
		b = appendNullable(b, "oldValue", e.changed[i].old)
		b = appendNullable(b, "newValue", e.changed[i].new)
		b = append(b, '}')
	}
	return append(b, `]}]`...)
}

// details are the additional details: which system wrote the password back, and the browser on directory records.
func (e *event) details(f func(key, value string)) {
	if e.agent != "" {
		f("OnPremisesAgent", e.agent)
	}
	if e.kind.service == core && e.userAgent != "" {
		f("User-Agent", e.userAgent)
	}
}

// appendDetails appends the additionalDetails array.
func (e *event) appendDetails(b []byte) []byte {
	b = append(b, '[')
	first := true
	e.details(func(key, value string) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"key":`...)
		b = appendString(b, key)
		b = appendField(b, "value", value)
		b = append(b, '}')
	})
	return append(b, ']')
}

// appendDiagnostic appends the record as Azure Monitor delivers it.
func (e *event) appendDiagnostic(b []byte, tenant string) []byte {
	b = append(b, `{"time":"`...)
	b = appendTime7(b, e.time)
	b = append(b, `","resourceId":"/tenants/`...)
	b = append(b, tenant...)
	b = append(b, `/providers/Microsoft.aadiam"`...)
	b = appendField(b, "operationName", e.name)
	b = append(b, `,"operationVersion":"1.0","category":"AuditLogs"`...)
	b = appendField(b, "tenantId", tenant)
	b = append(b, `,"resultSignature":"None"`...)
	if e.reason != "" {
		b = appendField(b, "resultDescription", e.reason)
	}
	b = append(b, `,"durationMs":0`...)
	address, identity := e.address, "NA"
	if address == "" {
		address = "<null>"
	}
	if e.actor != nil {
		identity = e.actor.name
	} else if e.app != nil {
		identity = e.app.name
	}
	b = appendField(b, "callerIpAddress", address)
	b = append(b, `,"correlationId":"`...)
	b = e.corr.appendTo(b)
	b = append(b, '"')
	b = appendField(b, "identity", identity)
	b = append(b, level(e.serial)...)
	b = append(b, `,"properties":{"id":"`...)
	b = e.appendID(b)
	b = append(b, '"')
	b = e.appendCommon(b)
	b = append(b, `,"activityDateTime":"`...)
	b = appendTime6(b, e.time)
	b = append(b, '"')
	b = e.appendTail(b)
	return append(b, '}')
}

// level varies as it does upstream.
func level(n uint32) string {
	switch n % 11 {
	case 3:
		return `,"level":"Informational"`
	case 7:
		return `,"Level":4`
	}
	return `,"Level":"Informational"`
}

// appendLegacy appends the record in the shape of early 2018, which only changes have.
func (e *event) appendLegacy(b []byte, tenant string) []byte {
	result := "Success"
	if e.result != "success" {
		result = "Failure"
	}
	b = append(b, `{"time":"`...)
	b = appendTime7(b, e.time)
	b = append(b, '"')
	b = appendField(b, "operationName", e.name)
	b = append(b, `,"operationVersion":"1.0","category":"Audit"`...)
	b = appendField(b, "tenantId", tenant)
	b = appendField(b, "resultType", result)
	b = append(b, `,"resultSignature":"-1"`...)
	b = appendField(b, "resultDescription", e.reason)
	b = append(b, `,"durationMs":"-1","correlationId":"`...)
	b = e.corr.appendTo(b)
	b = append(b, '"')
	b = appendField(b, "identity", e.actor.upn)
	b = append(b, `,"Level":"Informational","location":"WUS","properties":{"identityType":"UPN","operationType":"Update","additionalDetails":"None","additionalTargets":"","targetUpdatedProperties":"","targetResourceType":"UPN__TenantContextID__PUID__ObjectID__ObjectClass"`...)
	b = appendField(b, "targetResourceName", e.target.upn+"__"+tenant+"__1003BFFDA0000001__"+e.target.id+"__User")
	return append(b, `,"auditEventCategory":"UserManagement"}}`...)
}
