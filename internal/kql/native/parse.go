package native

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"net/url"
	"regexp"
	"strings"

	"github.com/mileusna/useragent"
)

// parsers take texts of known forms apart.
var parsers = []fn{
	{"kql_parse_csv", "s:j", func(a args) any { return parseCSV(a.str(0)) }},
	{"kql_parse_xml", "s:j", func(a args) any { return parseXML(a.str(0)) }},
	{"kql_parse_url", "s:j", func(a args) any { return parseURL(a.str(0)) }},
	{"kql_parse_urlquery", "s:j", func(a args) any {
		b := newObject()
		b.set("Query Parameters", queryParams(strings.TrimPrefix(a.str(0), "?")))
		return b.node
	}},
	{"kql_parse_path", "s:j", func(a args) any { return parsePath(a.str(0)) }},
	{"kql_parse_version", "s:s", func(a args) any { return parseVersion(a.str(0)) }},
	{"kql_parse_user_agent", "sj:j", func(a args) any { return parseUserAgent(a.str(0), a.json(1)) }},
	{"kql_parse_command_line", "s:j", func(a args) any { return parseCommandLine(a.str(0)) }},
}

// parseCSV gives the fields of the first record.
func parseCSV(s string) any {
	if s == "" {
		return arrayNode([]*node{textNode("")})
	}
	r := csv.NewReader(strings.NewReader(s))
	r.LazyQuotes, r.FieldsPerRecord = true, -1
	fields, err := r.Read()
	if err != nil {
		return nil
	}
	items := make([]*node, len(fields))
	for i, f := range fields {
		items[i] = textNode(f)
	}
	return arrayNode(items)
}

// parseXML gives a bag with the root element. Attributes become @name, text beside them #text, repeated elements an array.
func parseXML(s string) any {
	if len(s) > 1<<20 {
		return nil // the documented limit
	}
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict = true
	b := newObject()
	for {
		t, err := d.RawToken()
		if err != nil {
			break
		}
		if start, ok := t.(xml.StartElement); ok {
			root, ok := element(d, start, 0)
			if !ok {
				return nil
			}
			b.set(xmlName(start.Name), root)
			return b.node
		}
	}
	return nil
}

func xmlName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func element(d *xml.Decoder, start xml.StartElement, depth int) (*node, bool) {
	if depth > maxDepth {
		return nil, false
	}
	b := newObject()
	for _, attr := range start.Attr {
		b.set("@"+xmlName(attr.Name), textNode(attr.Value))
	}
	children := map[string][]*node{}
	var content strings.Builder
	for {
		t, err := d.RawToken()
		if err != nil {
			return nil, false
		}
		switch t := t.(type) {
		case xml.StartElement:
			child, ok := element(d, t, depth+1)
			if !ok {
				return nil, false
			}
			name := xmlName(t.Name)
			children[name] = append(children[name], child)
			b.set(name, child)
		case xml.CharData:
			if content.Write(t); len(bytes.TrimSpace(t)) > 0 {
				b.add("#text", nullNode) // the text's place among the elements
			}
		case xml.EndElement:
			if t.Name != start.Name {
				return nil, false
			}
			return finish(b, children, strings.TrimSpace(content.String())), true
		}
	}
}

func finish(b *builder, children map[string][]*node, content string) *node {
	for name, list := range children {
		if len(list) > 1 {
			b.set(name, arrayNode(list))
		}
	}
	switch {
	case len(b.node.keys) == 0:
		return nullNode
	case content != "" && len(b.node.keys) == 1:
		return textNode(content)
	case content != "":
		b.set("#text", textNode(content))
	}
	return b.node
}

// urlParts are the members of what parse_url gives, in order.
func parseURL(s string) any {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil
	}
	b := newObject()
	path := u.EscapedPath()
	if u.Opaque != "" {
		path = u.Opaque
	}
	password, _ := u.User.Password()
	for _, p := range [][2]string{{"Scheme", u.Scheme}, {"Host", u.Hostname()}, {"Port", u.Port()}, {"Path", path}, {"Username", u.User.Username()}, {"Password", password}} {
		b.set(p[0], textNode(p[1]))
	}
	b.set("Query Parameters", queryParams(u.RawQuery))
	b.set("Fragment", textNode(u.EscapedFragment()))
	return b.node
}

func queryParams(q string) *node {
	b := newObject()
	for _, pair := range strings.Split(q, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		b.set(unescaped(k), textNode(unescaped(v)))
	}
	return b.node
}

func unescaped(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// parsePath reads Windows and Unix paths, and addresses of files.
func parsePath(s string) any {
	scheme, rest := "", s
	if i := strings.Index(s, "://"); i > 0 {
		scheme, rest = s[:i], s[i+3:]
	}
	stream := ""
	if i := strings.LastIndexByte(rest, ':'); i > 1 && !strings.ContainsAny(rest[i:], `\/`) {
		rest, stream = rest[:i], rest[i+1:]
	}
	root := pathRoot(rest)
	dir, file := "", rest
	if i := strings.LastIndexAny(rest, `\/`); i >= 0 {
		dir, file = rest[:i], rest[i+1:]
	}
	name := dir
	if i := strings.LastIndexAny(dir, `\/`); i >= 0 {
		name = dir[i+1:]
	}
	ext := ""
	if i := strings.LastIndexByte(file, '.'); i >= 0 {
		ext = file[i+1:]
	}
	b := newObject()
	for _, p := range [][2]string{{"Scheme", scheme}, {"RootPath", root}, {"DirectoryPath", dir}, {"DirectoryName", name}, {"Filename", file}, {"Extension", ext}, {"AlternateDataStreamName", stream}} {
		b.set(p[0], textNode(p[1]))
	}
	return b.node
}

// pathRoot is the drive.
func pathRoot(s string) string {
	if len(s) > 1 && s[1] == ':' {
		return s[:2]
	}
	return ""
}

// parseVersion makes a number of up to four parts, each below 100,000,000, that compares as versions do.
func parseVersion(s string) any {
	parts := strings.Split(strings.TrimSpace(s), ".")
	if len(parts) > 4 || s == "" {
		return nil
	}
	digits := ""
	for i := range 4 {
		n := int64(0)
		if i < len(parts) {
			v, ok := natural(parts[i], 99999999)
			if !ok {
				return nil
			}
			n = v
		}
		digits += padded(n, 8)
	}
	return digits[:16] + "." + digits[16:]
}

// agentNames has the names of the rules that Kusto follows where the library's differ.
var agentNames = map[string]string{"Internet Explorer": "IE", "Headless Chrome": "HeadlessChrome", "macOS": "Mac OS X", "ChromeOS": "Chrome OS"}

func agentName(s string) string {
	if n, ok := agentNames[s]; ok {
		return n
	}
	if s == "" {
		return "Other"
	}
	return s
}

func parseUserAgent(s string, lookFor *node) any {
	wanted := map[string]bool{}
	for _, n := range append([]*node{lookFor}, lookFor.items...) {
		wanted[strings.ToLower(n.text)] = true
	}
	if len(s) > 4096 {
		s = s[:4096]
	}
	ua := useragent.Parse(s)
	symbian(s, &ua)
	b := newObject()
	if wanted["browser"] {
		name, version := lastProduct(s, ua)
		family, v := agentName(name), versionParts(version)
		if ua.Mobile && family == "Safari" || ua.Mobile && family == "Chrome" {
			family = map[string]string{"Safari": "Mobile Safari", "Chrome": "Chrome Mobile"}[family]
		}
		b.set("Browser", textBag("Family", family, "MajorVersion", v[0], "MinorVersion", v[1], "Patch", v[2]))
	}
	if wanted["os"] || wanted["operatingsystem"] {
		family, v := agentName(ua.OS), versionParts(windowsVersion(ua.OS, ua.OSVersion))
		b.set("OperatingSystem", textBag("Family", family, "MajorVersion", v[0], "MinorVersion", v[1], "Patch", v[2], "PatchMinor", v[3]))
	}
	if wanted["device"] {
		b.set("Device", deviceBag(ua))
	}
	return b.node
}

var (
	series60  = regexp.MustCompile(`\bSeries60/([0-9.]+)`)
	symbianOS = regexp.MustCompile(`\bSymbianOS/([0-9.]+)`)
	nokia     = regexp.MustCompile(`\bNokia([A-Z]?[0-9]+)([-0-9A-Za-z_]*)`)
)

// symbian reads what the library does not know: the system and browser of Nokia's telephones.
func symbian(s string, ua *useragent.UserAgent) {
	if m := symbianOS.FindStringSubmatch(s); m != nil {
		ua.OS, ua.OSVersion, ua.Mobile = "Symbian OS", m[1], false
		if m := series60.FindStringSubmatch(s); m != nil {
			ua.Name, ua.Version = "Nokia OSS Browser", m[1]
		}
	}
}

// lastProduct is the name and version that the library found, or else those at the end of the text: AdobeAIR/2.5.1.
func lastProduct(s string, ua useragent.UserAgent) (name, version string) {
	if ua.Name != "" && ua.Version != "" && !strings.HasPrefix(s, ua.Name+"/") || !strings.Contains(s, "/") {
		return ua.Name, ua.Version
	}
	words := strings.Fields(s)
	name, version, ok := strings.Cut(words[len(words)-1], "/")
	if !ok || name == "" || version == "" || strings.Trim(version, "0123456789._") != "" {
		return ua.Name, ua.Version
	}
	return name, version
}

func deviceBag(ua useragent.UserAgent) *node {
	m := nokia.FindStringSubmatch(ua.String)
	switch {
	case m != nil:
		return textBag("Family", "Nokia "+m[1], "Brand", "Nokia", "Model", m[1]+m[2])
	case ua.OS == useragent.IOS:
		return textBag("Family", ua.Device, "Brand", "Apple", "Model", ua.Device)
	case ua.OS == useragent.MacOS:
		return textBag("Family", "Mac", "Brand", "Apple", "Model", "Mac")
	case ua.Bot:
		return textBag("Family", "Spider", "Brand", "Spider", "Model", "Desktop")
	case ua.Device != "":
		return textBag("Family", ua.Device, "Brand", "", "Model", ua.Device)
	}
	return textBag("Family", "Other", "Brand", "", "Model", "")
}

// windowsVersion names the release that an NT version is.
func windowsVersion(os, v string) string {
	if os != useragent.Windows {
		return v
	}
	if name, ok := map[string]string{"10.0": "10", "6.3": "8.1", "6.2": "8", "6.1": "7", "6.0": "Vista", "5.1": "XP"}[v]; ok {
		return name
	}
	return v
}

// versionParts gives the first four parts of a version.
func versionParts(v string) [4]string {
	var parts [4]string
	copy(parts[:], strings.FieldsFunc(v, func(r rune) bool { return r == '.' || r == '_' }))
	return parts
}

// textBag makes a bag of keys and texts, given in turn.
func textBag(pairs ...string) *node {
	b := newObject()
	for i := 0; i+1 < len(pairs); i += 2 {
		b.set(pairs[i], textNode(pairs[i+1]))
	}
	return b.node
}

// parseCommandLine splits as Windows programs do: quotes group, 2n backslashes before a quote are n and end or begin
// the group, 2n+1 make the quote plain.
func parseCommandLine(s string) any {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	var items []*node
	for i := 0; ; {
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		if i >= len(s) {
			return arrayNode(items)
		}
		var arg string
		arg, i = commandArg(s, i)
		items = append(items, textNode(arg))
	}
}

func commandArg(s string, i int) (string, int) {
	var b strings.Builder
	quoted := false
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			n := 0
			for i+n < len(s) && s[i+n] == '\\' {
				n++
			}
			if i+n < len(s) && s[i+n] == '"' {
				b.WriteString(strings.Repeat(`\`, n/2))
				if i += n - 1; n%2 == 1 {
					b.WriteByte('"')
					i++
				}
				continue
			}
			b.WriteString(s[i : i+n])
			i += n - 1
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return b.String(), i
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), i
}
