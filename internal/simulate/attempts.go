package simulate

// enter is the way to the list of options.
func (s *session) enter() {
	s.flow(stepStart)
	s.wait(1, 4)
	s.flow(stepOptions)
	s.wait(4, 25)
}

// pass goes through gates; some need a second try.
func (s *session) pass(gs []*gate) {
	for _, g := range gs {
		s.flow(g.start)
		s.wait(12, 55)
		if s.rng.IntN(9) == 0 { // the first message did not arrive
			s.flow(g.start)
			s.wait(15, 60)
		}
		s.flow(g.pass)
		s.wait(2, 9)
	}
}

// passAll goes through all gates that p needs and says so. It reports false where p lacks methods.
func (s *session) passAll() bool {
	gs := s.choose(s.p.required(s.now))
	if len(gs) < s.p.required(s.now) {
		return false
	}
	s.enter()
	s.pass(gs)
	if s.rng.IntN(20) == 0 {
		s.flow(stepAllCut)
	} else {
		s.flow(stepAllPassed)
	}
	s.wait(0.05, 0.4)
	return true
}

// password sends a new password.
func (s *session) password() {
	s.wait(15, 70)
	s.flow(stepPassword)
	s.wait(0.8, 2.5)
}

// refusal is the answer to a bad new password.
func (s *session) refusal() string {
	code, problem := "FuzzyPolicyViolationInvalidPassword", "password_refused_cloud"
	if s.p.agent != "None" && s.rng.IntN(4) == 0 {
		code, problem = "OnPremisesPolicyViolation", "password_refused_onprem"
	}
	s.own(kindReset, "failure", code)
	s.attempt.Refusals++
	s.attempt.refused = append(s.attempt.refused, problem)
	return code
}

// accept is a password that was taken, with what the directory writes about it.
func (s *session) accept() {
	s.directory(kindDirReset, resetService)
	s.wait(0.05, 0.3)
	s.directory(kindDirSts, resetService)
	s.wait(0.2, 0.9)
	s.own(kindReset, "success", "Successfully completed reset.")
	s.attempt.resetAt = s.now
	s.wait(0.05, 0.3)
	s.flow(stepEnd)
	s.end("reset", "", stepEnd.reason)
	s.echo()
}

// echo is what a password hash sync writes some minutes later, under a correlation of its own.
func (s *session) echo() {
	if s.p.agent != "Microsoft Entra Connect" {
		return
	}
	now, corr := s.now, s.corr
	s.wait(90, 240)
	s.corr = newGUID(s.rng)
	s.directory(kindDirChange, syncService)
	s.now, s.corr = now, corr
}

// reset is a reset with as many refused passwords as given.
func (s *session) reset(refused int) bool {
	if !s.passAll() {
		return false
	}
	for range refused {
		s.password()
		s.refusal()
	}
	s.password()
	s.accept()
	return true
}

// giveUp is an attempt that ends with a refused password.
func (s *session) giveUp() bool {
	if !s.passAll() {
		return false
	}
	code := ""
	for range 1 + s.rng.IntN(2) {
		s.password()
		code = s.refusal()
	}
	problem := "password_refused_cloud"
	if code == "OnPremisesPolicyViolation" {
		problem = "password_refused_onprem"
	}
	s.end("failed", problem, code)
	return true
}

// unlock opens a locked account and keeps the password.
func (s *session) unlock() bool {
	if !s.passAll() {
		return false
	}
	s.wait(3, 12)
	s.own(kindUnlock, "success", "Success")
	s.end("unlocked", "", "Success")
	return true
}

// unlockFails is an unlock that the directory on-premises did not take.
func (s *session) unlockFails() bool {
	if !s.passAll() {
		return false
	}
	s.wait(3, 12)
	s.own(kindUnlock, "failure", "OnPremisesConnectivityError")
	s.end("failed", "onprem_unreachable", "OnPremisesConnectivityError")
	return true
}

// block tries one gate too often.
func (s *session) block(g *gate) {
	s.enter()
	for range 5 {
		s.flow(g.start)
		s.wait(20, 70)
	}
	reason := g.blocked
	if g.needs == hasMobile && s.rng.IntN(3) == 0 || reason == "" {
		reason = blockedPhone
	}
	s.blockedRow(reason)
}

// blockedRow is the row that says so. It is the last of its attempt.
func (s *session) blockedRow(reason string) {
	s.own(kindBlocked, "success", reason)
	for i := range gates {
		if gates[i].blocked == reason {
			s.attempt.MethodsTried = appendNew(s.attempt.MethodsTried, gates[i].method)
		}
	}
	s.end("blocked", "blocked", reason)
}

// blockedAgain is somebody who tries while blocked.
func (s *session) blockedAgain(reason string) {
	s.flow(stepStart)
	s.wait(1, 3)
	s.blockedRow(reason)
}

// blockable picks a gate at which p can be blocked.
func (s *session) blockable() *gate {
	for _, i := range s.rng.Perm(len(gates)) {
		if g := &gates[i]; g.blocked != "" && s.p.have&g.needs != 0 && !(g.method == "securityQuestion" && s.p.twoGate(s.now)) {
			return g
		}
	}
	return nil
}

// cancel presses cancel: before the gates are passed, or with the gates behind.
func (s *session) cancel(late bool) bool {
	step, old := stepCancelGate, stepCancelGateOld
	if late {
		if !s.passAll() {
			return false
		}
		s.wait(5, 40)
		step, old = stepCancelPw, stepCancelPwOld
	} else {
		s.enter()
		if gs := s.choose(1); len(gs) > 0 && s.rng.IntN(2) == 0 {
			s.flow(gs[0].start)
			s.wait(10, 90)
		}
	}
	if s.rng.IntN(3) == 0 {
		step = old
	}
	s.flow(step)
	s.end("cancelled", "cancelled", step.reason)
	return true
}

// turnedAway is the reason of a person who may not reset.
type turnedAway struct{ reason, problem string }

var (
	tooFew = []turnedAway{
		{"User's account has insufficient authentication methods defined. Add authentication info to resolve this", "too_few_methods"},
		{"User's account has insufficient authentication methods defined. Add authentication info to resolve this ", "too_few_methods"},
		{"User's account has insufficient authentication methods defined", "too_few_methods"},
	}
	notEnabled = []turnedAway{
		{"Password reset is not enabled for this user", "not_enabled"},
		{"Password reset is not enabled for this user. Enable password reset under the configure tab to resolve this", "not_enabled"},
		{"This user is not a member of the password reset users group. Add this user to that group to resolve this.", "not_enabled"},
	}
	atTheDoor = []turnedAway{
		{"User does not have a license. You can add a license to the user to resolve this", "no_licence"},
		{"User tried to reset from a device without cookies enabled", "no_cookies"},
	}
	// What only happens while something is switched off for all.
	writebackOff = turnedAway{"User's password is managed on-premises. You can enable Password Writeback to resolve this", "writeback_off"}
	switchedOff  = turnedAway{"Password reset has been disabled entirely for this tenant. See https://learn.example.com/sspr to resolve this.", "sspr_off"}
	noPolicy     = turnedAway{"SsprNotEnabledInUserPolicy", "no_policy"}

	atTheEnd = []turnedAway{
		{"We could not reach your on-premises password reset service. Check your sync machine's event log", "onprem_unreachable"},
		{"We encountered a problem while resetting the user's on-premises password. Check your sync machine's event log", "onprem_fault"},
	}
)

// refuse turns the person away at the door.
func (s *session) refuse(list []turnedAway) {
	s.flow(stepStart)
	s.wait(0.5, 2)
	s.fail(list)
}

// fail ends the attempt with one of the reasons.
func (s *session) fail(list []turnedAway) {
	r := list[s.rng.IntN(len(list))]
	s.flow(&flowStep{reason: r.reason, step: "refused", fails: true})
	s.end("failed", r.problem, r.reason)
}

// failAtEnd comes as far as the new password.
func (s *session) failAtEnd() bool {
	if !s.passAll() {
		return false
	}
	s.password()
	s.fail(atTheEnd)
	return true
}

// abandon stops after the given number of steps: 1 the name, 2 the options, 3 a gate begun, 4 a gate passed, 5 all gates
// passed, 6 a new password sent without an answer.
func (s *session) abandon(steps int) bool {
	switch {
	case steps >= 5:
		if !s.passAll() {
			return false
		}
		if steps == 6 {
			s.password()
		}
	case steps >= 3:
		gs := s.choose(s.p.required(s.now))
		if len(gs) == 0 {
			return false
		}
		s.enter()
		s.flow(gs[0].start)
		if s.wait(12, 50); steps == 4 {
			s.flow(gs[0].pass)
		}
	default:
		s.flow(stepStart)
		if s.wait(1, 4); steps == 2 {
			s.flow(stepOptions)
		}
	}
	s.end("abandoned", s.stayProblem(), "")
	return true
}

// stayProblem is the problem of an attempt that never ended.
func (s *session) stayProblem() string {
	if s.attempt.LastStep != "gate_start" {
		return "abandoned"
	}
	switch s.attempt.LastMethod {
	case "mobileSMS", "mobileCall", "officePhone":
		return "no_sms_or_call"
	case "email":
		return "no_email"
	}
	return "abandoned"
}

// askForHelp follows the link to the administrator.
func (s *session) askForHelp() bool {
	for _, g := range s.choose(s.p.required(s.now)) {
		if g.contacted == nil {
			continue
		}
		s.enter()
		s.flow(g.start)
		s.wait(20, 80)
		s.flow(g.contacted)
		s.end("abandoned", "contacted_admin", g.contacted.reason)
		return true
	}
	return false
}
