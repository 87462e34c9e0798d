package web

// Look is how a word from the vocabulary shows: its text, a tone and an icon, so that colour is never alone.
type Look struct{ Text, Tone, Icon string }

// outcomeView shows an attempt's outcome.
func outcomeView(outcome string) Look {
	switch outcome {
	case "reset":
		return Look{"Reset", "good", "success"}
	case "unlocked":
		return Look{"Unlocked", "good", "unlocked"}
	case "blocked":
		return Look{"Blocked", "bad", "blocked"}
	case "failed":
		return Look{"Failed", "bad", "failure"}
	case "cancelled":
		return Look{"Cancelled", "warn", "cancelled"}
	case "abandoned":
		return Look{"Abandoned", "warn", "cancelled"}
	case "open":
		return Look{"Open", "", "clock"}
	}
	return Look{outcome, "", "info"}
}

// statusView shows a record's result.
func statusView(result string) Look {
	switch result {
	case "success":
		return Look{"Success", "good", "success"}
	case "failure":
		return Look{"Failure", "bad", "failure"}
	case "timeout":
		return Look{"Timeout", "warn", "clock"}
	case "":
		return Look{"Not stated", "", "info"}
	}
	return Look{result, "", "info"}
}

// severityView shows a finding's severity.
func severityView(severity string) Look {
	switch severity {
	case "high":
		return Look{"High", "bad", "failure"}
	case "medium":
		return Look{"Medium", "warn", "warning"}
	case "low":
		return Look{"Low", "", "info"}
	}
	return Look{severity, "", "info"}
}

// actions are what the access log keeps, in words.
var actions = map[string]string{
	"sign-in": "Signed in", "search-person": "Searched for a person", "view-person": "Looked at a person", "view-record": "Looked at a record",
	"view-finding": "Looked at a finding", "query": "Ran a query", "export": "Exported", "export-cut": "Export broken off", "opt-in": "Turned collection on",
	"opt-out": "Turned collection off", "settings": "Changed settings", "token-create": "Made an access token", "token-revoke": "Revoked an access token",
	"finding-state": "Changed the state of a finding", "query-save": "Saved a query", "query-drop": "Removed a saved query",
	"expire": "Deleted what was past retention", "view-page": "Looked at a page", "query-refused": "Asked a query that was refused",
	"export-refused": "Export refused", "refused": "Was refused", "sign-in-refused": "Sign-in refused", "torn-line": "A line was cut off",
	"report": "Ran a report", "view-attempts": "Listed attempts", "view-events": "Listed records", "view-set-aside": "Looked at what was set aside",
	"command": "Ran a command",
}

// actionText shows a line's action; one that has no words shows as it is.
func actionText(action string) string {
	if text := actions[action]; text != "" {
		return text
	}
	return action
}
