package vocab

import "slices"

// Reach says which roles may reset the password of somebody who holds a role, assigned for the whole tenant.
type Reach struct {
	Target string   // name of a role; "" is nobody's role, "*" every other one, custom roles among them
	Actors []string // names of roles
}

// Reaches returns the table of who may reset whom, as Entra's documentation has it.
func Reaches() []Reach { return append([]Reach(nil), tables.reach...) }

// MayReset reports whether somebody who holds roles may reset the password of somebody who holds others: each role of the
// target must allow one of the actor's.
func MayReset(actor, target []string) bool {
	if len(target) == 0 {
		target = []string{""}
	}
	return !slices.ContainsFunc(target, func(role string) bool {
		r := reachOf(role)
		return !slices.ContainsFunc(actor, func(a string) bool { return slices.Contains(r.Actors, a) })
	})
}

func reachOf(role string) Reach {
	var others Reach
	for _, r := range tables.reach {
		switch r.Target {
		case role:
			return r
		case "*":
			others = r
		}
	}
	return others
}

func (v *vocabulary) loadReach() {
	for _, r := range rows("reach") {
		v.reach = append(v.reach, Reach{Target: r["target"], Actors: list(r["actors"], "|")})
	}
}
