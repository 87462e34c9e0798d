package simulate

import (
	"math/rand/v2"

	"passtrail"
)

// mix spreads the records of a tenant over all formats. Each record lies in at least one; many in several, so that
// forms which carry more and forms which carry less meet.
type mix struct {
	rng    *rand.Rand
	parts  map[Format]sink
	order  []Format
	legacy passtrail.Ticks // changes before this instant come in the shape of 2018 and in no other
	other  int64
}

// mixShares are, of a hundred records, how many lie in each format beside the one that surely has them.
var mixShares = []struct {
	format Format
	share  int
}{{GraphLines, 30}, {Diagnostic, 30}, {EventHubs, 10}, {AnalyticsCSV, 12}, {AnalyticsJSON, 10}, {GraphPages, 10}, {GraphArray, 8}, {PortalCSV, 14}, {PortalSpanish, 6}}

// carriers are formats with ids: each planted record surely lies in one of them.
var carriers = []Format{GraphLines, Diagnostic, EventHubs, AnalyticsCSV, AnalyticsJSON, GraphPages, GraphArray}

// mixPacking is how some formats of a mix are packed where the Config asks for nothing else.
var mixPacking = map[Format]string{GraphArray: "gz", EventHubs: "zst", PortalSpanish: "zip"}

func (m *model) newMix(out *folder) *mix {
	x := &mix{rng: m.seeded(seedDelivery, 1), parts: map[Format]sink{}, legacy: m.start + earlyDays}
	for format, lay := range layouts() {
		stem, to := string(format)+"/audit", out
		if how := mixPacking[format]; out.compress == "" && how != "" {
			to = out.packed(how)
		}
		if format == EventHubs {
			lay.row = x.hubRow(lay.row)
		}
		x.parts[format] = newRows(lay, m.cfg.Tenant, to.numbered(stem, lay))
	}
	x.parts[Diagnostic] = &tree{out: out, tenant: m.cfg.Tenant, end: m.end}
	for _, name := range sortedKeys(stringKeys(x.parts)) {
		x.order = append(x.order, Format(name))
	}
	return x
}

// hubRow adds other log categories to a row, as a hub carries them.
func (x *mix) hubRow(plain func([]byte, *event, string) []byte) func([]byte, *event, string) []byte {
	return func(b []byte, e *event, tenant string) []byte {
		if x.other++; x.other%40 == 0 {
			b = append(appendSignIn(b, e, tenant), ',')
		}
		return plain(b, e, tenant)
	}
}

func stringKeys(m map[Format]sink) map[string]sink {
	out := map[string]sink{}
	for k, v := range m {
		out[string(k)] = v
	}
	return out
}

// write puts a record into the formats that chance picks. Which these are depends on the record alone, so that a repeat
// comes by the same ways or by others.
func (x *mix) write(e *event) error {
	if e.time < x.legacy && e.isChange() && !e.planted && !e.target.everRole() {
		return x.parts[Legacy].write(e)
	}
	sure := carriers[x.rng.IntN(len(carriers))]
	if !e.planted && e.serial%33 == 0 {
		sure = PortalCSV // and perhaps nowhere else
		return x.parts[sure].write(e)
	}
	if err := x.parts[sure].write(e); err != nil {
		return err
	}
	for _, s := range mixShares {
		if s.format == sure || x.rng.IntN(100) >= s.share {
			continue
		}
		if err := x.parts[s.format].write(e); err != nil {
			return err
		}
	}
	return nil
}

func (x *mix) close() error {
	for _, f := range x.order {
		if err := x.parts[f].close(); err != nil {
			return err
		}
	}
	return nil
}

// others counts the records of other log categories.
func (x *mix) others() []Count { return []Count{{"SignInLogs", x.other / 40}} }

// appendSignIn appends a sign-in record, which is none of ours.
func appendSignIn(b []byte, e *event, tenant string) []byte {
	b = append(b, `{"time":"`...)
	b = appendTime7(b, e.time)
	b = append(b, `","resourceId":"/tenants/`...)
	b = append(b, tenant...)
	b = append(b, `/providers/Microsoft.aadiam","operationName":"Sign-in activity","operationVersion":"1.0","category":"SignInLogs"`...)
	b = appendField(b, "tenantId", tenant)
	b = append(b, `,"resultType":"0","resultSignature":"None","durationMs":0,"callerIpAddress":"203.0.113.10","correlationId":"`...)
	b = e.corr.appendTo(b)
	b = append(b, `","Level":4,"location":"DE","properties":{"id":"`...)
	b = e.corr.appendTo(b)
	b = append(b, `","createdDateTime":"`...)
	b = appendTime6(b, e.time)
	return append(b, `","status":{"errorCode":0}}}`...)
}
