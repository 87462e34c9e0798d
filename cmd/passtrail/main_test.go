package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"passtrail": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command lines of testdata/script: what a person types, and what they see.
func TestScripts(t *testing.T) {
	samples, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PASSTRAIL_DATA", e.WorkDir+"/data")
			e.Setenv("SAMPLES", samples+"/../../internal/normalise/testdata/samples")
			e.Setenv("TENANT", "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11")
			e.Setenv("TZ", "UTC")
			return nil
		},
	})
}
