package attempt

import (
	"passtrail"
	"passtrail/internal/vocab"
)

// The ranks of own records; the record of the highest rank, and of equals the last, decides the outcome.
const (
	rankFlow      = 30 // a flow record that says nothing of the end
	rankProgress  = 31 // a flow record beyond the choice of methods
	rankAbandoned = 32 // "User abandoned after …"
	rankContacted = 33 // "User contacted an admin after …"
	rankStumbled  = 40 // a flow record that failed; only if none succeeded after it
	rankFailed    = 50 // a failed reset or unlock, or a flow record that turned the person away
	rankCancelled = 60
	rankBlocked   = 70 // 71 with a reason: it tells more than the block without one
	rankUnlocked  = 80
	rankReset     = 90 // the last flow record alone: 89
)

// rank says what an own record tells of the outcome.
func rank(r *passtrail.Record) int {
	switch r.ActivityKey {
	case "reset":
		if succeeded(r) {
			return rankReset
		}
		return rankFailed
	case "unlock":
		if succeeded(r) {
			return rankUnlocked
		}
		return rankFailed
	case "blocked":
		return blockedRank(r)
	}
	return flowRank(r)
}

func flowRank(r *passtrail.Record) int {
	switch r.Step {
	case vocab.StepBlocked:
		return blockedRank(r)
	case vocab.StepCancelled:
		return rankCancelled
	case vocab.StepRefused:
		return rankFailed
	case vocab.StepContactedAdmin:
		return rankContacted
	case vocab.StepAbandoned:
		return rankAbandoned
	}
	switch {
	case stumbled(r):
		return rankStumbled
	case r.Step == vocab.StepEnd:
		return rankReset - 1
	}
	return stayRank(r)
}

// stayRank is the rank of a flow record among those that tell how far somebody came who never ended.
func stayRank(r *passtrail.Record) int {
	switch r.Step {
	case vocab.StepContactedAdmin:
		return rankContacted
	case vocab.StepAbandoned:
		return rankAbandoned
	case "", vocab.StepStart, vocab.StepOptions:
		return rankFlow
	}
	return rankProgress
}

func blockedRank(r *passtrail.Record) int {
	if r.Reason != "" {
		return rankBlocked + 1
	}
	return rankBlocked
}

// succeeded reports whether a reset or unlock was done.
func succeeded(r *passtrail.Record) bool { return r.Result == "success" }

// stumbled reports whether a flow record says that its step failed. Without a result it does not.
func stumbled(r *passtrail.Record) bool { return r.Result != "success" && r.Result != "" }

// decide sets outcome, problem and reason from the attempt's own records in order.
func (a *Attempt) decide(owns []*passtrail.Record) {
	top, stay := owns[0], (*passtrail.Record)(nil)
	wentOn := -1
	topAt := 0
	for i, r := range owns {
		if rank(r) >= rank(top) {
			top, topAt = r, i
		}
		if r.ActivityKey != "flow" {
			continue
		}
		if stay == nil || stayRank(r) >= stayRank(stay) {
			stay = r
		}
		if !stumbled(r) {
			wentOn = i
		}
	}
	if rank(top) == rankStumbled && wentOn > topAt || rank(top) < rankStumbled {
		a.Outcome, a.Problem, a.Reason = Abandoned, stayProblem(stay), stay.Reason
		return
	}
	a.Outcome, a.Problem, a.Reason = outcomeOf(rank(top)), top.Problem, top.Reason
	switch {
	case a.Outcome == Reset || a.Outcome == Unlocked:
		a.Problem = ""
	case a.Problem == "" && a.Outcome != Failed:
		a.Problem = string(a.Outcome)
	}
}

func outcomeOf(rank int) Outcome {
	switch {
	case rank >= rankReset-1:
		return Reset
	case rank >= rankUnlocked:
		return Unlocked
	case rank >= rankBlocked:
		return Blocked
	case rank >= rankCancelled:
		return Cancelled
	}
	return Failed
}

// stayProblem is the problem of somebody who never ended, from the record that tells how far he came.
func stayProblem(r *passtrail.Record) string {
	switch {
	case r.Step == vocab.StepContactedAdmin:
		return "contacted_admin"
	case r.Step != vocab.StepGateStart:
		return "abandoned"
	}
	switch r.Method {
	case "mobileSMS", "mobileCall", "officePhone", "alternateMobileCall":
		return "no_sms_or_call"
	case "email":
		return "no_email"
	}
	return "abandoned"
}
