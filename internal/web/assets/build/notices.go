package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// noText tells what is known of packages that ship without their licence's text.
var noText = map[string]string{
	"@kusto/language-service-next": "Copyright (c) Microsoft Corporation. The package names the MIT licence and ships no text of it.\n" +
		"It contains Bridge.NET 17.10.1, copyright 2008-2019 Object.NET, Inc., http://bridge.net/, under the Apache License 2.0:\n" +
		"https://www.apache.org/licenses/LICENSE-2.0\n",
	"@fluentui/svg-icons": "Copyright (c) Microsoft Corporation. The package names the MIT licence.\n",
}

// notices lists the licence of every package whose code is in the built files.
func notices(dir string) ([]byte, error) {
	list, err := readLock(dir)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("The pages of Passtrail load files that contain the following packages, in whole or in part.\n")
	for _, p := range list {
		if p.Dev {
			continue
		}
		text, err := licenceText(filepath.Join(dir, "node_modules", filepath.FromSlash(p.name)))
		if err != nil {
			return nil, err
		}
		if text == "" {
			text = noText[p.name]
		}
		if text == "" && p.License == "" {
			return nil, fmt.Errorf("package %s names no licence", p.name)
		}
		fmt.Fprintf(&out, "\n%s\n%s %s (%s)\n\n%s\n", strings.Repeat("=", 80), p.name, p.Version, p.License, strings.TrimSpace(text))
	}
	return out.Bytes(), nil
}

// licenceText returns the licence and notice files of a package, "" if it has none.
func licenceText(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !(strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "NOTICE")) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		parts = append(parts, strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	return strings.Join(parts, "\n"), nil
}
