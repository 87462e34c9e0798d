// Command kqldoc writes docs/kql.md from the tables of package builtin. Run it by "go generate ./internal/kql/builtin".
package main

import (
	"fmt"
	"os"

	"passtrail/internal/kql/builtin"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kqldoc FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(builtin.Reference()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "kqldoc:", err)
		os.Exit(1)
	}
}
