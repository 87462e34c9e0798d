package normalise

import (
	"strconv"
	"strings"
)

// Names in another casing: PowerShell writes Id for id, pipelines write activity_date_time. A document that has them is
// rewritten with the usual names before it is read, here and nowhere else; those with usual names are never rewritten.

// usualName gives the usual name of a member of a document, "" for one that no shape knows.
func usualName(name string) string {
	if isUsual(name) {
		return name
	}
	return folded(usualNames, name)
}

// isUsual tells whether a name is a usual one as it stands. It is what nearly every member passes.
func isUsual(name string) bool {
	switch name {
	case "time", "properties", "resourceId", "operationName", "operationVersion", "tenantId", "resultSignature", "resultType",
		"resultDescription", "durationMs", "callerIpAddress", "identity", "Level", "level", "location",
		"userPrincipalName", "userDisplayName", "userType", "isAdmin", "isSsprRegistered", "isSsprEnabled", "isSsprCapable",
		"isMfaRegistered", "isMfaCapable", "isPasswordlessCapable", "isSystemPreferredAuthenticationMethodEnabled",
		"methodsRegistered", "systemPreferredAuthenticationMethods", "userPreferredMethodForSecondaryAuthentication",
		"lastUpdatedDateTime", "principalId", "roleDefinitionId", "directoryScopeId", "principal", "roleDefinition",
		"roleTemplateId", "displayName", "members", "roleEligibilityScheduleId":
		return true
	}
	return false
}

// usualNames has the usual names of documents by their folded form, but for those that directoryAudit shares with none.
var usualNames = byFolded(append([]string{"time", "properties", "resourceId", "operationName", "operationVersion", "tenantId",
	"resultSignature", "resultDescription", "resultType", "durationMs", "callerIpAddress", "identity", "userPrincipalName",
	"userDisplayName", "userType", "isAdmin", "isSsprRegistered", "isSsprEnabled", "isSsprCapable", "isMfaRegistered",
	"isMfaCapable", "isPasswordlessCapable", "isSystemPreferredAuthenticationMethodEnabled", "methodsRegistered",
	"systemPreferredAuthenticationMethods", "userPreferredMethodForSecondaryAuthentication", "lastUpdatedDateTime",
	"principalId", "roleDefinitionId", "directoryScopeId", "principal", "roleDefinition", "roleTemplateId", "displayName",
	"members", "roleEligibilityScheduleId"}, auditNames[:]...)...)

// nestedNames has the names inside the nested values.
var nestedNames = byFolded("user", "app", "id", "displayName", "userPrincipalName", "ipAddress", "userType", "homeTenantId",
	"homeTenantName", "appId", "servicePrincipalId", "servicePrincipalName", "type", "groupType", "modifiedProperties", "oldValue",
	"newValue", "key", "value", "templateId")

// tableMarks are columns of the AuditLogs table that Graph's records have not.
var tableMarks = byFolded("TimeGenerated", "AADTenantId", "AADOperationType", "SourceSystem")

func byFolded(names ...string) map[string]string {
	m := make(map[string]string, len(names))
	for _, name := range names {
		m[strings.ToLower(name)] = name
	}
	return m
}

// folded looks a name up without regard to case and to underscores and hyphens inside it.
func folded(names map[string]string, name string) string {
	var buf [48]byte
	if len(name) == 0 || len(name) > len(buf) || name[0] == '_' || name[0] == '-' {
		return ""
	}
	b := buf[:0]
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c|0x20)
		case c != '_' && c != '-':
			b = append(b, c)
		}
	}
	return names[string(b)]
}

// nestedOdd notes a name inside a nested value that has another casing than usual. Odd is set when it has.
func (s *scanner) nestedName(name []byte) {
	switch string(name) {
	case "userType", "homeTenantId", "homeTenantName", "servicePrincipalName", "groupType", "modifiedProperties", "id", "type",
		"displayName", "userPrincipalName", "ipAddress", "appId", "servicePrincipalId", "user", "app", "key", "value":
		return
	}
	if folded(nestedNames, alias(name)) != "" {
		s.odd = true
	}
}

// oddNames tells whether the document is one of Graph or of diagnostic settings, written with other names than usual or
// with values that a serialiser wrapped up.
func (n *Normaliser) oddNames() bool {
	a := &n.top
	if n.rewritten {
		return false
	}
	nested := a.inner.unrolled || n.props.inner.unrolled || a.at[mTime].kind == '{' || n.props.at[mTime].kind == '{' || n.scan.odd
	odd, marked := nested, a.at[mTime].kind != 0 || a.at[mActivity].kind != 0
	graph := odd || marked
	for i := range a.rest {
		m := &a.rest[i]
		if m.name == "properties" {
			marked = marked || m.kind == '{'
			continue
		}
		if isUsual(m.name) || a.renames(m, &odd, &marked, &graph) {
			continue
		}
		return false
	}
	for i := range n.props.rest {
		name := n.props.rest[i].name
		odd = odd || !isUsual(name) && folded(usualNames, name) != ""
	}
	return odd && marked && graph
}

// renames looks at one member with a name that is not usual. It returns false for a row of the AuditLogs table, whose
// columns have names of their own.
func (a *audit) renames(m *member, odd, marked, graph *bool) bool {
	if strings.HasSuffix(m.name, "]") || m.name == "OperationName" && a.anyCase("properties").kind == 0 || folded(tableMarks, m.name) != "" {
		return false
	}
	switch m.name {
	case "AdditionalProperties", "OperationType": // PowerShell's objects have them, the table has not
		*graph = true
	case "Id", "Category", "CorrelationId", "Result", "ResultReason", "ActivityDisplayName", "ActivityDateTime", "LoggedByService":
	case "InitiatedBy", "TargetResources", "AdditionalDetails":
		if m.kind == '{' || m.kind == '[' || isLost(m.text()) {
			*graph = true
		}
	case "IsSsprRegistered", "MethodsRegistered", "RoleDefinitionId", "RoleTemplateId":
		*graph = true
	default:
		*graph = *graph || folded(usualNames, m.name) != ""
	}
	switch name := folded(usualNames, m.name); name {
	case "":
	case "activityDateTime", "activityDisplayName", "isSsprRegistered", "methodsRegistered", "isSsprCapable", "roleDefinitionId",
		"roleTemplateId":
		*odd, *marked = true, true
	case "properties":
		*odd = true
		*marked = *marked || m.kind == '{'
		*graph = *graph || m.kind == '{'
	default:
		*odd = true
	}
	return true
}

// rewriter writes a document again with the usual names. What it changes is kept, so that the document can be given back.
type rewriter struct {
	out       []byte
	names, as []byte // see the package comment
	maxDepth  int
	fault     *Fault
}

// document rewrites a document, or the properties of one.
func (w *rewriter) document(doc []byte, top bool) bool {
	s := scanner{b: doc, maxDepth: w.maxDepth}
	if s.space(); !s.open() {
		return w.failed(&s)
	}
	var seen []string
	w.out = append(w.out, '{')
	for first := true; ; first = false {
		name, more, ok := s.member(first)
		if !ok || !more {
			w.out = append(w.out, '}')
			return ok || w.failed(&s)
		}
		v, ok := s.value()
		if !ok {
			return w.failed(&s)
		}
		usual := firstOf(usualName(alias(name)), alias(name))
		if !w.once(&seen, usual) || !w.member(usual, alias(name), v, top, first) {
			return false
		}
	}
}

// member writes one member under its usual name.
func (w *rewriter) member(usual, name string, v value, top, first bool) bool {
	if !first {
		w.out = append(w.out, ',')
	}
	w.out = append(appendQuoted(w.out, usual), ':')
	start := len(w.out)
	if !w.value(usual, v) {
		return false
	}
	if !top {
		return true
	}
	if usual != name {
		w.names = appendQuoted(appendName(w.names, usual), name)
	}
	if was := v.json(); string(w.out[start:]) != was {
		w.as = append(appendName(w.as, usual), was...)
	}
	return true
}

// once tells whether a name stands in its object for the first time.
func (w *rewriter) once(seen *[]string, name string) bool {
	for _, s := range *seen {
		if s == name {
			w.fault = &Fault{Code: CodeDuplicate, Reason: "a member stands twice, in different casing"}
			if usualName(name) == name {
				w.fault.Reason = "the member " + name + " stands twice, in different casing"
			}
			return false
		}
	}
	*seen = append(*seen, name)
	return true
}

func (w *rewriter) failed(s *scanner) bool {
	w.fault = s.fault
	return false
}

// value writes a member's value.
func (w *rewriter) value(name string, v value) bool {
	switch name {
	case "properties":
		if v.kind == '{' {
			return w.document(v.raw, false)
		}
	case "initiatedBy", "principal", "roleDefinition", "members":
		return w.nested(v, false)
	case "targetResources", "additionalDetails":
		return w.nested(v, true)
	case "methodsRegistered", "systemPreferredAuthenticationMethods":
		return w.nested(v, false)
	case "activityDateTime", "time", "lastUpdatedDateTime":
		if inner, ok := dateInside(v); ok {
			v = inner
		}
	}
	w.out = v.appendJSON(w.out)
	return true
}

// dateInside takes the time out of an object that PowerShell wrote around it.
func dateInside(v value) (value, bool) {
	if v.kind != '{' {
		return v, false
	}
	var a audit
	s := scanner{b: v.raw, maxDepth: MaxDepth}
	if !a.object(&s, nil) {
		return v, false
	}
	inner := a.anyCase("value")
	if inner.kind == 0 {
		inner = a.anyCase("DateTime")
	}
	return inner, inner.kind == '"'
}

// nested writes a nested value with the usual names inside it. List says that it should be an array: PowerShell writes
// arrays of one element as that element, and some as an object with value and Count.
func (w *rewriter) nested(v value, list bool) bool {
	s := scanner{b: v.raw, maxDepth: w.maxDepth}
	switch v.kind {
	case '[':
		return w.elements(&s)
	case '{':
		if inner, ok := countedList(v); ok {
			return w.nested(inner, list)
		}
		if inner, ok := numberedList(v); ok && list {
			w.out = append(w.out, '[')
			for i := range inner {
				if i > 0 {
					w.out = append(w.out, ',')
				}
				if !w.nested(inner[i].value, false) {
					return false
				}
			}
			w.out = append(w.out, ']')
			return true
		}
		if list {
			w.out = append(w.out, '[')
		}
		ok := w.members(&s)
		if list {
			w.out = append(w.out, ']')
		}
		return ok
	}
	w.out = v.appendJSON(w.out)
	return true
}

func (w *rewriter) elements(s *scanner) bool {
	w.out = append(w.out, '[')
	if !s.open() {
		return w.failed(s)
	}
	for first := true; ; first = false {
		more, ok := s.element(first)
		if !ok {
			return w.failed(s)
		}
		if !more {
			w.out = append(w.out, ']')
			return true
		}
		if !first {
			w.out = append(w.out, ',')
		}
		v, ok := s.value()
		if !ok {
			return w.failed(s)
		}
		if !w.nested(v, false) {
			return false
		}
	}
}

func (w *rewriter) members(s *scanner) bool {
	w.out = append(w.out, '{')
	if !s.open() {
		return w.failed(s)
	}
	var seen []string
	for first := true; ; first = false {
		name, more, ok := s.member(first)
		if !ok {
			return w.failed(s)
		}
		if !more {
			w.out = append(w.out, '}')
			return true
		}
		v, ok := s.value()
		if !ok {
			return w.failed(s)
		}
		usual := firstOf(folded(nestedNames, alias(name)), alias(name))
		if !w.once(&seen, usual) {
			return false
		}
		if !first {
			w.out = append(w.out, ',')
		}
		w.out = append(appendQuoted(w.out, usual), ':')
		if !w.nested(v, usual == "modifiedProperties") {
			return false
		}
	}
}

// countedList takes the array out of {"value":[...],"Count":2}, as Windows PowerShell 5.1 writes some arrays.
func countedList(v value) (value, bool) {
	var a audit
	s := scanner{b: v.raw, maxDepth: MaxDepth}
	if !a.object(&s, nil) || len(a.rest) != 2 {
		return v, false
	}
	list := a.find("value")
	return list, list.kind == '[' && a.find("Count").kind == '0'
}

// numberedList takes the elements out of {"0":...,"1":...}, as pipelines write some arrays.
func numberedList(v value) ([]member, bool) {
	var a audit
	s := scanner{b: v.raw, maxDepth: MaxDepth}
	if !a.object(&s, nil) || !a.foreign() || len(a.rest) == 0 {
		return nil, false
	}
	for i := range a.rest {
		if a.rest[i].name != strconv.Itoa(i) {
			return nil, false
		}
	}
	return a.rest, true
}

// again reads the document at hand anew under its usual names.
func (n *Normaliser) again(doc []byte) *Fault {
	w := rewriter{maxDepth: n.scan.maxDepth, out: make([]byte, 0, len(doc))}
	if !w.document(doc, true) {
		return w.fault
	}
	n.begin(w.out)
	n.rewritten = true
	n.dev.names = append(n.dev.names, w.names...)
	n.dev.as = append(n.dev.as, w.as...)
	n.scan.space()
	if !n.top.object(&n.scan, &n.props) || !n.scan.end() {
		return n.scan.fault
	}
	return nil
}

// isLost tells whether a text is what a serialiser wrote in place of a nested value: the name of a type, or a value
// printed for people.
func isLost(text string) bool {
	switch {
	case strings.HasPrefix(text, "@{"), strings.HasPrefix(text, "System."), strings.HasPrefix(text, "Microsoft.Graph."),
		strings.HasPrefix(text, "Microsoft.Open."), strings.HasPrefix(text, "Microsoft.Azure."), strings.HasPrefix(text, "[object Object]"):
		return true
	}
	return strings.HasPrefix(text, "class ") && strings.Contains(text, "{")
}

// lostValues is the fault of a document whose nested values were lost before it came here.
func lostValues() *Fault {
	return &Fault{Code: CodeLost, Reason: "nested values were lost when the file was written: export again with a greater depth, " +
		"in PowerShell with ConvertTo-Json -Depth 10 and not Export-Csv"}
}

// isLostValue tells whether a value, or the first element of an array, is what was written in place of a nested value.
func (v value) isLost() bool {
	switch {
	case v.kind == '"':
		return isLost(v.text())
	case v.kind == '[' && len(v.raw) > 2 && v.raw[1] <= '"':
		s := scanner{b: v.raw, maxDepth: MaxDepth}
		s.open()
		if more, ok := s.element(true); more && ok && s.b[s.i] == '"' {
			first, ok := s.value()
			return ok && isLost(first.text())
		}
	}
	return false
}
