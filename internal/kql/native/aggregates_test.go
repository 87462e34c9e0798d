package native_test

import (
	"encoding/json"
	"testing"

	"passtrail"
	"passtrail/internal/kql"
	"passtrail/internal/kql/kqltest"
)

// TestAggregates runs "summarize" over a small table, or over nothing, and compares the row.
func TestAggregates(t *testing.T) {
	db, err := kqltest.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const rows = `let T = datatable(n:long, i:int, r:real, s:string, b:bool, t:datetime, ts:timespan, d:dynamic, w:long)[
		1, 10, 1.5, "a", true, datetime(2026-01-01), 1h, dynamic({"k":1}), 3,
		2, 20, 2.5, "", false, datetime(2026-01-03), 2h, dynamic([1,2]), 1,
		2, 30, 3.5, "b", true, datetime(2026-01-02), 3h, dynamic(null), 1,
		long(null), int(null), real(null), "a", bool(null), datetime(null), timespan(null), dynamic({"k":2,"m":3}), 1]; `
	for _, c := range []struct{ query, want string }{
		{"T | summarize count(), countif(n > 1), dcount(s), dcountif(s, n > 1), count_distinct(n), count_distinctif(s, b)", `[4,2,3,2,2,2]`},
		{"T | summarize sum(n), sum(r), sum(ts), sumif(i, b), sumif(r, n > 5)", `[5,7.5,"06:00:00",40,0]`},
		{"T | summarize avg(n), avg(r), avg(ts), avg(t), avgif(i, b)", `[1.6666666666666667,2.5,"02:00:00","2026-01-02T00:00:00.0000000Z",20]`},
		{"T | summarize min(n), max(s), min(s), max(t), maxif(i, not(b)), minif(s, n > 1)", `[1,"b","","2026-01-03T00:00:00.0000000Z",20,""]`},
		{"T | summarize make_list(n), make_list(s), make_list(r, 2), make_list_if(i, b), make_list_with_nulls(n)", `["[1,2,2]","[\"a\",\"\",\"b\",\"a\"]","[1.5,2.5]","[10,30]","[1,2,2,null]"]`},
		{"T | summarize make_set(n), make_set(s), make_set(s, 1), make_set_if(s, n == 2), make_set(t)", `["[1,2]","[\"a\",\"\",\"b\"]","[\"a\"]","[\"\",\"b\"]","[\"2026-01-01T00:00:00.0000000Z\",\"2026-01-03T00:00:00.0000000Z\",\"2026-01-02T00:00:00.0000000Z\"]"]`},
		{"T | summarize make_bag(d), make_bag_if(d, w == 1), make_list(d)", `["{\"k\":1,\"m\":3}","{\"k\":2,\"m\":3}","[{\"k\":1},1,2,null,{\"k\":2,\"m\":3}]"]`},
		{"T | summarize percentile(i, 50), percentiles(r, 0, 100), percentiles_array(i, 50, 100), percentile(t, 50)", `[20,1.5,3.5,"[20,30]","2026-01-02T00:00:00.0000000Z"]`},
		{"T | summarize percentilew(i, w, 50), percentilesw_array(i, w, 50, 100), percentilew(t, w, 100)", `[10,"[10,30]","2026-01-03T00:00:00.0000000Z"]`},
		{"T | summarize stdev(i), variance(i), stdevp(i), variancep(i), stdevif(i, b), covariance(n, i)", `[10,100,8.16496580927726,66.66666666666667,14.142135623730951,5]`},
		{"T | summarize take_any(s), any(n), take_anyif(i, n > 1)", `["a",1,20]`},
		{"T | summarize binary_all_and(n), binary_all_or(n), binary_all_xor(n)", `[0,3,1]`},
		{"T | summarize h = hll(s), x = tdigest(i) | project dcount_hll(h), percentile_tdigest(x, 50), percentile_tdigest(x, 100, typeof(long)), rank_tdigest(x, 20)", `[3,"20",30,2]`},
		{"T | summarize h = hll(n) by w | summarize dcount_hll(hll_merge(h))", `[2]`},
		{"T | summarize x = tdigest(i) by w | summarize percentile_tdigest(tdigest_merge(x), 50)", `["20"]`},
		{"T | where n > 9 | summarize count(), sum(n), avg(n), min(n), max(s), make_list(n), make_set(s), make_bag(d), stdev(n), dcount(n), percentile(n, 50), take_any(s)", `[0,0,"NaN",null,"","[]","[]","{}",0,0,null,""]`},
		{"range x from 1 to 3 step 1 | extend y = iff(x == 1, 9223372036854775807, x) | summarize sum(y)", `[-9223372036854775804]`},
		{"print r = dynamic([1.0, 2.0]) | mv-expand r to typeof(real) | extend r = r / 0 | summarize stdev(r), variance(r), max(r)", `["NaN","NaN","Infinity"]`},
		{"T | summarize buildschema(d)", `["{\"` + "`indexer`" + `\":\"long\",\"k\":\"long\",\"m\":\"long\"}"]`},
		{"T | summarize makelist(n), makeset(n), argmax(n, i)", ``},
	} {
		tables, err := kqltest.Run(t.Context(), db.SQL, rows+c.query, nil, kql.Options{Now: passtrail.UnixEpoch})
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		got, _ := json.Marshal(tables[0].Rows[0])
		if c.want != "" && string(got) != c.want {
			t.Errorf("%s = %s, want %s", c.query, got, c.want)
		}
	}
}
