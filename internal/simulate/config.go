package simulate

import (
	"time"

	"passtrail"
)

// Config describes a tenant. The zero value of each field stands for its default.
type Config struct {
	Tenant string    // tenant id; default 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11
	Seed   uint64    // the same seed gives the same bytes
	People int       // default 400, more when Records asks for many
	Days   int       // default 90
	End    time.Time // now of all answers; default 2026-03-31T12:00:00Z
	Domain string    // default contoso.com; use names that nobody owns
	Zones  []Zone    // where people sit; default five offices

	// Records asks for about so many records by raising the rate at which things happen. 0: as often as in life.
	Records int64
	// SnapshotDays is the time between two snapshots; default 7, or 30 above 10,000 people.
	SnapshotDays int
	// Compress is "", "gz", "zst" or "zip": how files are packed.
	Compress string
	// NoAbuse leaves out what the detections should find.
	NoAbuse bool
	// Attempts bounds the attempts that the truth lists; beyond it the list is empty and counts remain. Default 100,000.
	Attempts int
	// Progress, if not nil, is called after each day that has been made.
	Progress func(done, days int)
}

// Zone is an office: a fixed offset from UTC and the address behind which its people sit.
type Zone struct {
	Name    string
	Offset  time.Duration
	Address string  // of the office's NAT
	Share   float64 // of the people
}

// DefaultTenant is the tenant id of a Config without one.
const DefaultTenant = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"

// defaultZones are the offices of a Config without any.
func defaultZones() []Zone {
	return []Zone{
		{Name: "Berlin", Offset: time.Hour, Address: "203.0.113.10", Share: 0.38},
		{Name: "London", Offset: 0, Address: "203.0.113.20", Share: 0.22},
		{Name: "New York", Offset: -5 * time.Hour, Address: "203.0.113.30", Share: 0.22},
		{Name: "Bengaluru", Offset: 5*time.Hour + 30*time.Minute, Address: "203.0.113.40", Share: 0.12},
		{Name: "Sydney", Offset: 10 * time.Hour, Address: "203.0.113.50", Share: 0.06},
	}
}

// withDefaults fills what is not given and checks what is.
func (c Config) withDefaults() (Config, error) {
	if c.Tenant == "" {
		c.Tenant = DefaultTenant
	}
	id, err := passtrail.ParseTenantID(c.Tenant)
	if err != nil {
		return c, err
	}
	c.Tenant = string(id)
	if c.Days == 0 {
		c.Days = 90
	}
	if c.People == 0 {
		c.People = max(400, int(c.Records*90/100/int64(c.Days)))
	}
	if c.End.IsZero() {
		c.End = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	}
	if c.Domain == "" {
		c.Domain = "contoso.com"
	}
	if len(c.Zones) == 0 {
		c.Zones = defaultZones()
	}
	if c.SnapshotDays == 0 {
		c.SnapshotDays = 7
		if c.People > 10_000 {
			c.SnapshotDays = 30
		}
	}
	if c.Attempts == 0 {
		c.Attempts = 100_000
	}
	return c, c.check()
}

// check finds settings that make no sense.
func (c Config) check() error {
	const op = "simulate.Write"
	switch {
	case c.People < 200 || c.People > 5_000_000:
		return passtrail.Errorf(passtrail.Invalid, op, "people is %d; want 200 to 5000000", c.People)
	case c.Days < 31 || c.Days > 4000:
		return passtrail.Errorf(passtrail.Invalid, op, "days is %d; want 31 to 4000", c.Days)
	case c.Records < 0:
		return passtrail.Errorf(passtrail.Invalid, op, "records is %d; want 0 or more", c.Records)
	case c.SnapshotDays < 1:
		return passtrail.Errorf(passtrail.Invalid, op, "days between snapshots is %d; want 1 or more", c.SnapshotDays)
	case c.End.Year() < 1990 || c.End.Year() > 2200:
		return passtrail.Errorf(passtrail.Invalid, op, "the end lies in the year %d; want 1990 to 2200", c.End.Year())
	}
	for _, z := range c.Zones {
		if z.Offset > 12*time.Hour || z.Offset < -12*time.Hour || z.Share <= 0 {
			return passtrail.Errorf(passtrail.Invalid, op, "zone %q: want an offset within 12 hours and a share above 0", z.Name)
		}
	}
	switch c.Compress {
	case "", "gz", "zst", "zip":
		return nil
	}
	return passtrail.Errorf(passtrail.Invalid, op, "compression %q is unknown; want gz, zst or zip", c.Compress)
}
