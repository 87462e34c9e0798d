package auth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
)

const tenant = passtrail.TenantID("11111111-2222-3333-4444-555555555555")

type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }
func newClock() *clock                   { return &clock{time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)} }

func TestRolesGrantWhatTheDesignSays(t *testing.T) {
	reader := "read-reports read-person query export"
	for role, want := range map[auth.Role]string{
		auth.GlobalAdministrator:   reader + " triage configure access-log",
		auth.GlobalReader:          reader + " access-log",
		auth.ReportsReader:         reader,
		auth.SecurityReader:        reader,
		auth.SecurityAdministrator: reader + " triage access-log",
		auth.SecurityOperator:      reader + " triage",
		auth.HelpdeskAdministrator: "read-person",
		auth.PasswordAdministrator: "read-person",
		auth.UserAdministrator:     "read-person",
		auth.AuthAdministrator:     "read-person",
		auth.PrivAuthAdministrator: "read-person",
		"Directory Readers":        "",
	} {
		var got []string
		for _, p := range []struct {
			name string
			p    auth.Permission
		}{{"read-reports", auth.ReadReports}, {"read-person", auth.ReadPerson}, {"query", auth.RunQueries}, {"export", auth.Export}, {"triage", auth.Triage}, {"configure", auth.Configure}, {"access-log", auth.ReadAccessLog}} {
			if role.Grants(p.p) {
				got = append(got, p.name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s grants %q, want %q", role, strings.Join(got, " "), want)
		}
	}
}

func TestRoleOf(t *testing.T) {
	for claim, want := range map[string]auth.Role{
		"62E90394-69f5-4237-9190-012177145e10": auth.GlobalAdministrator,
		"security reader":                      auth.SecurityReader,
		"ReportsReader":                        auth.ReportsReader,
	} {
		if got, ok := auth.RoleOf(claim); !ok || got != want {
			t.Errorf("RoleOf(%q) = %q, %v, want %q", claim, got, ok, want)
		}
	}
	if got, ok := auth.RoleOf("b79fbf4d-3ef9-4689-8143-76b194e85509"); ok {
		t.Errorf("RoleOf of the everybody role = %q, want none", got)
	}
}

func TestRequire(t *testing.T) {
	ctx := context.Background()
	if err := auth.Require(ctx, tenant, auth.ReadReports); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("nobody: %v, want denied", err)
	}
	other := &auth.Identity{Name: "a", Roles: []auth.Role{auth.GlobalAdministrator}, Tenants: []passtrail.TenantID{"x"}}
	if err := auth.Require(auth.With(ctx, other), tenant, auth.ReadReports); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("another tenant's administrator: %v, want denied", err)
	}
	reader := &auth.Identity{Name: "a", Roles: []auth.Role{auth.ReportsReader}, Tenants: []passtrail.TenantID{tenant}}
	if err := auth.Require(auth.With(ctx, reader), tenant, auth.ReadReports); err != nil {
		t.Errorf("reader: %v, want nil", err)
	}
	err := auth.Require(auth.With(ctx, reader), tenant, auth.Configure)
	if err == nil || !strings.Contains(err.Error(), "only a Global Administrator") {
		t.Errorf("reader configures: %v, want to be told who can", err)
	}
}

func TestLinkWorksOnce(t *testing.T) {
	s := auth.NewSessions(newClock().now)
	link := s.NewLink(auth.Local())
	secret, who, err := s.UseLink(link)
	if err != nil || who.Subject != "local" {
		t.Fatalf("first use: %v, %v", who, err)
	}
	if who, _ := s.Find(secret); who == nil {
		t.Error("the session is unknown right after signing in")
	}
	if _, _, err := s.UseLink(link); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("second use: %v, want denied", err)
	}
	s.Close(secret)
	if who, _ := s.Find(secret); who != nil {
		t.Error("the session lives on after signing out")
	}
}

func TestLinkGrowsOld(t *testing.T) {
	c := newClock()
	s := auth.NewSessions(c.now)
	link := s.NewLink(auth.Local())
	c.advance(25 * time.Hour)
	if _, _, err := s.UseLink(link); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("a day later: %v, want denied", err)
	}
}

func TestSessionSecretIsReplaced(t *testing.T) {
	c := newClock()
	s := auth.NewSessions(c.now)
	old, err := s.Open(auth.Local())
	if err != nil {
		t.Fatal(err)
	}
	c.advance(16 * time.Minute)
	who, next := s.Find(old)
	if who == nil || next == "" || next == old {
		t.Fatalf("Find = %v, %q, want a new secret", who, next)
	}
	if who, again := s.Find(old); who == nil || again != "" {
		t.Errorf("a request under way: %v, %q, want to be let in without another secret", who, again)
	}
	c.advance(2 * time.Minute)
	if who, _ := s.Find(old); who != nil {
		t.Error("the old secret works for ever")
	}
	if who, _ := s.Find(next); who == nil {
		t.Error("the new secret does not work")
	}
}

func TestSessionEnds(t *testing.T) {
	for name, step := range map[string]time.Duration{"unused": 9 * time.Hour, "used all day": 7 * time.Hour} {
		c := newClock()
		s := auth.NewSessions(c.now)
		secret, err := s.Open(auth.Local())
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			c.advance(step)
			if _, next := s.Find(secret); next != "" {
				secret = next
			}
		}
		if who, _ := s.Find(secret); who != nil {
			t.Errorf("%s: the session lives after %v", name, 4*step)
		}
	}
}
