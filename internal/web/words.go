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
