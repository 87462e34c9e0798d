package normalise

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// MaxWraps is how deep documents inside documents are opened.
const MaxWraps = 8

// wrappers are the members in which something holds a document or several, by their folded name; the first one that
// holds a record counts, because some hold the same record twice.
var wrappers = []string{
	"body", "eventbody", "responses", // Event Hubs and Service Bus messages; Graph's $batch
	"value", "records", "tables", // pages, diagnostic settings, query answers, inside something else
	"_source", "hits", // Elasticsearch
	"event.original", "original", "message", "@message", "log", "payload", "content", "messagetext", "line", "msg", // Logstash, Beats, Fluent, Loki, queues
	"_raw", "result", "results", "raw", "rawdata", "raw_event", "rawlog", "full_log", "event", // Splunk, Log Analytics custom tables
	"full_message", "short_message", "@rawstring", "rawstring", "raw_log", "raw_message", "rawmessage", // Graylog, LogScale
	"data", "data_base64", "ms-graph", "json", "azure", "auditlogs", "document", "record", "items", "events", "logs", "entries", "resource",
	"logevents", "kinesis", "sns", "detail", "jsonpayload", "textpayload", // the queues and logs of other clouds
}

// rawColumns are the columns in which rows of Log Analytics' own tables hold a record as text.
var rawColumns = []string{"rawdata", "raw_event", "rawlog", "message", "_raw", "raw"}

// marks are words that stand, folded, in every document that somebody wants opened.
var marks = [][]byte{[]byte("activitydate"), []byte("activity_date"), []byte("activitydisplayname"), []byte("operationname"), []byte("methodsregistered"),
	[]byte("isssprregistered"), []byte("roledefinitionid"), []byte("roletemplateid"), []byte("timegenerated"), []byte("createddatetime"),
	[]byte("creationtime"), []byte(`"eyj`), []byte(`"w3s`)} // the last two are how {" and [{ begin in base64

// always are the wrappers that are opened whatever they hold: what is inside says better what is wrong with it.
var always = map[string]bool{"body": true, "responses": true, "_source": true, "hits": true, "value": true, "records": true, "tables": true}

// inside finds what the document at hand holds, when it is a wrapper.
func (n *Normaliser) inside() (value, bool) {
	for _, name := range wrappers {
		v := n.top.anyCase(name)
		part, ok := holds(v)
		if !ok {
			continue
		}
		if always[name] || marked(part.raw) {
			return part, true
		}
	}
	return value{}, false
}

// insideRow finds the record that a row of a table holds as text, when it is a row of a table that somebody made.
func (n *Normaliser) insideRow() (value, bool) {
	for _, name := range rawColumns {
		part, ok := holds(n.top.anyCase(name))
		if low := bytes.ToLower(part.raw); ok && (bytes.Contains(low, marks[0]) || bytes.Contains(low, marks[2])) {
			return part, true
		}
	}
	return value{}, false
}

// bodyBeside finds the body of a message that has properties of its own beside it: they are the message's, not a record's.
func (n *Normaliser) bodyBeside() (value, bool) {
	if n.props.at[mTime].kind != 0 || n.top.at[mCategory].kind != 0 {
		return value{}, false
	}
	part, ok := holds(n.top.anyCase("body"))
	return part, ok && marked(part.raw)
}

func marked(raw []byte) bool {
	low := bytes.ToLower(raw)
	for _, m := range marks {
		if bytes.Contains(low, m) {
			return true
		}
	}
	return false
}

// holds tells whether a value can hold documents: an object, an array, or a string with JSON in it, also as base64. It
// returns the JSON.
func holds(v value) (value, bool) {
	switch v.kind {
	case '{', '[':
		return v, true
	case '"':
		text := strings.TrimSpace(v.text())
		if text == "" {
			return v, false
		}
		if opens(text) {
			return value{raw: []byte(text), kind: text[0]}, true
		}
		if b := fromBase64(text); opens(string(b)) {
			return value{raw: b, kind: b[0]}, true
		}
	}
	return v, false
}

// maxBlank is how much white space, or a byte order mark, may stand before JSON in base64.
const maxBlank = 16

var usualAlphabet = strings.NewReplacer("\r", "", "\n", "", "-", "+", "_", "/")

// fromBase64 reads text in base64, of either alphabet, with line ends and padding or without; nil for other text, and for
// what does not begin like JSON.
func fromBase64(text string) []byte {
	text = strings.TrimRight(usualAlphabet.Replace(text), "=")
	begin, err := base64.RawStdEncoding.DecodeString(text[:min(len(text), maxBlank)/4*4])
	if err != nil || !opens(string(bare(begin))) && len(bare(begin)) > 0 {
		return nil
	}
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return bare(b)
}

// bare is text without a byte order mark and without white space around it.
func bare(b []byte) []byte { return bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))) }

// opens tells whether text begins like a JSON value that holds something.
func opens(text string) bool {
	if text == "" {
		return false
	}
	if text[0] == '"' { // a string in a string
		rest := strings.TrimLeft(text[1:], ` \"`)
		return rest != "" && (rest[0] == '{' || rest[0] == '[')
	}
	return text[0] == '{' || text[0] == '['
}

// wrapped takes the documents out of what a wrapper holds.
func (n *Normaliser) wrapped(part value) (Kind, *Fault) {
	n.out.Parts = [][]byte{}
	dec := json.NewDecoder(bytes.NewReader(part.raw))
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return 0, &Fault{Code: CodeNotJSON, Reason: "what is inside is not JSON"}
		}
		n.split(raw)
	}
	n.beside()
	return KindWrapper, nil
}

// beside adds what stands beside the list that was opened and says that it is not whole: an error, a link to more.
func (n *Normaliser) beside() {
	if v := n.top.find("error"); v.kind == '{' && len(v.raw) > 2 || v.kind == '"' && v.text() != "" {
		n.out.Parts = append(n.out.Parts, append(append([]byte(`{"error":`), v.appendJSON(nil)...), '}'))
	}
	if n.top.anyCase("value").kind != '[' {
		return
	}
	if around := pageAround(n.scan.b); around != nil {
		n.out.Parts = append(n.out.Parts, around)
	}
}

// split takes a page, a list or a table apart; anything else is a document of its own.
func (n *Normaliser) split(raw json.RawMessage) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for _, one := range list {
			n.add(one)
		}
		return
	}
	var page struct {
		Value, Records, Tables []json.RawMessage
		Hits                   json.RawMessage
		Columns                []struct{ Name, ColumnName string }
		Rows                   [][]json.RawMessage
		Error                  json.RawMessage
	}
	if json.Unmarshal(raw, &page) != nil {
		n.add(raw)
		return
	}
	switch {
	case page.Columns != nil && page.Rows != nil:
		names := make([]string, len(page.Columns))
		for i, c := range page.Columns {
			names[i] = c.Name + c.ColumnName
		}
		for _, row := range page.Rows {
			n.out.Parts = append(n.out.Parts, rowDocument(names, row))
		}
	case page.Value != nil || page.Records != nil || page.Tables != nil:
		for _, l := range [][]json.RawMessage{page.Value, page.Records, page.Tables} {
			for _, one := range l {
				n.add(one)
			}
		}
		if around := pageAround(raw); around != nil {
			n.out.Parts = append(n.out.Parts, around)
		}
	case len(page.Hits) > 0 && page.Hits[0] == '{':
		n.split(bytes.Replace(page.Hits, []byte(`"hits"`), []byte(`"value"`), 1))
	default:
		n.add(raw)
	}
	if len(page.Error) > 2 && (page.Value != nil || page.Tables != nil) {
		n.out.Parts = append(n.out.Parts, append([]byte(`{"error":`), append(page.Error, '}')...))
	}
}

// add adds a document; tables inside tables of an answer are taken apart.
func (n *Normaliser) add(raw json.RawMessage) {
	var table struct{ Columns, Rows []json.RawMessage }
	if json.Unmarshal(raw, &table) == nil && table.Columns != nil && table.Rows != nil {
		n.split(raw)
		return
	}
	n.out.Parts = append(n.out.Parts, bytes.Clone(raw))
}

// pageAround is what surrounds a page's values, nil when it says nothing.
func pageAround(raw []byte) []byte {
	var page map[string]json.RawMessage
	if json.Unmarshal(raw, &page) != nil {
		return nil
	}
	around := map[string]json.RawMessage{"value": json.RawMessage("null")}
	for name, v := range page {
		if strings.HasPrefix(name, "@") {
			around[name] = v
		}
	}
	if len(around) == 1 {
		return nil
	}
	doc, err := json.Marshal(around)
	if err != nil {
		return nil
	}
	return doc
}

// rowDocument is a row of a table as an object. Cells that are null are left out.
func rowDocument(names []string, cells []json.RawMessage) []byte {
	doc := []byte{'{'}
	for i, cell := range cells {
		if i >= len(names) || string(cell) == "null" {
			continue
		}
		if len(doc) > 1 {
			doc = append(doc, ',')
		}
		doc = append(append(appendQuoted(doc, names[i]), ':'), cell...)
	}
	return append(doc, '}')
}
