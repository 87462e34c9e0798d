package web

import (
	"net/http"
	"strconv"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
)

type settingsPage struct {
	*Shell
	Roles   []RoleRow
	Tokens  *tokenSection // nil for who may not make any
	Version string
}

// RoleRow is a role and what it may do.
type RoleRow struct {
	Role  auth.Role
	Marks []bool // by permission
}

func (*settingsPage) file() string { return "settings.html" }

// Permissions are the columns of the table of roles.
func (*settingsPage) Permissions() []auth.Permission { return auth.Permissions() }

// settingsPage shows a tenant's settings; only a Global Administrator can change them.
func (s *Server) settingsPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.settings(r)
	if err != nil {
		return err
	}
	return s.render(w, r, p)
}

// settings is the data of the page.
func (s *Server) settings(r *http.Request) (*settingsPage, error) {
	sh, err := s.shell(r, "settings", "Settings")
	if err != nil {
		return nil, err
	}
	p := &settingsPage{Shell: sh, Version: passtrail.Version}
	if p.Tokens, err = s.tokens(r, sh); err != nil {
		return nil, err
	}
	for _, role := range auth.Roles() {
		row := RoleRow{Role: role}
		for _, permission := range auth.Permissions() {
			row.Marks = append(row.Marks, role.Grants(permission))
		}
		p.Roles = append(p.Roles, row)
	}
	return p, nil
}

// change runs one change of settings and goes back to where it was asked for.
func (s *Server) change(w http.ResponseWriter, r *http.Request, action, detail string, do func(Scope) error) error {
	sh, err := s.shell(r, "settings", "Settings")
	if err != nil {
		return err
	}
	if sh.Tenant.ID == "" {
		return passtrail.Errorf(passtrail.NotFound, "web.change", "there is no tenant yet")
	}
	scope := s.scope(sh)
	look := AccessLine{Action: action, Subject: string(scope.Tenant), Detail: detail}
	if err := s.changing(r, scope, &look, func() error { return do(scope) }); err != nil {
		return err
	}
	to := r.PostFormValue("back")
	if to == "" {
		to = sh.To("/settings")
	}
	http.Redirect(w, r, localPath(to), http.StatusSeeOther)
	return nil
}

func (s *Server) optIn(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, "opt-in", "", func(scope Scope) error { return s.services.OptIn(r.Context(), scope) })
}

func (s *Server) optOut(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, "opt-out", "", func(scope Scope) error { return s.services.OptOut(r.Context(), scope) })
}

func (s *Server) registeredOnly(w http.ResponseWriter, r *http.Request) error {
	day, err := store.ParseRegisteredOnly(r.PostFormValue("day"))
	if err != nil {
		return err
	}
	detail := "registered methods only from: " + store.Settings{RegisteredOnlyFrom: day}.RegisteredOnly().String()[:10]
	return s.change(w, r, "settings", detail, func(scope Scope) error { return s.services.SetRegisteredOnly(r.Context(), scope, day) })
}

func (s *Server) customQueries(w http.ResponseWriter, r *http.Request) error {
	on := r.PostFormValue("on") == "yes"
	return s.change(w, r, "settings", "custom queries: "+strconv.FormatBool(on), func(scope Scope) error {
		return s.services.SetCustomQueries(r.Context(), scope, on)
	})
}
