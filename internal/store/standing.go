package store

import "passtrail"

// Standing is where a tenant stands beside its records: counts that a page over many tenants shows.
type Standing struct {
	Tenant passtrail.TenantID
	// Snapshot is the newest snapshot of registrations, 0 if there is none; what follows is as of now.
	Snapshot           passtrail.Ticks
	People, Registered int64
	AdminsNotCapable   int64            // administrators who could not reset their password
	NewFindings        map[string]int64 // by severity
	SetAside           int64            // inputs
}
