package native

import (
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"

	"passtrail/internal/duck"
)

// Place is where an address is, as far as it is known.
type Place struct {
	Country, State, City string
	Latitude, Longitude  *float64 // nil when not known
}

// Geo finds the place of an address; false when it is not known. It may be called from several goroutines at once.
type Geo interface {
	Place(netip.Addr) (Place, bool)
}

// FunctionsWith returns all functions, with geo_info_from_ip_address asking g.
func FunctionsWith(g Geo) []duck.Func {
	all := Functions()
	for i := range all {
		if all[i].Name == "kql_geo_info" {
			all[i] = fn{"kql_geo_info", "s:j", func(a args) any { return geoInfo(g, a.str(0)) }}.duck()
		}
	}
	return all
}

func geoInfo(g Geo, ip string) any {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return nil
	}
	p, ok := g.Place(addr.Unmap())
	if !ok {
		return nil
	}
	b := newObject()
	for _, t := range [][2]string{{"country", p.Country}, {"state", p.State}, {"city", p.City}} {
		b.set(t[0], textNode(t[1]))
	}
	if p.Latitude != nil && p.Longitude != nil {
		b.set("latitude", realNode(*p.Latitude))
		b.set("longitude", realNode(*p.Longitude))
	}
	return b.node
}

// GeoFile is a [Geo] over a database file in the MaxMind format (GeoLite2-City, DB-IP City Lite and the like).
type GeoFile struct{ db *maxminddb.Reader }

// OpenGeo opens a database file. The caller closes it, after the last query.
func OpenGeo(path string) (*GeoFile, error) {
	db, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open database of addresses %q: %w", path, err)
	}
	return &GeoFile{db}, nil
}

// Close releases the file.
func (g *GeoFile) Close() error { return g.db.Close() }

// Place implements [Geo].
func (g *GeoFile) Place(ip netip.Addr) (Place, bool) {
	var rec struct {
		Country      named   `maxminddb:"country"`
		Subdivisions []named `maxminddb:"subdivisions"`
		City         named   `maxminddb:"city"`
		Location     struct {
			Latitude  *float64 `maxminddb:"latitude"`
			Longitude *float64 `maxminddb:"longitude"`
		} `maxminddb:"location"`
	}
	found := g.db.Lookup(ip)
	if !found.Found() || found.Decode(&rec) != nil {
		return Place{}, false
	}
	p := Place{Country: rec.Country.Names["en"], City: rec.City.Names["en"], Latitude: rec.Location.Latitude, Longitude: rec.Location.Longitude}
	if len(rec.Subdivisions) > 0 {
		p.State = rec.Subdivisions[0].Names["en"]
	}
	return p, true
}

// named is an entry with its name in several languages.
type named struct {
	Names map[string]string `maxminddb:"names"`
}
