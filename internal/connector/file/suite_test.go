package file_test

import (
	"fmt"
	"strings"
	"testing"

	"passtrail/internal/connector"
	"passtrail/internal/connector/connectortest"
	"passtrail/internal/connector/file"
)

func TestContract(t *testing.T) {
	var lines strings.Builder
	for i := range 300 {
		fmt.Fprintf(&lines, "{\"a\":%d}\n", i)
	}
	array := "[" + strings.ReplaceAll(strings.TrimSpace(lines.String()), "\n", ",\n") + "]"
	for name, in := range map[string][]byte{"lines": []byte(lines.String()), "array": []byte(array), "gzip": gzipped(t, array)} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "f", in)
			connectortest.Run(t, func(t *testing.T) connector.Source {
				sources, err := file.Open(t.Context(), []string{path}, file.Options{BatchBytes: 500})
				if err != nil {
					t.Fatal(err)
				}
				return sources[0]
			})
		})
	}
}
