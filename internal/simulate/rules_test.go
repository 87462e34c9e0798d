package simulate

import (
	"context"
	"testing"

	"passtrail/internal/vocab"
)

// TestKeepsToTheRules holds every record of some tenants to what Entra allows, but for planted faults with a name.
func TestKeepsToTheRules(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		m, err := newModel(Config{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		names := func(p *person, e *event) []string {
			var out []string
			for _, r := range p.rolesAt(e.time) {
				out = append(out, r.Name)
			}
			return out
		}
		beyond := map[string]bool{}
		passed := map[guid]map[string]bool{}
		resets, policies := 0, 0
		truth, err := m.run(context.Background(), func(e *event) error {
			switch e.kind {
			case kindAdminReset:
				if resets++; !vocab.MayReset(names(e.actor, e), names(e.target, e)) {
					beyond[e.id()] = true
				}
			case kindAdminInfo:
				if !e.actor.adminAt(e.time) || e.actor.roleAt(e.time) != "Authentication Administrator" || e.target.everRole() {
					t.Errorf("seed %d: %s gave a method to %s (%q)", seed, e.actor.roleAt(e.time), e.target.roleAt(e.time), e.reason)
				}
			case kindPolicy, kindMethodsPolicy, kindRecoverySettings:
				if policies++; e.result == "success" && e.actor.roleAt(e.time) != "Global Administrator" {
					t.Errorf("seed %d: %s changed a policy", seed, e.actor.roleAt(e.time))
				}
			case kindFlow:
				keepsGates(t, e, passed)
			case kindReset, kindUnlock:
				if e.result == "success" && len(passed[e.corr]) != e.target.required(e.time) {
					t.Errorf("seed %d: %s (%s) got through with %v, want %d methods", seed, e.target.upn, e.target.roleAt(e.time), passed[e.corr], e.target.required(e.time))
				}
			}
			if e.reason == "OnPremisesConnectivityError" && e.target.agent == "None" {
				t.Errorf("seed %d: nothing on-premises can fail for %s", seed, e.target.upn)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, p := range truth.Planted {
			if p.Fault == "beyond-reach" {
				for _, id := range p.Evidence {
					named[id] = true
				}
			}
		}
		for id := range beyond {
			if !named[id] {
				t.Errorf("seed %d: the reset %s is beyond its actor's reach and has no name", seed, id)
			}
		}
		if len(beyond) == 0 || len(named) != len(beyond) || resets < 20 || policies < 5 {
			t.Errorf("seed %d: %d resets, %d beyond reach, %d of them named, %d policies", seed, resets, len(beyond), len(named), policies)
		}
	}
}

// keepsGates notes the gates of a session and holds them to what its person may use.
func keepsGates(t *testing.T, e *event, passed map[guid]map[string]bool) {
	t.Helper()
	for i := range gates {
		g := &gates[i]
		if e.reason != g.pass.reason && e.reason != g.start.reason {
			continue
		}
		if g.method == "securityQuestion" && e.target.twoGate(e.time) {
			t.Errorf("an administrator was asked security questions")
		}
		if e.target.have&g.needs == 0 {
			t.Errorf("%s used %s without having it", e.target.upn, g.method)
		}
		if e.reason == g.pass.reason {
			if passed[e.corr] == nil {
				passed[e.corr] = map[string]bool{}
			}
			passed[e.corr][g.method] = true
		}
	}
}
