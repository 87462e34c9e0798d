package normalise_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"passtrail"
	"passtrail/internal/dates"
	"passtrail/internal/normalise"
)

// portalHeaders are headers of the admin center's CSV by language: date, correlation, service, category, activity,
// result, reason, and a word each for success and failure.
var portalHeaders = map[string]string{
	"English":    "Date (UTC)|CorrelationId|Service|Category|Activity|Result|ResultReason|Success|Failure",
	"Spanish":    "Fecha (UTC)|Id. de correlación|Servicio|Categoría|Actividad|Resultado|Motivo del resultado|Éxito|Error",
	"German":     "Datum (UTC)|CorrelationId|Dienst|Kategorie|Aktivität|Ergebnis|Ergebnisursache|Erfolg|Fehler",
	"Portuguese": "Data (UTC)|CorrelationId|Serviço|Categoria|Atividade|Resultado|Motivo do resultado|Êxito|Falha",
	"French":     "Date (UTC)|CorrelationId|Service|Catégorie|Activité|Résultat|Motif du résultat|Succès|Échec",
	"Italian":    "Data (UTC)|CorrelationId|Servizio|Categoria|Attività|Risultato|Motivo del risultato|Operazione completata|Errore",
	"Dutch":      "Datum (UTC)|Correlatie-id|Service|Categorie|Activiteit|Resultaat|Reden van resultaat|Geslaagd|Fout",
	"Japanese":   "日付 (UTC)|CorrelationId|サービス|カテゴリ|アクティビティ|結果|結果の理由|成功|失敗",
	"Chinese":    "日期 (UTC)|CorrelationId|服务|类别|活动|结果|结果原因|成功|失败",
}

// object makes a row from names and cells.
func object(t testing.TB, names, cells []string) string {
	t.Helper()
	doc := map[string]string{}
	for i, name := range names {
		doc[name] = cells[i]
	}
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPortalRowsOfAllLanguages(t *testing.T) {
	n := normalise.New(0)
	n.Times = &dates.Form{}
	hashes := map[string]string{}
	for language, header := range portalHeaders {
		names := strings.Split(header, "|")
		for i, want := range []string{"success", "failure"} {
			cells := []string{"2026-03-04T10:00:00+00:00", "c1", "Self-service Password Management", "UserManagement", "Reset password (self-service)", names[7+i], "UserNotLicensed"}
			doc := object(t, names[:7], cells)
			r := passtrail.Record{Tenant: contoso}
			if _, fault := n.Read([]byte(doc), &r); fault != nil {
				t.Errorf("%s: %v", language, fault)
				continue
			}
			got := fmt.Sprint(r.Time, r.CorrelationID, r.Service, r.Category, r.Activity, r.Result, r.Reason, r.ActivityKey)
			if all := fmt.Sprint("2026-03-04T10:00:00.0000000Z", "c1", cells[2], cells[3], cells[4], want, "UserNotLicensed", "reset"); got != all {
				t.Errorf("%s: %s, want %s", language, got, all)
			}
			if first := hashes[want]; first == "" {
				hashes[want] = fmt.Sprint(r.Hash)
			} else if first != fmt.Sprint(r.Hash) {
				t.Errorf("%s: the same event has another hash", language)
			}
			back, err := normalise.Restore(&r)
			if err != nil || !equal(t, doc, string(back)) {
				t.Errorf("%s came back as\n%s %v, want\n%s", language, back, err, doc)
			}
		}
	}
}

func TestTimesOfRows(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	portal := func(header, cell string) string {
		return object(t, []string{header, "Activity", "Result"}, []string{cell, "a", "success"})
	}
	analytics := func(header, cell string) string {
		return object(t, []string{header, "OperationName", "CorrelationId"}, []string{cell, "a", "c"})
	}
	for _, c := range []struct {
		doc  string
		form *dates.Form
		want string
	}{
		{portal("Date (UTC)", "04/03/2026 10:00"), &dates.Form{Order: dates.DayFirst}, "2026-03-04T10:00:00"},
		{portal("Date (UTC)", "04/03/2026 10:00"), &dates.Form{Order: dates.MonthFirst}, "2026-04-03T10:00:00"},
		{portal("Date (UTC)", "04/03/2026 10:00"), &dates.Form{Order: dates.DayFirst, Zone: berlin}, "2026-03-04T10:00:00"},
		{portal("Date (local)", "04/03/2026 10:00"), &dates.Form{Order: dates.DayFirst, Zone: berlin}, "2026-03-04T09:00:00"},
		{portal("Date (local)", "2026-03-04 10:00"), &dates.Form{}, "--zone"},
		{portal("Date (local)", "2026-03-04 10:00"), nil, "--zone"}, // out of quarantine
		{portal("Date (UTC)", "04/03/2026 10:00"), nil, "cannot be told apart"},
		{portal("Date (UTC)", "2026-03-04"), &dates.Form{}, "without the time of day"},
		{portal("Date (UTC)", "46085.41667"), &dates.Form{}, "2026-03-04T10:00:00"},
		{analytics("TimeGenerated [UTC]", "3/4/2026, 10:00:00.123 AM"), &dates.Form{Order: dates.MonthFirst}, "2026-03-04T10:00:00"},
		{analytics("TimeGenerated [Local Time]", "3/4/2026, 10:00:00.123 AM"), &dates.Form{Order: dates.MonthFirst, Zone: berlin}, "2026-03-04T09:00:00"},
		{analytics("TimeGenerated [Local Time]", "3/4/2026, 10:00:00.123 AM"), &dates.Form{Order: dates.MonthFirst}, "--zone"},
		{analytics("ActivityDateTime", "2026-03-04 10:00:00"), &dates.Form{}, "2026-03-04T10:00:00"},
		{object(t, []string{"Date (local)", "Date (UTC)", "Activity", "Result"}, []string{"2026-03-04 11:00", "2026-03-04 10:00", "a", "success"}), &dates.Form{}, "2026-03-04T10:00:00"},
	} {
		n := normalise.New(0)
		n.Times = c.form
		r := passtrail.Record{Tenant: contoso}
		_, fault := n.Read([]byte(c.doc), &r)
		got := r.Time.String()
		if fault != nil {
			got = fault.Reason
		} else if back, err := normalise.Restore(&r); err != nil || !equal(t, c.doc, string(back)) {
			t.Errorf("%s came back as %s %v", c.doc, back, err)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("Read(%s) = %s, want %s", c.doc, got, c.want)
		}
	}
}

// TestRowsThatLostSomething holds that nothing is made up for what a row does not say any more.
func TestRowsThatLostSomething(t *testing.T) {
	n := normalise.New(0)
	n.Times = &dates.Form{}
	row := func(name, cell string) string {
		return object(t, []string{"TimeGenerated", "OperationName", "CorrelationId", name}, []string{"2026-03-04T10:00:00Z", "a", "c", cell})
	}
	for doc, want := range map[string]string{
		row("InitiatedBy", "System.Collections.Hashtable"):                           normalise.CodeLost,
		row("InitiatedBy", `{"user":{"id":"11111111-aaaa`):                           normalise.CodeBadValue,
		row("TargetResources", "System.Object[]"):                                    normalise.CodeLost,
		row("TargetResources", "[object Object]"):                                    normalise.CodeLost,
		row("AdditionalDetails", `[{"key":"a","val`):                                 normalise.CodeBadValue,
		row("AdditionalDetails", `[]`):                                               "",
		row("TargetResources", `null`):                                               "",
		row("Result", "geglückt"):                                                    normalise.CodeUnknownResult,
		row("Result", "timeout"):                                                     "",
		`{"Date (UTC)":"2026-03-04T10:00:00Z","Activity":"a","Result":"réussite ?"}`: normalise.CodeUnknownResult,
	} {
		r := passtrail.Record{Tenant: contoso}
		_, fault := n.Read([]byte(doc), &r)
		got := ""
		if fault != nil {
			got = fault.Code
		}
		if got != want {
			t.Errorf("Read(%s): %q %v, want %q", doc, got, fault, want)
		}
	}
}
