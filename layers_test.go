package passtrail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// layer is a line of layers.txt.
type layer struct {
	name     string
	sealed   bool
	uses     []string
	patterns []string
}

// readLayers reads layers.txt, lowest layer first.
func readLayers(t *testing.T) []layer {
	t.Helper()
	text, err := os.ReadFile("layers.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []layer
	for n, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		head, tail, ok := strings.Cut(line, ":")
		words := strings.Fields(head)
		if !ok || len(words) == 0 {
			t.Fatalf("layers.txt:%d: want \"name [sealed] [uses layer ...]: package ...\"", n+1)
		}
		l := layer{name: words[0], patterns: strings.Fields(tail)}
		for _, before := range all {
			l.uses = append(l.uses, before.name)
		}
		for i, w := range words[1:] {
			if w == "sealed" {
				l.sealed = true
			}
			if w == "uses" {
				l.uses = words[i+2:]
				break
			}
		}
		all = append(all, l)
	}
	return all
}

// layerOf finds the layer of a package: of the patterns that match, the one with the longest path, the first of equals.
func layerOf(all []layer, pkg string) *layer {
	var best *layer
	length := -1
	for i := range all {
		for _, p := range all[i].patterns {
			prefix, deep := strings.CutSuffix(p, "/...")
			hit := pkg == p || (deep && (pkg == prefix || strings.HasPrefix(pkg, prefix+"/")))
			if hit && len(prefix) > length {
				best, length = &all[i], len(prefix)
			}
		}
	}
	return best
}

// TestLayers holds every import between packages of the module to layers.txt.
func TestLayers(t *testing.T) {
	all := readLayers(t)
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		for _, imp := range p.Imports {
			if imp == "passtrail" || strings.HasPrefix(imp, "passtrail/") {
				if problem := judge(all, local(p.ImportPath), local(imp)); problem != "" {
					t.Error(problem)
				}
			}
		}
	}
}

// local is a package's path below the module.
func local(pkg string) string {
	if pkg == "passtrail" {
		return "."
	}
	return strings.TrimPrefix(pkg, "passtrail/")
}

// judge says what is wrong with one package importing another, "" if nothing is.
func judge(all []layer, from, to string) string {
	lf, lt := layerOf(all, from), layerOf(all, to)
	switch {
	case lf == nil:
		return fmt.Sprintf("%s is in no layer of layers.txt", from)
	case lt == nil:
		return fmt.Sprintf("%s is in no layer of layers.txt", to)
	case lf.name == lt.name && lf.sealed && path.Dir(to) != from && !strings.HasPrefix(to, from+"/") && !strings.HasPrefix(from, to+"/"):
		return fmt.Sprintf("%s imports %s: packages of the sealed layer %s may not import each other", from, to, lf.name)
	case lf.name != lt.name && !slices.Contains(lf.uses, lt.name):
		return fmt.Sprintf("%s (layer %s) imports %s (layer %s)", from, lf.name, to, lt.name)
	}
	return ""
}
