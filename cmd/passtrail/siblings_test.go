package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

const (
	adele = "11111111-aaaa-4aaa-8aaa-000000000001"
	alex  = "11111111-aaaa-4aaa-8aaa-000000000002"
	megan = "11111111-aaaa-4aaa-8aaa-0000000000ff"
)

// bag is a JSON object.
type bag = map[string]any

// jsonOf writes a value as JSON.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func userOf(id, name string) bag {
	u := bag{"id": nil, "displayName": name, "userPrincipalName": nil}
	if id != "" {
		u["id"] = id
	}
	if name != "" {
		u["userPrincipalName"] = strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@contoso.com"
	}
	return u
}

// reset is a self-service reset of Adele Vance at an hour of 4 March 2026, as Graph gives it; change sets other members.
func reset(id, at string, change ...bag) bag {
	actor, target := userOf(adele, "Adele Vance"), userOf(adele, "Adele Vance")
	actor["ipAddress"], target["type"], target["modifiedProperties"] = "203.0.113.10", "User", []any{}
	r := bag{"id": id, "category": "UserManagement", "correlationId": "c0ffee00-0000-4000-8000-000000000001", "result": "success",
		"resultReason": "Successfully completed reset.", "activityDisplayName": "Reset password (self-service)", "activityDateTime": "2026-03-04T" + at + "Z",
		"loggedByService": "Self-service Password Management", "operationType": "Update", "initiatedBy": bag{"app": nil, "user": actor},
		"targetResources": []any{target}, "additionalDetails": []any{}}
	for _, c := range change {
		for k, v := range c {
			r[k] = v
		}
	}
	return r
}

// by sets who did it, whose password it was, and the activity.
func by(activity string, actor bag, targets ...bag) bag {
	list := []any{}
	for _, t := range targets {
		list = append(list, t)
	}
	return bag{"activityDisplayName": activity, "initiatedBy": bag{"app": nil, "user": actor}, "targetResources": list}
}

func typed(kind string, who bag) bag {
	who["type"] = kind
	return who
}

// diagnostic puts the envelope of diagnostic settings around a record.
func diagnostic(r bag, change ...bag) bag {
	d := bag{"time": r["activityDateTime"], "resourceId": "/tenants/" + testTenant + "/providers/Microsoft.aadiam", "operationName": r["activityDisplayName"],
		"operationVersion": "1.0", "category": "AuditLogs", "tenantId": testTenant, "resultSignature": "None", "durationMs": 0,
		"callerIpAddress": "203.0.113.10", "correlationId": r["correlationId"], "identity": "Adele Vance", "Level": 4, "properties": r}
	for _, c := range change {
		for k, v := range c {
			d[k] = v
		}
	}
	return d
}

func lines(docs ...bag) string {
	var b strings.Builder
	for _, d := range docs {
		b.WriteString(jsonOf(d) + "\n")
	}
	return b.String()
}

func zipped(members ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func utf16LE(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// portal is a download of the admin center with a header and rows of the columns that matter.
func portal(header string, rows ...string) string {
	return header + "\r\n" + strings.Join(rows, "\r\n") + "\r\n"
}

const portalHeader = `"Date (UTC)","CorrelationId","Service","Category","Activity","Result","ResultReason","ActorType","ActorDisplayName","ActorObjectId","ActorUserPrincipalName","IPAddress","Target1Type","Target1DisplayName","Target1ObjectId","Target1UserPrincipalName"`

// portalRow is a reset of Adele Vance at a time as the file writes it.
func portalRow(at string, change ...string) string {
	row := `"` + at + `","c0ffee00-0000-4000-8000-000000000001","Self-service Password Management","UserManagement","Reset password (self-service)","success","Successfully completed reset.","User","Adele Vance","` +
		adele + `","adele.vance@contoso.com","203.0.113.10","User","Adele Vance","` + adele + `","adele.vance@contoso.com"`
	return strings.NewReplacer(change...).Replace(row)
}

// A sibling is a case whose file is made here: of the same kind as one that people really have.
type sibling struct {
	realCase
	bytes []byte
	file  string // its name, "in.json" when empty
	then  []byte // a second file
}

func made(name, text, says string, asks ...question) sibling {
	return sibling{realCase: realCase{name: name, says: says, asks: asks}, bytes: []byte(text)}
}

func times(want ...string) question {
	return kql("AuditLogs | project TimeGenerated | sort by TimeGenerated asc", "TimeGenerated\n"+strings.Join(want, "\n"))
}

var one, two = counts("1", "1", "0", "0", "0"), counts("2", "2", "0", "0", "0")

var r10, r11 = reset("r10", "10:00:00"), reset("r11", "11:00:00", bag{"correlationId": "c0ffee00-0000-4000-8000-000000000002"})

var wrapperSiblings = []sibling{
	made("Event Hubs, body is a list", jsonOf(bag{"body": []any{diagnostic(r10), diagnostic(r11)}, "sequenceNumber": 7}), two, times("2026-03-04T10:00:00.0000000Z", "2026-03-04T11:00:00.0000000Z")),
	made("Event Hubs, body is records", jsonOf(bag{"Body": bag{"records": []any{diagnostic(r10)}}, "EnqueuedTimeUtc": "2026-03-04T10:01:00Z", "Properties": bag{}}), one, oneReset("10")...),
	made("Event Hubs, a list of messages", jsonOf([]any{bag{"body": jsonOf(diagnostic(r10))}, bag{"body": jsonOf(diagnostic(r11))}}), two),
	made("base64 of the URL alphabet, unpadded", jsonOf(bag{"body": base64.RawURLEncoding.EncodeToString([]byte(jsonOf(diagnostic(reset("r10", "10:00:00", bag{"odd": "ÿþ??>>~~"})))))}), one, oneReset("10")...),
	made("base64 in lines of 76", jsonOf(bag{"body": folded76(base64.StdEncoding.EncodeToString([]byte(jsonOf(diagnostic(r10)))))}), one, oneReset("10")...),
	made("base64 behind a byte order mark", jsonOf(bag{"payload": base64.RawStdEncoding.EncodeToString([]byte("\xef\xbb\xbf" + jsonOf(r10)))}), one, oneReset("10")...),
	made("Kafka Connect", lines(bag{"topic": "insights-logs-auditlogs", "partition": 0, "offset": 12, "key": "k", "value": jsonOf(diagnostic(r10))}), one, oneReset("10")...),
	made("Docker's json-file", lines(bag{"log": jsonOf(r10) + "\n", "stream": "stdout", "time": "2026-03-04T12:00:00.1Z"}), one, oneReset("10")...),
	made("CloudEvents, data as base64", jsonOf(bag{"specversion": "1.0", "id": "e1", "source": "/x", "type": "audit", "time": "2026-03-04T12:00:00Z", "data_base64": base64.StdEncoding.EncodeToString([]byte(jsonOf(r10)))}), one, oneReset("10")...),
	made("Event Grid, a list", jsonOf([]any{bag{"id": "g1", "eventType": "x", "subject": "s", "eventTime": "2026-03-04T12:00:00Z", "data": diagnostic(r10), "dataVersion": "1"}}), one, oneReset("10")...),
	made("Splunk, results", jsonOf(bag{"preview": false, "init_offset": 0, "results": []any{bag{"_raw": jsonOf(r10), "_time": "2026-03-04"}, bag{"_raw": jsonOf(r11)}}}), two),
	made("Splunk HEC", lines(bag{"time": 1772618400.123, "host": "h", "sourcetype": "azure:monitor:aad", "event": diagnostic(r10)}), one, oneReset("10")...),
	made("Splunk, CSV", "_time,host,_raw\n2026-03-04,h,"+quoted(jsonOf(r10))+"\n2026-03-04,h,"+quoted(jsonOf(r11))+"\n", two),
	made("Logic Apps", jsonOf(bag{"statusCode": 200, "headers": bag{"x": "y"}, "body": bag{"@odata.context": "x", "value": []any{r10, r11}}}), two),
	made("Windows PowerShell's list", jsonOf(bag{"value": []any{r10, r11}, "Count": 2}), two),
	made("an answer of PowerShell's Invoke-MgGraphRequest", jsonOf(bag{"Name": "x", "Value": []any{r10}}), one, oneReset("10")...),
	made("Graylog", lines(bag{"version": "1.1", "host": "h", "short_message": "audit", "timestamp": 1772618400.1, "full_message": jsonOf(r10)}), one, oneReset("10")...),
	made("Wazuh, azure", jsonOf(bag{"timestamp": "2026-03-04T10:00:00.000+0000", "rule": bag{"level": 3}, "data": bag{"ms-graph": r10}}), one, oneReset("10")...),
	made("a custom table's raw data", jsonOf(bag{"TimeGenerated": "2026-03-04T12:00:00Z", "Type": "Audit_CL", "RawData": jsonOf(r10)}), one, oneReset("10")...),
	made("lines behind a byte order mark", "\xef\xbb\xbf"+strings.ReplaceAll(lines(r10, r11), "\n", "\r\n"), two),
	made("pages one a line, one of them empty", lines(bag{"value": []any{r10}}, bag{"value": []any{}}, bag{"value": []any{r11}}), two),
	made("empty pages", lines(bag{"value": []any{}}, bag{"records": []any{}}), "files      1, 1 without a record in it\n"+counts("0", "0", "0", "0", "0")),
	made("an empty list", "[]\n", "files      1, 1 without a record in it\n"+counts("0", "0", "0", "0", "0")),
	made("Pub/Sub", jsonOf(bag{"subscription": "s", "message": bag{"data": base64.StdEncoding.EncodeToString([]byte(jsonOf(diagnostic(r10)))), "messageId": "1", "publishTime": "2026-03-04T10:00:01Z"}}), one, oneReset("10")...),
	made("Kinesis", jsonOf(bag{"Records": []any{bag{"kinesis": bag{"data": base64.StdEncoding.EncodeToString([]byte(jsonOf(r10))), "sequenceNumber": "1"}, "eventName": "aws:kinesis:record"}}}), one, oneReset("10")...),
	made("SQS", jsonOf(bag{"Messages": nil, "Records": []any{bag{"messageId": "1", "body": jsonOf(bag{"records": []any{diagnostic(r10), diagnostic(r11)}})}}}), two),
	made("Loki", lines(bag{"labels": bag{"job": "x"}, "line": jsonOf(r10), "timestamp": "2026-03-04T10:00:01Z"}), one, oneReset("10")...),
	made("CloudWatch", jsonOf(bag{"events": []any{bag{"timestamp": 1772618400123, "message": jsonOf(r10)}, bag{"timestamp": 1772618400124, "message": jsonOf(r11)}}, "nextToken": "f/1"}), two),
	{realCase: realCase{name: "text that looks like base64", code: exitFailed, says: "set aside  1"}, bytes: []byte(jsonOf(bag{"body": "eyesore", "x": 1}))},
	made("a snapshot's page with more to come", jsonOf(bag{"Count": 1, "value": []any{bag{"id": adele, "userPrincipalName": "adele.vance@contoso.com", "isSsprRegistered": true, "isSsprEnabled": true, "isSsprCapable": true,
		"methodsRegistered": []any{"email"}, "lastUpdatedDateTime": "2026-03-04T10:00:00Z"}}, "@odata.nextLink": "https://x"}), counts("1", "1", "0", "0", "0")+"\npages are missing"),
	made("$batch with a refused part", jsonOf(bag{"responses": []any{bag{"id": "1", "status": 200, "body": bag{"value": []any{r10}}},
		bag{"id": "2", "status": 429, "body": bag{"error": bag{"code": "TooManyRequests", "message": "x"}}}}}),
		counts("2", "1", "0", "1", "0")+"\nerror"),
	made("a page with an error beside its rows", jsonOf(bag{"value": []any{r10}, "error": bag{"code": "Throttled", "message": "x"}}),
		counts("2", "1", "0", "1", "0")+"\nin.json:1#2: an error answer"),
}

func folded76(text string) string {
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	return b.String() + text
}

func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

var archiveSiblings = []sibling{
	{realCase: realCase{name: "gzip in zip", says: two}, bytes: zipped("audit.json.gz", gzipped(lines(r10, r11)))},
	{realCase: realCase{name: "gzip in gzip", says: two}, bytes: []byte(gzipped(gzipped(lines(r10, r11))))},
	{realCase: realCase{name: "a member with a name of escapes", says: counts("2", "1", "0", "1", "0") + "\n\\x1b"}, bytes: zipped("a\x1b[2Jb\nc\u202e.json", lines(r10)+"{\"no\":1}\n")},
	{realCase: realCase{name: "zip in zip", says: counts("2", "1", "0", "1", "0") + "\na zip inside another archive"}, bytes: zipped("a.json", lines(r10), "b.zip", string(zipped("c.json", lines(r11))))},
	{realCase: realCase{name: "macOS files in folders", says: one}, bytes: zipped("logs/a.json", lines(r10), "__MACOSX/logs/._a.json", "\x00\x05\x16\x07", "logs/.DS_Store", "\x00\x00\x00\x01")},
	{realCase: realCase{name: "UTF-16", says: two}, file: "in.csv", bytes: utf16LE(portal(portalHeader, portalRow("2026-03-04T10:00:00.123Z"), portalRow("2026-03-04T11:00:00.123Z")))},
	{realCase: realCase{name: "tabs", says: one}, file: "in.csv", bytes: []byte(strings.ReplaceAll(portal(portalHeader, portalRow("2026-03-04T10:00:00.123Z")), `","`, "\"\t\""))},
	{realCase: realCase{name: "sep=;", says: one}, file: "in.csv", bytes: []byte("sep=;\r\n" + strings.ReplaceAll(portal(portalHeader, portalRow("2026-03-04T10:00:00.123Z")), `","`, `";"`))},
	{realCase: realCase{name: "a header alone", says: "files      1, 1 without a record in it\n" + counts("0", "0", "0", "0", "0")}, file: "in.csv", bytes: []byte(portal(portalHeader))},
	{realCase: realCase{name: "a header alone, without a line end", says: "files      1, 1 without a record in it"}, file: "in.csv", bytes: []byte("\xef\xbb\xbf" + portalHeader)},
}

var timeSiblings = []sibling{
	{realCase: realCase{name: "month first by a number above 12", says: two, asks: []question{times("2026-03-04T10:00:00.0000000Z", "2026-03-19T10:00:00.0000000Z")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("3/4/2026 10:00"), portalRow("3/19/2026 10:00")))},
	{realCase: realCase{name: "AM and PM as in the United States", says: two, asks: []question{times("2026-03-04T10:00:00.0000000Z", "2026-03-05T22:01:02.0000000Z")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("3/4/2026, 10:00:00 AM"), portalRow("3/5/2026, 10:01:02 PM")))},
	{realCase: realCase{name: "halves of the day in Korean", says: two, asks: []question{times("2026-03-04T01:00:00.0000000Z", "2026-03-04T22:01:02.0000000Z")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("2026. 3. 4. 오전 1:00:00"), portalRow("2026. 3. 4. 오후 10:01:02")))},
	{realCase: realCase{name: "halves of the day in Spanish, day first", says: two, asks: []question{times("2026-03-04T12:00:00.0000000Z", "2026-03-19T00:30:00.0000000Z")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("4/3/2026, 12:00:00 p. m."), portalRow("19/3/2026, 12:30:00 a. m.")))},
	{realCase: realCase{name: "dots, day first by their form", says: two, asks: []question{times("2026-03-04T10:00:00.0000000Z", "2026-03-19T10:00:00.0000000Z")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("04.03.2026 10:00:00"), portalRow("19.03.2026 10:00:00")))},
	{realCase: realCase{name: "numbers above 12 in both places", code: exitFailed, says: counts("1", "0", "0", "1", "0") + "\ncsv-times 1"},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("3/19/2026 10:00"), portalRow("19/3/2026 10:00")))},
	{realCase: realCase{name: "local time without a zone is refused", code: exitFailed, says: counts("1", "0", "0", "1", "0") + "\n--zone"},
		file: "in.csv", bytes: []byte(laCSV("TimeGenerated [Local Time]", "3/19/2026, 10:00:00.000 AM"))},
	{realCase: realCase{name: "local time with its zone", flags: []string{"--zone", "Europe/Berlin"}, says: one, asks: []question{times("2026-03-19T09:00:00.0000000Z")}},
		file: "in.csv", bytes: []byte(laCSV("TimeGenerated [Local Time]", "3/19/2026, 10:00:00.000 AM"))},
	{realCase: realCase{name: "a zone in the cells", says: one, asks: []question{times("2026-03-19T08:00:00.0000000Z")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("2026-03-19T10:00:00+02:00")))},
	{realCase: realCase{name: "a serial number of a spreadsheet", says: one, asks: []question{times("2026-03-04T12:00:00.0000000Z")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("46085.5")))},
	made("/Date with a zone", jsonOf([]any{reset("r10", "", bag{"activityDateTime": "/Date(1772618400123+0100)/"})}), one, times("2026-03-04T10:00:00.1230000Z")),
	{realCase: realCase{name: "a row cut to seconds is one of two records", says: counts("2", "1", "1", "0", "0"), asks: []question{kql("AuditLogs | project Id | sort by Id asc", "Id\ng1\ng2")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("2026-03-04T10:00:00Z"))), then: []byte(lines(reset("g1", "10:00:00.1234567"), reset("g2", "10:00:00.7654321")))},
	{realCase: realCase{name: "a row cut to seconds and a record of the next second", says: one, asks: []question{kql("AuditLogs | count", "Count\n2")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("2026-03-04T10:00:00Z"))), then: []byte(lines(reset("g1", "10:00:01.0000000")))},
}

// laCSV is an export of Log Analytics with one row.
func laCSV(column, at string) string {
	return `TenantId,"` + column + `",OperationName,Category,CorrelationId,Result,ResultReason,LoggedByService,Id,AADTenantId,InitiatedBy,TargetResources,AdditionalDetails,ActivityDisplayName,AADOperationType,Type` + "\n" +
		`00000000-0000-0000-0000-000000000001,"` + at + `",Reset password (self-service),UserManagement,c0ffee00-0000-4000-8000-000000000001,success,Successfully completed reset.,Self-service Password Management,la1,` +
		testTenant + `,` + quoted(jsonOf(r10["initiatedBy"])) + `,` + quoted(jsonOf(r10["targetResources"])) + `,[],Reset password (self-service),Update,AuditLogs` + "\n"
}

const peopleOf = "PasswordEvents | sort by Time asc | project Activity, UserId, UserPrincipalName, ActorPrincipalName"

var whoSiblings = []sibling{
	made("a target with a name and no id", jsonOf(reset("r10", "10:00:00", by("Reset password (by admin)", userOf(megan, "Megan Bowen"), typed("User", userOf("", "Adele Vance"))))), one,
		kql(peopleOf, "Activity,UserId,UserPrincipalName,ActorPrincipalName\nadmin_reset,adele.vance@contoso.com,adele.vance@contoso.com,megan.bowen@contoso.com")),
	made("the first target of type User", jsonOf(reset("r10", "10:00:00", by("Reset password (by admin)", userOf(megan, "Megan Bowen"),
		bag{"id": "d1", "type": "Device", "displayName": "PC"}, typed("User", userOf(adele, "Adele Vance")), typed("User", userOf(alex, "Alex Wilber"))))), one,
		kql(peopleOf, "Activity,UserId,UserPrincipalName,ActorPrincipalName\nadmin_reset,"+adele+",adele.vance@contoso.com,megan.bowen@contoso.com")),
	made("two people under one id", lines(reset("r10", "10:00:00"), reset("r11", "10:05:00", by("Reset password (self-service)", userOf(alex, "Alex Wilber"), typed("User", userOf(alex, "Alex Wilber"))))), two,
		kql("PasswordResetAttempts | summarize N = count(), People = dcount(UserId), Keys = dcount(AttemptId)", "N,People,Keys\n2,2,2"),
		asked("2 people reset their own password 2 times", "report", resets)),
	made("an empty correlation id, half an hour apart", lines(flowAt("a", "10:00:00", ""), flowAt("b", "10:30:00", ""), flowAt("c", "11:00:01", "")), counts("3", "3", "0", "0", "0"),
		kql("PasswordResetAttempts | sort by Start asc | project Events", "Events\n2\n1")),
	made("addresses with ports", lines(reset("r10", "10:00:00", bag{"initiatedBy": bag{"user": withAddress("203.0.113.10:52001")}}), reset("r11", "11:00:00", bag{"initiatedBy": bag{"user": withAddress("[2001:db8::7]:443")}})), two,
		kql("PasswordEvents | sort by Time asc | project IPAddress", "IPAddress\n203.0.113.10\n2001:db8::7")),
	made("one id, two events", lines(reset("same", "10:00:00"), reset("same", "12:00:00", bag{"activityDisplayName": "Change password (self-service)"})), two,
		kql("AuditLogs | count", "Count\n2")),
	made("names in capitals", upperNames(jsonOf(r10)), one, oneReset("10")...),
	made("names with underscores", jsonOf(bag{"id": "r10", "category": "UserManagement", "correlation_id": "c0ffee00-0000-4000-8000-000000000001", "result": "success", "result_reason": "Successfully completed reset.",
		"activity_display_name": "Reset password (self-service)", "activity_date_time": "2026-03-04T10:00:00Z", "logged_by_service": "Self-service Password Management", "operation_type": "Update",
		"initiated_by": bag{"user": bag{"id": adele, "user_principal_name": "adele.vance@contoso.com", "ip_address": "203.0.113.10"}}, "target_resources": []any{bag{"id": adele, "type": "User", "user_principal_name": "adele.vance@contoso.com"}}}), one, oneReset("10")...),
	made("nested values that PowerShell lost", lines(reset("r10", "10:00:00", bag{"initiatedBy": "@{App=; User=}", "targetResources": "System.Object[]"}), r11), counts("2", "1", "0", "1", "0")+"\nvalues-lost 1"),
	made("a description beside another reason", lines(diagnostic(r10, bag{"resultDescription": "The envelope says more."})), one,
		kql("AuditLogs | project ResultReason, ResultDescription", "ResultReason,ResultDescription\nSuccessfully completed reset.,The envelope says more."),
		kql("AuditLogs | where ResultDescription has 'envelope' | count", "Count\n1"),
		kql("PasswordEvents | project Reason", "Reason\nSuccessfully completed reset.")),
	made("a description without text", lines(diagnostic(r10, bag{"resultDescription": ""})), one,
		kql("AuditLogs | project ResultDescription", "ResultDescription\nSuccessfully completed reset.")),
	{realCase: realCase{name: "a description of a row of Log Analytics", says: one, asks: []question{
		kql("AuditLogs | project ResultReason, ResultDescription", "ResultReason,ResultDescription\nSuccessfully completed reset.,The row says more.")}},
		file: "in.csv", bytes: []byte(strings.NewReplacer("ResultReason,", "ResultReason,ResultDescription,", "completed reset.,", "completed reset.,The row says more.,").
			Replace(laCSV("TimeGenerated [UTC]", "2026-03-19T10:00:00Z")))},
}

func flowAt(id, at, correlation string) bag {
	return reset(id, at, bag{"activityDisplayName": "Self-service password reset flow activity progress", "resultReason": "User submitted their user ID", "correlationId": correlation})
}

func withAddress(address string) bag {
	u := userOf(adele, "Adele Vance")
	u["ipAddress"] = address
	return u
}

// upperNames writes the names of members in capitals.
func upperNames(doc string) string {
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		panic(err)
	}
	var up func(v any) any
	up = func(v any) any {
		switch v := v.(type) {
		case bag:
			out := bag{}
			for k, x := range v {
				out[strings.ToUpper(k)] = up(x)
			}
			return out
		case []any:
			for i := range v {
				v[i] = up(v[i])
			}
		}
		return v
	}
	return jsonOf(up(v))
}

// nameless is a user as a record has one that lost the names.
func nameless(id string) bag {
	return typed("User", bag{"id": id, "displayName": nil, "userPrincipalName": nil})
}

// adminReset is a reset by Megan Bowen.
func adminReset(id, at string, target bag) bag {
	return reset(id, at, by("Reset password (by admin)", userOf(megan, "Megan Bowen"), target), bag{"correlationId": "c0ffee00-0000-4000-8000-0000000000" + id[1:]})
}

// registrationOf is a snapshot's page of one person.
func registrationOf(id, upn string) bag {
	return bag{"value": []any{bag{"id": id, "userPrincipalName": upn, "userDisplayName": "Adele Vance", "isSsprRegistered": true, "isSsprEnabled": true, "isSsprCapable": true,
		"methodsRegistered": []any{"email"}, "lastUpdatedDateTime": "2026-03-05T10:00:00Z"}}}
}

const namesOf = "PasswordEvents | sort by Time asc, EventId asc | project UserId, UserPrincipalName, UserDisplayName, ActorPrincipalName"

// namesAre asks what people are called, a row an event: person, sign-in name, name and actor.
func namesAre(rows ...string) question {
	return kql(namesOf, "UserId,UserPrincipalName,UserDisplayName,ActorPrincipalName\n"+strings.Join(rows, "\n"))
}

var nameSiblings = []sibling{
	made("a name that an earlier record has", lines(r10, adminReset("r11", "11:00:00", nameless(adele))), two,
		namesAre(adele+",adele.vance@contoso.com,Adele Vance,adele.vance@contoso.com", adele+",adele.vance@contoso.com,Adele Vance,megan.bowen@contoso.com"),
		kql("PasswordEvents | where UserPrincipalName == 'adele.vance@contoso.com' and Activity == 'admin_reset' | count", "Count\n1")),
	{realCase: realCase{name: "a name that a later file brings", says: one, asks: []question{
		namesAre(adele+",adele.vance@contoso.com,Adele Vance,megan.bowen@contoso.com", adele+",adele.vance@contoso.com,Adele Vance,adele.vance@contoso.com")}},
		bytes: []byte(jsonOf(adminReset("r09", "09:00:00", nameless(adele)))), then: []byte(jsonOf(r10))},
	{realCase: realCase{name: "a name that a snapshot brings", says: one, asks: []question{namesAre(adele + ",adele@contoso.com,Adele Vance,megan.bowen@contoso.com"),
		asked("adele@contoso.com", "person", "adele@contoso.com")}},
		bytes: []byte(jsonOf(adminReset("r09", "09:00:00", nameless(adele)))), then: []byte(jsonOf(registrationOf(adele, "adele@contoso.com")))},
	made("the newest name", lines(r10, reset("r12", "12:00:00", by("Reset password (self-service)", bag{"id": adele, "userPrincipalName": "a.vance@contoso.com", "displayName": "Adele V."},
		typed("User", bag{"id": adele, "userPrincipalName": "a.vance@contoso.com", "displayName": "Adele V."}))), adminReset("r11", "11:00:00", nameless(adele))), counts("3", "3", "0", "0", "0"),
		namesAre(adele+",adele.vance@contoso.com,Adele Vance,adele.vance@contoso.com", adele+",a.vance@contoso.com,Adele V.,megan.bowen@contoso.com", adele+",a.vance@contoso.com,Adele V.,a.vance@contoso.com")),
	made("an actor without a name", lines(adminReset("r10", "10:00:00", typed("User", userOf(adele, "Adele Vance"))),
		reset("r11", "11:00:00", by("Reset password (by admin)", bag{"id": megan}, typed("User", userOf(alex, "Alex Wilber"))))), two,
		namesAre(adele+",adele.vance@contoso.com,Adele Vance,megan.bowen@contoso.com", alex+",alex.wilber@contoso.com,Alex Wilber,megan.bowen@contoso.com")),
	made("an attempt by id alone", lines(reset("r10", "10:00:00", by("Reset password (self-service)", bag{"id": adele}, nameless(adele))), r11), two,
		kql("PasswordResetAttempts | project UserId, UserPrincipalName, UserDisplayName | distinct *", "UserId,UserPrincipalName,UserDisplayName\n"+adele+",adele.vance@contoso.com,Adele Vance"),
		asked("1 person reset their own password 2 times", "report", resets)),
	made("a name that nobody knows", jsonOf(adminReset("r10", "10:00:00", nameless(adele))), one, namesAre(adele+",,,megan.bowen@contoso.com")),
	made("who only acted is said", jsonOf(adminReset("r10", "10:00:00", typed("User", userOf(adele, "Adele Vance")))), one,
		question{args: []string{"person", "Megan.Bowen@contoso.com"}, want: `passtrail events --initiated-by 11111111-aaaa-4aaa-8aaa-0000000000ff`, code: exitFailed},
		question{args: []string{"person", "nobody@contoso.com"}, want: `no person's name begins with "nobody@contoso.com"`, not: "did", code: exitFailed}),
}

var wordSiblings = []sibling{
	{realCase: realCase{name: "results in German and Chinese", says: counts("4", "4", "0", "0", "0"), asks: []question{kql("AuditLogs | summarize N = count() by Result | sort by Result asc", "Result,N\nfailure,2\nsuccess,2")}},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("2026-03-04T10:00:00Z", `"success"`, `"Erfolg"`), portalRow("2026-03-04T11:00:00Z", `"success"`, `"Fehler"`),
			portalRow("2026-03-04T12:00:00Z", `"success"`, `"成功"`), portalRow("2026-03-04T13:00:00Z", `"success"`, `"失败"`)))},
	{realCase: realCase{name: "a result in an unknown language", says: counts("2", "1", "0", "1", "0") + "\nunknown-result 1"},
		file: "in.csv", bytes: []byte(portal(portalHeader, portalRow("2026-03-04T10:00:00Z"), portalRow("2026-03-04T11:00:00Z", `"success"`, `"waxaa la helay"`)))},
	{realCase: realCase{name: "a header in an unknown language", code: exitFailed, says: counts("1", "0", "0", "1", "0") + "\nGreek\nin English"},
		file: "in.csv", bytes: []byte(portal(strings.NewReplacer("Date (UTC)", "Ημερομηνία (UTC)", `"Service"`, `"Υπηρεσία"`, `"Activity"`, `"Δραστηριότητα"`, `"Result"`, `"Αποτέλεσμα"`).Replace(portalHeader), portalRow("2026-03-04T10:00:00Z")))},
	made("a record of the unified audit log", jsonOf([]any{bag{"CreationTime": "2026-03-04T10:00:00", "Operation": "Reset user password.", "Workload": "AzureActiveDirectory", "RecordType": 8, "UserId": "megan.bowen@contoso.com", "ObjectId": "adele.vance@contoso.com"}, r10}),
		counts("2", "1", "0", "1", "0")+"\nunified audit log"),
	made("times that cannot be right", lines(r10, reset("old", "", bag{"activityDateTime": "1999-12-31T23:59:59Z", "correlationId": "c0ffee00-0000-4000-8000-000000000003"}),
		reset("late", "", bag{"activityDateTime": "2126-03-04T10:00:00Z", "correlationId": "c0ffee00-0000-4000-8000-000000000004"})), counts("3", "3", "0", "0", "0")+
		"\nfrom       2026-03-04 10:00:00 UTC\nto         2026-03-04 10:00:00 UTC\ntimes that cannot be right, 2 records\ndated before the year 2000: 1999-12-31T\ndated more than a day after it was read: 2126-03-04T",
		asked("1 person reset their own password 1 time", "report", resets)),
}

// TestSiblingsOfRealCases takes in what is like the real cases: made here, so that a kind is mended and not a file.
func TestSiblingsOfRealCases(t *testing.T) {
	for _, group := range [][]sibling{wrapperSiblings, archiveSiblings, timeSiblings, whoSiblings, nameSiblings, wordSiblings} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				if c.file == "" {
					c.file = "in.json"
				}
				for i, b := range [][]byte{c.bytes, c.then} {
					if b == nil {
						continue
					}
					path := filepath.Join(dir, c.file)
					if i > 0 {
						path = filepath.Join(dir, fmt.Sprint("then", i))
					}
					if err := os.WriteFile(path, b, 0o600); err != nil {
						t.Fatal(err)
					}
					c.files = append(c.files, path)
				}
				c.check(t)
			})
		}
	}
}
