package query_test

import (
	"strings"
	"testing"
)

// TestComputedSteps cuts an axis into steps that are known only when the query runs.
func TestComputedSteps(t *testing.T) {
	s := both(t)
	for step, good := range map[string]bool{"toscalar(print 0)": false, "toscalar(print -1.0)": false, "toscalar(print real(nan))": false, "toscalar(print real(null))": false, "toscalar(print 2)": true} {
		res, err := run(t, s, "datatable(v:real)[1.0, 3.5] | make-series c=count() on v from 0.0 to 4.0 step "+step+" | project tostring(c)")
		switch {
		case good && (err != nil || res.Tables[0].Rows[0][0] != "[1,1]"):
			t.Errorf("step %s: %v, %v, want [1,1]", step, res, err)
		case !good && (err == nil || !strings.Contains(err.Error(), "the step of make-series must be greater than 0")):
			t.Errorf("step %s: %v, want that it must be greater than 0", step, err)
		}
	}
}
