package main

import "testing"

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"2GiB": 2 << 30, "512MiB": 512 << 20, "1.5g": 3 << 29, "1 GB": 1e9, "300mb": 300e6, "256MiB": 256 << 20, "1024GiB": 1 << 40} {
		s := size{least: minMemory, most: 1 << 40}
		if err := s.Set(text); err != nil || s.bytes != want {
			t.Errorf("Set(%q) = %d, %v, want %d", text, s.bytes, err, want)
		}
	}
	for _, text := range []string{"", "2", "300", "GiB", "-1GiB", "NaNGiB", "InfGiB", "255MiB", "2TiBs", "1e30GiB", "1025GiB"} {
		s := size{least: minMemory, most: 1 << 40}
		if err := s.Set(text); err == nil {
			t.Errorf("Set(%q) = %d, want an error", text, s.bytes)
		}
	}
	old := size{least: 1 << 20, most: 1 << 30, bare: true}
	if err := old.Set("16"); err != nil || old.bytes != 16<<20 {
		t.Errorf("a bare 16 is %d, %v", old.bytes, err)
	}
	if err := old.Set("0"); err == nil {
		t.Error("a bare 0 is taken")
	}
}
