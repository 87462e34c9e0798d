package native_test

import (
	"encoding/binary"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"passtrail/internal/duck"
	"passtrail/internal/kql/native"
)

// text, mapping and number write values of the MaxMind format, enough for the small file below.
func text(s string) []byte { return append([]byte{0x40 | byte(len(s))}, s...) }

func mapping(pairs ...[]byte) []byte {
	b := []byte{0xE0 | byte(len(pairs)/2)}
	for _, p := range pairs {
		b = append(b, p...)
	}
	return b
}

func float(f float64) []byte {
	return binary.BigEndian.AppendUint64([]byte{0x68}, math.Float64bits(f))
}

func uint16Of(n uint16) []byte { return binary.BigEndian.AppendUint16([]byte{0xA2}, n) }

func names(s string) []byte { return mapping(text("names"), mapping(text("en"), text(s))) }

// geoFile writes a database that knows the addresses with a leading 0 bit.
func geoFile(t *testing.T) string {
	t.Helper()
	data := mapping(text("country"), names("Exampleland"), text("city"), names("Contoso"),
		text("subdivisions"), append([]byte{0x01, 0x04}, names("North")...),
		text("location"), mapping(text("latitude"), float(52.5), text("longitude"), float(13.25)))
	// One node of two 24-bit records: left is the data (node count + 16), right is nothing (node count).
	file := append([]byte{0, 0, 17, 0, 0, 1}, make([]byte, 16)...)
	file = append(file, data...)
	file = append(file, "\xab\xcd\xefMaxMind.com"...)
	file = append(file, mapping(text("binary_format_major_version"), uint16Of(2), text("binary_format_minor_version"), uint16Of(0),
		text("build_epoch"), []byte{0x01, 0x02, 1}, text("database_type"), text("Test"), text("ip_version"), uint16Of(4),
		text("node_count"), []byte{0xC1, 1}, text("record_size"), uint16Of(24))...)
	path := filepath.Join(t.TempDir(), "geo.mmdb")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGeo(t *testing.T) {
	g, err := native.OpenGeo(geoFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if p, ok := g.Place(netip.MustParseAddr("192.0.2.1")); ok {
		t.Errorf("192.0.2.1 is at %v, want nowhere", p)
	}
	db, err := duck.Open(t.Context(), duck.Config{Functions: native.FunctionsWith(g)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for ip, want := range map[string]string{
		"10.1.2.3":  `{"country":"Exampleland","state":"North","city":"Contoso","latitude":52.5,"longitude":13.25}`,
		"192.0.2.1": "", "": "", "x": "",
	} {
		var got string
		if err := db.SQL.QueryRow("SELECT coalesce(CAST(kql_geo_info($1) AS VARCHAR), '')", ip).Scan(&got); err != nil || got != want {
			t.Errorf("geo_info_from_ip_address(%q) = %s, %v; want %s", ip, got, err, want)
		}
	}
	if _, err := native.OpenGeo(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file opened")
	}
}
