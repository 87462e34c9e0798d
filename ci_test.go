package passtrail_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVulnerabilityStep holds .ci/vuln to its promise: it passes without a check only where the database cannot be reached.
func TestVulnerabilityStep(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	reached := strings.Replace(l.Addr().String(), ":", "/", 1)
	script := func(name, text string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
		return file
	}
	tests := []struct {
		name, at, check string
		code            int
		says            string
	}{
		{"nothing found", reached, "true", 0, ""},
		{"failure", reached, script("failure", "echo fetching: dial tcp: lookup failed\nexit 1\n"), 1, "lookup failed"},
		{"finding", reached, script("finding", "exit 3\n"), 3, ""},
		{"no network", "127.0.0.1/1", "false", 0, "nothing was checked"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "bash", ".ci/vuln")
			cmd.Env = append(os.Environ(), "VULN_AT="+test.at, "VULN_CHECK="+test.check, "HTTPS_PROXY=", "https_proxy=")
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(string(out), test.says) {
				t.Errorf("exit code %d and %q, want %d and %q", code, out, test.code, test.says)
			}
		})
	}
}
