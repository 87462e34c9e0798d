package ingest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
	"passtrail/internal/nested"
)

// wrapped writes a record as text inside JSON.
func wrapped(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestWrappersAreOpened takes the same record in from inside of everything that collectors put around it: it is one record
// each time, as it is without.
func TestWrappersAreOpened(t *testing.T) {
	one, two := strings.TrimSpace(line(1)), strings.TrimSpace(line(2))
	both := `{"value":[` + one + `,` + two + `]}`
	tests := []struct {
		name, doc string
		records   int
	}{
		{"Event Hubs, object", `{"body":` + one + `,"enqueuedTimeUtc":"2026-03-05T00:00:00Z","offset":"1","sequenceNumber":7}`, 1},
		{"Event Hubs, text", `{"body":` + wrapped(one) + `,"properties":{},"systemProperties":{"x-opt-offset":"1"}}`, 1},
		{"Event Hubs, base64", `{"Body":"` + base64.StdEncoding.EncodeToString([]byte(both)) + `"}`, 2},
		{"Graph $batch", `{"responses":[{"id":"1","status":200,"headers":{},"body":` + both + `},{"id":"2","status":200,"body":{"value":[]}}]}`, 2},
		{"Filebeat", `{"@timestamp":"2026-03-05T00:00:00Z","agent":{"type":"filebeat"},"message":` + wrapped(one) + `}`, 1},
		{"Splunk", `{"preview":false,"offset":0,"result":{"_raw":` + wrapped(one) + `,"sourcetype":"azure:audit","_time":"2026-03-05"}}`, 1},
		{"Wazuh", `{"timestamp":"2026-03-05T00:00:00Z","rule":{"level":3,"id":"1"},"agent":{"id":"000"},"data":` + one + `}`, 1},
		{"Elasticsearch, one hit", `{"_index":"a","_id":"1","_score":1.0,"_source":` + one + `}`, 1},
		{"Elasticsearch, an answer", `{"took":1,"timed_out":false,"hits":{"total":{"value":2},"hits":[{"_index":"a","_source":` + one + `},{"_index":"a","_source":` + two + `}]}}`, 2},
		{"CloudEvents", `{"specversion":"1.0","type":"audit","source":"/x","id":"e1","time":"2026-03-05T00:00:00Z","data":` + one + `}`, 1},
		{"Logstash", `{"@version":"1","@timestamp":"2026-03-05T00:00:00Z","event":{"original":` + wrapped(one) + `}}`, 1},
		{"a line that is a text", wrapped(one), 1},
		{"encoded twice", wrapped(wrapped(one)), 1},
		{"a list of texts", `[` + wrapped(one) + `,` + wrapped(two) + `]`, 2},
		{"a wrapper in a wrapper", `{"message":` + wrapped(`{"body":`+wrapped(both)+`}`) + `}`, 2},
		{"another body beside the record", `{"body":"no record","message":` + wrapped(one) + `}`, 1},
		{"an empty list beside the record", `{"value":[],"message":` + wrapped(one) + `}`, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st := open(t)
			sum := run(t, st, ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, write(t, "in.json", test.doc+"\n")))
			plain := open(t)
			in := one + "\n"
			if test.records == 2 {
				in += two + "\n"
			}
			run(t, plain, ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, write(t, "plain.json", in)))
			columns := `SELECT id, time, activity, result, reason, correlation_id, target_upn, ` + nested.InitiatedBySQL("") + `, ` + nested.TargetResourcesSQL("") + ` FROM record ORDER BY id`
			if got, want := fmt.Sprint(dump(t, st, columns)), fmt.Sprint(dump(t, plain, columns)); got != want || sum.SetAside != 0 {
				t.Errorf("took in %s and set aside %+v, want %s", got, sum.Problems, want)
			}
		})
	}
}
