package loganalytics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/monitor/query/azlogs"

	"passtrail/internal/api/loganalytics"
	"passtrail/internal/query"
	"passtrail/internal/scene"
)

// credential gives azlogs a token as it stands.
type credential string

func (c credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(c), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// client is Azure's own client. Only the address is not Azure's, and it trusts the test's certificate; it does not try
// again, so that the test sees the first answer.
func (p *place) client(t *testing.T, token string) *azlogs.Client {
	t.Helper()
	service := cloud.ServiceConfiguration{Endpoint: p.URL, Audience: p.URL}
	c, err := azlogs.NewClient(credential(token), &azlogs.ClientOptions{ClientOptions: azcore.ClientOptions{
		Cloud:     cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{azlogs.ServiceName: service}},
		Transport: p.Client(), Retry: policy.RetryOptions{MaxRetries: -1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const workspace = string(scene.Contoso)

// every is a query with a column of every type.
const every = `print Bool = true, Int = int(7), Long = 9007199254740993, Real = 0.5, Decimal = decimal(1.5), String = "ä\"", Timespan = 36h, DateTime = datetime(2026-03-03 10:16:04.7783410), Guid = guid(6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11), Dynamic = dynamic({"a":[1]})`

func TestAzuresClientReadsTheAnswer(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	c := p.client(t, p.token)
	res, err := c.QueryWorkspace(t.Context(), workspace, azlogs.QueryBody{Query: to.Ptr(every)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Error != nil || res.Visualization != nil || res.Statistics != nil || len(res.Tables) != 1 || *res.Tables[0].Name != "PrimaryResult" {
		t.Fatalf("answered %+v", res)
	}
	table := res.Tables[0]
	want := []any{true, 7.0, 9007199254740992.0, 0.5, "1.5", "ä\"", "1.12:00:00", "2026-03-03T10:16:04.778341Z", "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11", `{"a":[1]}`} // the client reads numbers as float64
	for i, column := range table.Columns {
		if !strings.EqualFold(*column.Name, string(*column.Type)) {
			t.Errorf("column %s is of type %s", *column.Name, *column.Type)
		}
		if got := table.Rows[0][i]; got != want[i] {
			t.Errorf("%s is %v, want %v", *column.Name, got, want[i])
		}
	}

	within := azlogs.NewTimeInterval(time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC))
	res, err = c.QueryWorkspace(t.Context(), workspace, azlogs.QueryBody{Query: to.Ptr("AuditLogs | summarize count() by bin(TimeGenerated, 1d) | render timechart"), Timespan: &within, AdditionalWorkspaces: []string{workspace}},
		&azlogs.QueryWorkspaceOptions{Options: &azlogs.QueryOptions{Statistics: to.Ptr(true), Visualization: to.Ptr(true), Wait: to.Ptr(600)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Tables[0].Rows) != 2 || !strings.Contains(string(res.Visualization), "timechart") || !strings.Contains(string(res.Statistics), "executionTime") {
		t.Errorf("with options: %d rows, %s, %s", len(res.Tables[0].Rows), res.Visualization, res.Statistics)
	}
}

func TestAzuresClientReadsErrors(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{Rows: 2})
	for _, c := range []struct {
		name, token, workspace, query string
		status                        int
		code                          string
	}{
		{"a mistake", p.token, workspace, "not a valid query", http.StatusBadRequest, "BadArgumentError"},
		{"a wrong token", "eyJhbGciOiJub25lIn0", workspace, "print 1", http.StatusForbidden, "InvalidAuthenticationToken"},
		{"another workspace", p.token, string(scene.Fabrikam), "print 1", http.StatusNotFound, "PathNotFoundError"},
	} {
		_, err := p.client(t, c.token).QueryWorkspace(t.Context(), c.workspace, azlogs.QueryBody{Query: to.Ptr(c.query)}, nil)
		var failed *azcore.ResponseError
		if !errors.As(err, &failed) || failed.StatusCode != c.status || failed.ErrorCode != c.code {
			t.Errorf("%s: %v, want %d %s", c.name, err, c.status, c.code)
		}
	}
	res, err := p.client(t, p.token).QueryWorkspace(t.Context(), workspace, azlogs.QueryBody{Query: to.Ptr("range x from 1 to 3 step 1")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Error == nil || res.Error.Code != "PartialError" || len(res.Tables[0].Rows) != 2 {
		t.Errorf("too many rows: %v and %d rows", res.Error, len(res.Tables[0].Rows))
	}
}

func TestAzuresClientSendsBatches(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{Batch: 4})
	c := p.client(t, p.token)
	item := func(id, workspace, text string) azlogs.BatchQueryRequest {
		return azlogs.BatchQueryRequest{ID: &id, WorkspaceID: &workspace, Body: &azlogs.QueryBody{Query: &text}, Headers: map[string]*string{"prefer": to.Ptr("include-statistics=true,include-render=true")}}
	}
	res, err := c.QueryBatch(t.Context(), azlogs.BatchRequest{Requests: []azlogs.BatchQueryRequest{
		item("1", workspace, "AuditLogs | count"), item("2", workspace, "AuditLogs | nosuch"), item("3", string(scene.Fabrikam), "AuditLogs | count"), item("4", workspace, "AuditLogs | where false"),
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range res.Responses {
		got += fmt.Sprintf("%s %d", *r.ID, *r.Status)
		switch {
		case r.Body.Error != nil:
			got += " " + r.Body.Error.Code
		default:
			got += fmt.Sprintf(" %v %v", r.Body.Tables[0].Rows, r.Body.Statistics != nil)
		}
		got += "; "
	}
	if want := "1 200 [[5]] true; 2 400 BadArgumentError; 3 404 PathNotFoundError; 4 200 [] true; "; got != want {
		t.Errorf("the batch answered %q, want %q", got, want)
	}
	many := make([]azlogs.BatchQueryRequest, 5)
	for i := range many {
		many[i] = item(fmt.Sprint(i), workspace, "print 1")
	}
	for name, requests := range map[string][]azlogs.BatchQueryRequest{"the same id twice": {many[0], many[0]}, "too many": many, "none": {}} {
		_, err := c.QueryBatch(t.Context(), azlogs.BatchRequest{Requests: requests}, nil)
		var failed *azcore.ResponseError
		if !errors.As(err, &failed) || failed.StatusCode != http.StatusBadRequest || failed.ErrorCode != "BadArgumentError" {
			t.Errorf("a batch with %s: %v, want 400", name, err)
		}
	}
}
