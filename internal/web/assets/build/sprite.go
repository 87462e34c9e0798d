package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// icons are the pictures that pages name, and the files of the icon package that they come from.
var icons = []struct{ name, file string }{
	{"access", "eye"}, {"add", "add"}, {"attempts", "key_reset"}, {"audit", "clipboard_text_ltr"}, {"back", "chevron_left"},
	{"blocked", "prohibited"}, {"calendar", "calendar"}, {"cancelled", "subtract_circle"}, {"clock", "clock"}, {"close", "dismiss"},
	{"code", "code"}, {"columns", "column_triple"}, {"copy", "copy"}, {"delete", "delete"}, {"down", "chevron_down"},
	{"download", "arrow_download"}, {"failure", "error_circle"}, {"filter", "filter"}, {"forward", "chevron_right"},
	{"help", "question_circle"}, {"history", "history"}, {"idea", "lightbulb"}, {"info", "info"}, {"menu", "navigation"},
	{"open", "open"}, {"overview", "home"}, {"person", "person"}, {"print", "print"}, {"query", "braces"}, {"refresh", "arrow_sync"},
	{"registration", "person_available"}, {"reports", "data_bar_vertical"}, {"run", "play"}, {"save", "save"}, {"search", "search"},
	{"settings", "settings"}, {"sign-out", "sign_out"}, {"sources", "plug_connected"}, {"stop", "stop"}, {"success", "checkmark_circle"},
	{"suspicious", "shield_error"}, {"tenant", "building"}, {"theme", "dark_theme"}, {"unlocked", "lock_open"}, {"warning", "warning"},
	{"shield", "shield_checkmark"}, {"people", "people_team"}, {"wand", "wand"}, {"up", "arrow_up"}, {"fall", "arrow_down"},
}

var svgParts = regexp.MustCompile(`(?s)^<svg[^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>\s*$`)

// sprite puts the icons in use into one file of symbols, each named by its key.
func sprite(dir string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, icon := range icons {
		text, err := os.ReadFile(filepath.Join(dir, "node_modules", iconPackage, "icons", icon.file+"_20_regular.svg"))
		if err != nil {
			return nil, err
		}
		parts := svgParts.FindStringSubmatch(string(text))
		if parts == nil {
			return nil, fmt.Errorf("icon %s has an unexpected form", icon.file)
		}
		body := regexp.MustCompile(`\sfill="[^"]*"`).ReplaceAllString(parts[2], "")
		fmt.Fprintf(&out, `<symbol id="%s" viewBox="%s">%s</symbol>`, icon.name, parts[1], strings.TrimSpace(body))
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}
