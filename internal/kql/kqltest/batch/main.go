// Command batch answers lines of queries on standard input, for scoring against recorded answers.
package main

import (
	"context"
	"fmt"
	"os"

	"passtrail/internal/kql/kqltest"
)

func main() {
	if err := kqltest.Batch(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
