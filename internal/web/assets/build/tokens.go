package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sort"

	"github.com/dop251/goja"
	"github.com/evanw/esbuild/pkg/api"
)

// tokensCSS evaluates the token package and writes its light and dark themes as CSS variables: light by default and in
// print, dark where the system asks for it or the person chose it.
func tokensCSS(dir string) ([]byte, error) {
	light, dark, err := themes(dir)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	rule := func(selector string, theme map[string]string) {
		fmt.Fprintf(&out, "%s{\n", selector)
		for _, name := range sortedKeys(theme) {
			fmt.Fprintf(&out, "--%s:%s;\n", name, theme[name])
		}
		out.WriteString("}\n")
	}
	changed := map[string]string{}
	for name, value := range dark {
		if light[name] != value {
			changed[name] = value
		}
	}
	rule(":root", light)
	out.WriteString("@media screen and (prefers-color-scheme:dark){\n")
	rule(`:root:not([data-theme="light"])`, changed)
	out.WriteString("}\n@media screen{\n")
	rule(`:root[data-theme="dark"]`, changed)
	out.WriteString("}\n")
	return out.Bytes(), nil
}

// themes runs the token package and returns the tokens in use of its light and dark web themes.
func themes(dir string) (light, dark map[string]string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: abs, Bundle: true, Format: api.FormatIIFE, GlobalName: "tokens", Target: api.ES2015, LogLevel: api.LogLevelSilent,
		Stdin: &api.StdinOptions{Contents: `export {webLightTheme as light, webDarkTheme as dark} from "@fluentui/tokens"`, ResolveDir: abs},
	})
	if len(result.Errors) > 0 {
		return nil, nil, buildError("tokens", result.Errors)
	}
	vm := goja.New()
	if _, err := vm.RunString(string(result.OutputFiles[0].Contents)); err != nil {
		return nil, nil, fmt.Errorf("evaluate @fluentui/tokens: %w", err)
	}
	text, err := vm.RunString("JSON.stringify(tokens)")
	if err != nil {
		return nil, nil, err
	}
	var both struct{ Light, Dark map[string]any }
	if err := json.Unmarshal([]byte(text.String()), &both); err != nil {
		return nil, nil, err
	}
	return asText(both.Light), asText(both.Dark), nil
}

// asText turns every token's value into CSS text.
func asText(theme map[string]any) map[string]string {
	out := map[string]string{}
	for name, value := range theme {
		out[name] = fmt.Sprint(value)
	}
	return out
}

// sortedKeys returns the keys in order, so that the file is the same each time.
func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
