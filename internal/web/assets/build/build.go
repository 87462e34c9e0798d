package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const (
	filepathDist = "../dist"
	noticesName  = "THIRD_PARTY_NOTICES.txt"
	sourcesName  = "sources.sha256"
)

// output is one built file by its name in dist, uncompressed.
type output map[string][]byte

// build makes every file and writes it compressed to dist.
func build(dir, dist string) error {
	out, err := buildAll(dir)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for name, body := range out {
		if err := writeOutput(dist, name, body); err != nil {
			return err
		}
		if name == noticesName { // once more to be read, beside the source
			if err := os.WriteFile(filepath.Join(dist, "..", strings.TrimSuffix(noticesName, ".txt")), body, 0o644); err != nil {
				return err
			}
		}
		fmt.Printf("%8d %s\n", len(body), name)
	}
	return nil
}

// writeOutput writes one file, compressed but for the digest of the sources.
func writeOutput(dist, name string, body []byte) error {
	if name == sourcesName {
		return os.WriteFile(filepath.Join(dist, name), body, 0o644)
	}
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, name+".gz"), buf.Bytes(), 0o644)
}

// check builds in memory and compares the bytes with what dist holds once decompressed: the compressed form may change
// with the compiler's version, the content may not.
func check(dir, dist string) error {
	out, err := buildAll(dir)
	if err != nil {
		return err
	}
	names, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	if len(names) != len(out) {
		return fmt.Errorf("%s holds %d files, the sources make %d", dist, len(names), len(out))
	}
	for name, want := range out {
		got, err := readOutput(dist, name)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s is not what the sources make: run build", name)
		}
	}
	return nil
}

// readOutput reads what writeOutput wrote.
func readOutput(dist, name string) ([]byte, error) {
	if name == sourcesName {
		return os.ReadFile(filepath.Join(dist, name))
	}
	f, err := os.Open(filepath.Join(dist, name+".gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// buildAll makes every file in memory.
func buildAll(dir string) (output, error) {
	out := output{}
	for _, name := range []string{"app.js", "charts.js", "query.js", "kql-worker.js"} {
		body, err := bundle(dir, name)
		if err != nil {
			return nil, err
		}
		out[name] = body
	}
	tokens, err := tokensCSS(dir)
	if err != nil {
		return nil, err
	}
	css, err := stylesheet(dir, tokens)
	if err != nil {
		return nil, err
	}
	out["app.css"] = css
	if out["icons.svg"], err = sprite(dir); err != nil {
		return nil, err
	}
	if out[noticesName], err = notices(dir); err != nil {
		return nil, err
	}
	if out[sourcesName], err = sourcesDigest(dir); err != nil {
		return nil, err
	}
	return out, nil
}

// bundle makes one script of an entry point and everything it imports.
func bundle(dir, name string) ([]byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	format := api.FormatESModule
	if name == "kql-worker.js" {
		format = api.FormatIIFE
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: abs, EntryPoints: []string{"src/" + name}, Bundle: true, Format: format, Target: api.ES2022,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
		Define: map[string]string{"global": "globalThis", "process.env.NODE_ENV": `"production"`}, External: []string{"fs"},
		Charset: api.CharsetUTF8, Platform: api.PlatformBrowser, LogLevel: api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		return nil, buildError(name, result.Errors)
	}
	return result.OutputFiles[0].Contents, nil
}

// stylesheet joins the tokens and our own rules and minifies them.
func stylesheet(dir string, tokens []byte) ([]byte, error) {
	own, err := os.ReadFile(filepath.Join(dir, "src", "app.css"))
	if err != nil {
		return nil, err
	}
	result := api.Transform(string(usedTokens(tokens, own))+string(own), api.TransformOptions{
		Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true, Charset: api.CharsetUTF8, LogLevel: api.LogLevelSilent,
		Engines: []api.Engine{{Name: api.EngineChrome, Version: "118"}, {Name: api.EngineFirefox, Version: "125"}, {Name: api.EngineSafari, Version: "17"}},
	})
	if len(result.Errors) > 0 {
		return nil, buildError("app.css", result.Errors)
	}
	return result.Code, nil
}

var tokenLine = regexp.MustCompile(`(?m)^--(\w+):.*\n`)

// usedTokens leaves out the tokens that our own rules do not name.
func usedTokens(tokens, own []byte) []byte {
	return tokenLine.ReplaceAllFunc(tokens, func(line []byte) []byte {
		name := tokenLine.FindSubmatch(line)[1]
		if !regexp.MustCompile(`--` + string(name) + `\b`).Match(own) {
			return nil
		}
		return line
	})
}

// buildError puts the bundler's messages into one error.
func buildError(name string, messages []api.Message) error {
	var lines []string
	for _, m := range messages {
		place := name
		if m.Location != nil {
			place = fmt.Sprintf("%s:%d", m.Location.File, m.Location.Line)
		}
		lines = append(lines, place+": "+m.Text)
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}

// sourcesDigest is a digest of everything that decides what is built. The program's own tests compare it, so that a
// source changed without a build is noticed where neither packages nor a network are at hand.
func sourcesDigest(dir string) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "src", "*"))
	if err != nil {
		return nil, err
	}
	names = append(names, filepath.Join(dir, "package-lock.json"))
	sort.Strings(names)
	sum := sha256.New()
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		fmt.Fprintf(sum, "%s %d\n", filepath.Base(name), len(body))
		sum.Write(body)
	}
	return []byte(hex.EncodeToString(sum.Sum(nil)) + "\n"), nil
}
