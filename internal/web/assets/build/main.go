// Command assets makes the files that the pages load in the browser. It is a module of its own, so that the program's
// module has none of its dependencies; it needs neither Node nor, once fetch has run, a network.
//
//	go run . fetch    download the packages of package-lock.json, each verified by its sha512
//	go run . build    bundle src/ and write ../dist
//	go run . check    build in memory and compare with ../dist; fails on a difference
//
// To change a package's version: npm install --package-lock-only --ignore-scripts, then fetch and build.
package main

import (
	"fmt"
	"os"
)

const (
	iconPackage = "@fluentui/svg-icons"
	usage       = "usage: assets fetch|build|check"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// run returns the exit code: 0 done, 1 failed, 2 wrong usage.
func run(args []string) int {
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, usage)
		return 2
	}
	var err error
	switch args[0] {
	case "fetch":
		err = fetch(".")
	case "build":
		err = build(".", filepathDist)
	case "check":
		err = check(".", filepathDist)
	default:
		fmt.Fprintln(os.Stderr, usage)
		return 2
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "assets: "+err.Error())
		return 1
	}
	return 0
}
