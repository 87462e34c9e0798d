package vocab

import (
	"cmp"
	"embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed data/*.tsv
var data embed.FS

// tables are the tables and their indexes: made once, only read afterwards.
var tables = mustLoad()

// actKey finds an activity: key of the service and folded name.
type actKey struct{ service, activity string }

// vocabulary is what tables holds.
type vocabulary struct {
	services   []Service
	activities []Activity
	reasons    []Reason
	problems   []Problem
	methods    []Method
	roles      []Role
	data       []dataLabel
	settings   []Setting
	reach      []Reach
	techniques []Technique
	dates      []Date

	folded        map[string]string // known spellings, as they come, to their folded form
	serviceKey    map[string]string
	activity      map[actKey]int
	activityAny   map[string]int // by folded name alone, for records that name no service
	activityByKey map[string]int
	reason        map[string]int // by folded text
	prefix        []int          // reasons matched by their beginning
	token         map[string]int // reasons matched by a code name within
	problemByKey  map[string]int
	methodByKey   map[string]int
	flowMethod    map[string]string // "mobile sms" to its method
	regMethod     map[string]string
	methodWords   []methodWords
	roleByID      map[string]int
	roleByName    map[string]int
	label         map[string]int // methodsRegistered value, lower case, to its place in data

	header         map[string]string   // header of the admin center's CSV, lower case, to its English text
	headerLanguage map[string][]string // and to the languages that have it
	headerWords    []headerWords
	result         map[string]string // folded word to success, failure ...
}

// dataLabel is one row of data_registered.tsv.
type dataLabel struct {
	method, label string
	classic       bool
}

// mustLoad reads the embedded tables. A broken table is a mistake of the program.
func mustLoad() *vocabulary {
	v := &vocabulary{folded: map[string]string{}}
	v.loadServices()
	v.loadActivities()
	v.loadProblems()
	v.loadMethods()
	v.loadReasons()
	v.loadRoles()
	v.loadData()
	v.loadSettings()
	v.loadReach()
	v.loadTechniques()
	v.loadDates()
	v.loadHeaders()
	v.loadResults()
	return v
}

// rows returns the rows of a table as maps from column name to value.
func rows(name string) []map[string]string {
	text, err := data.ReadFile("data/" + name + ".tsv")
	if err != nil {
		panic(err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	out := make([]map[string]string, 0, len(lines)-1)
	for i, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != len(head) {
			panic(fmt.Sprintf("vocab: %s.tsv:%d: %d cells, want %d", name, i+2, len(cells), len(head)))
		}
		row := make(map[string]string, len(head))
		for j, c := range cells {
			row[head[j]] = c
		}
		out = append(out, row)
	}
	return out
}

// list splits a cell of several values.
func list(cell, sep string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, sep)
}

// know remembers how a known spelling folds, as written and in the capitals it often has.
func (v *vocabulary) know(s string) string {
	f := fold(s)
	for _, k := range []string{s, s + ".", strings.TrimSuffix(s, "."), f} {
		v.folded[k] = f
	}
	return f
}

func (v *vocabulary) loadServices() {
	v.serviceKey = map[string]string{}
	for _, r := range rows("services") {
		s := Service{Key: r["key"], Name: r["name"], Variants: list(r["variants"], "|")}
		v.services = append(v.services, s)
		for _, n := range append([]string{s.Name}, s.Variants...) {
			v.serviceKey[v.know(n)] = s.Key
		}
	}
}

func (v *vocabulary) loadActivities() {
	v.activity, v.activityAny, v.activityByKey = map[actKey]int{}, map[string]int{}, map[string]int{}
	for i, r := range rows("activities") {
		a := Activity{
			Key: r["key"], Service: r["service"], Name: r["name"], Variants: list(r["variants"], "|"),
			Category: r["category"], Target: r["target"], Results: list(r["results"], ","),
			Mark: r["mark"], Title: r["title"], FailureProblem: r["failure_problem"],
		}
		v.activities = append(v.activities, a)
		v.activityByKey[a.Key] = i
		v.know(a.Category)
		for _, n := range append([]string{a.Name}, a.Variants...) {
			f := v.know(n)
			v.activity[actKey{a.Service, f}] = i
			if _, ok := v.activityAny[f]; !ok {
				v.activityAny[f] = i
			}
		}
	}
}

func (v *vocabulary) loadProblems() {
	v.problemByKey = map[string]int{}
	for i, r := range rows("problems") {
		v.problems = append(v.problems, Problem{
			Key: r["key"], Title: r["title"], Remedy: r["remedy"], Who: r["who"],
			RemedyRegistered: cmp.Or(r["remedy_registered"], r["remedy"]),
		})
		v.problemByKey[r["key"]] = i
	}
}

func (v *vocabulary) loadMethods() {
	v.methodByKey, v.flowMethod, v.regMethod = map[string]int{}, map[string]string{}, map[string]string{}
	for i, r := range rows("methods") {
		m := Method{
			Key: r["key"], Name: r["name"], FlowTexts: list(r["flow_texts"], "|"), ActivityReport: r["activity_report"],
			MethodsRegistered: list(r["methods_registered"], "|"), DataRegistered: r["data_registered"],
			PortalName: r["portal_name"], Gate: r["gate"] != "", RegistrationNames: list(r["registration_names"], "|"),
		}
		v.methods = append(v.methods, m)
		v.methodByKey[m.Key] = i
		for _, t := range m.FlowTexts {
			v.flowMethod[fold(t)] = m.Key
		}
		for _, t := range m.RegistrationNames {
			v.regMethod[fold(t)] = m.Key
		}
	}
	for _, r := range rows("method_words") {
		if _, ok := v.methodByKey[r["method"]]; !ok {
			panic("vocab: method_words.tsv: no method " + r["method"])
		}
		v.methodWords = append(v.methodWords, methodWords{strings.Fields(r["words"]), r["method"]})
	}
}

func (v *vocabulary) loadReasons() {
	v.reason, v.token = map[string]int{}, map[string]int{}
	for i, r := range rows("reasons") {
		row, _ := strconv.Atoi(r["row"])
		x := Reason{
			Text: r["reason"], Variants: list(r["variants"], "|"), Activities: list(r["activities"], "|"),
			Step: r["step"], Method: r["method"], Problem: r["problem"], Origin: r["origin"], Row: row,
			ClassicResult: r["classic_result"], Match: r["match"], Plain: r["plain"], Remedy: r["remedy"], Who: r["who"],
		}
		if j, ok := v.problemByKey[x.Problem]; ok && x.Remedy == "" {
			x.Remedy, x.Who = v.problems[j].Remedy, v.problems[j].Who
		}
		v.reasons = append(v.reasons, x)
		v.indexReason(i, x)
	}
}

// indexReason enters a reason under all its spellings.
func (v *vocabulary) indexReason(i int, x Reason) {
	for _, t := range append([]string{x.Text}, x.Variants...) {
		f := v.know(t)
		v.reason[f] = i
		if x.Match == "token" && !strings.Contains(f, " ") {
			v.token[f] = i
		}
	}
	if x.Match == "prefix" {
		v.prefix = append(v.prefix, i)
	}
}

func (v *vocabulary) loadRoles() {
	v.roleByID, v.roleByName = map[string]int{}, map[string]int{}
	for i, r := range rows("roles") {
		weight, _ := strconv.Atoi(r["weight"])
		x := Role{
			Name: r["name"], TemplateID: r["template"], Variants: list(r["variants"], "|"), Admin: r["admin"] != "",
			TwoGate: r["two_gate"] != "", Privileged: r["privileged"] != "", Reach: r["reach"], Weight: weight,
		}
		v.roles = append(v.roles, x)
		if x.TemplateID != "" {
			v.roleByID[x.TemplateID] = i
		}
		for _, n := range append([]string{x.Name}, x.Variants...) {
			v.roleByName[fold(n)] = i
		}
	}
}

func (v *vocabulary) loadData() {
	v.label = map[string]int{}
	for i, r := range rows("data_registered") {
		v.data = append(v.data, dataLabel{r["method"], r["label"], r["classic"] != ""})
		v.label[strings.ToLower(r["method"])] = i
	}
}
