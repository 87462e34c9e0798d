package ingest_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/connector"
	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
	"passtrail/internal/nested"
	"passtrail/internal/normalise"
)

// TestSamplesComeBackFromTheStore holds that what came in can be given back member by member from what the store holds.
func TestSamplesComeBackFromTheStore(t *testing.T) {
	st := open(t)
	samples := "../normalise/testdata/samples"
	run(t, st, ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, samples))
	stored := map[string]*passtrail.Record{}
	columns := `SELECT id, time, service, category, activity, operation_type, result, reason, correlation_id, actor_kind, actor_name, actor_address, user_agent,
		` + nested.InitiatedBySQL("") + `, ` + nested.TargetResourcesSQL("") + `, additional_details, extra, shape FROM record`
	err := st.Query(context.Background(), columns, nil, func(row []any) error {
		r := &passtrail.Record{Tenant: contoso, ID: row[0].(string), Time: passtrail.Ticks(row[1].(int64))}
		for i, p := range []*string{&r.Service, &r.Category, &r.Activity, &r.OperationType, &r.Result, &r.Reason, &r.CorrelationID, (*string)(&r.ActorKind), &r.ActorName,
			&r.ActorAddress, &r.UserAgent, &r.InitiatedBy, &r.TargetResources, &r.AdditionalDetails, &r.Extra, (*string)(&r.Shape)} {
			*p = row[i+2].(string)
		}
		stored[r.ID+" "+string(r.Shape)] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	n := normalise.New(0)
	for _, in := range inputs(t, file.Options{}, samples) {
		err := in.Source.Fetch(context.Background(), "", func(b connector.Batch) error {
			for _, d := range b.Documents {
				rec := passtrail.Record{Tenant: contoso}
				res, fault := n.Read(d.Bytes, &rec)
				if fault != nil || res.Kind != normalise.KindRecord {
					continue
				}
				r := stored[rec.ID+" "+string(rec.Shape)]
				if r == nil {
					continue // a repeat in a poorer shape
				}
				compared++
				back, err := normalise.Restore(r)
				if err != nil {
					return err
				}
				if in, out := document(t, d.Bytes), document(t, back); !reflect.DeepEqual(in, out) {
					t.Errorf("%s came back as\n%v\nnot\n%v", d.Position, out, in)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if compared < len(stored) {
		t.Errorf("compared %d of %d records", compared, len(stored))
	}
}

// document reads a document, without the members that are dropped by rule.
func document(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if props, ok := doc["properties"].(map[string]any); ok {
		for name := range props {
			if strings.HasPrefix(name, "__UDI_RequiredFields_") {
				delete(props, name)
			}
		}
	}
	return doc
}
