package query

import (
	"passtrail"
	"passtrail/internal/kql"
	"passtrail/internal/kql/complete"
)

// Editor makes the editor's service over [Schema]: completion, hover and signatures. It reads no rows, so it needs no
// tenants; now only decides what is compiled, not what is offered.
func Editor(now passtrail.Ticks) *complete.Service {
	return kql.Editor(Schema, kql.Options{Now: now})
}
