package query_test

import "testing"

// TestArgMaxIsOneRow asks for the row of the greatest and of the least value where some are NaN or null. Whichever row it is,
// all columns are of that row.
func TestArgMaxIsOneRow(t *testing.T) {
	s := both(t)
	rows := map[string]string{
		"NaN between numbers": "1.0,'a',10, real(nan),'b',20, 3.0,'c',30",
		"NaN first":           "real(nan),'a',10, 1.0,'b',20",
		"NaN last":            "5.0,'a',10, -1.0,'b',20, real(nan),'c',30",
		"null and NaN":        "real(null),'a',10, real(nan),'b',20, 2.0,'c',30",
		"NaN without columns": "1.0,'a',10, real(nan),'',long(null), 3.0,'c',30",
		"null and numbers":    "real(null),'a',10, 4.0,'b',long(null), 2.0,'',30",
		"only nulls":          "real(null),'a',10, real(null),'b',20",
		"infinities":          "real(+inf),'a',10, real(-inf),'b',20, 1.0,'c',30",
	}
	for name, cells := range rows {
		for _, fn := range []string{"arg_max", "arg_min"} {
			table := "let T = datatable(x:real, s:string, n:long)[" + cells + "]; "
			text := table + "T | summarize " + fn + "(x, s, n) | extend k = strcat(tostring(x), '/', s, '/', tostring(n)) | where k in ((T | project strcat(tostring(x), '/', s, '/', tostring(n)))) | project isnan(x), k"
			res, err := run(t, s, text)
			if err != nil || len(res.Tables[0].Rows) != 1 {
				t.Errorf("%s, %s: %v, %v: not one row of the table", name, fn, res, err)
				continue
			}
			both, err := run(t, s, table+"T | summarize v = "+fn[4:]+"(x) | project isnan(v)")
			if err != nil || both.Tables[0].Rows[0][0] != res.Tables[0].Rows[0][0] {
				t.Errorf("%s, %s: NaN %v, %s says %v (%v)", name, fn, res.Tables[0].Rows[0], fn[4:], both.Tables[0].Rows[0], err)
			}
		}
	}
}
