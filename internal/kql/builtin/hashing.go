package builtin

import (
	"fmt"

	"passtrail/internal/kql/types"
)

// hashing makes the SQL of hash(): whole numbers and instants by their value, all else by its text.
func hashing(fn, mod string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		h := hashed(fn, a[0])
		if mod == "" {
			return h
		}
		return fmt.Sprintf("kql_mod(%s, %s)", h, a[1].SQL)
	}
}

func hashed(fn string, a Arg) string {
	switch a.Type {
	case types.Int:
		return call(fn+"_int", a.SQL)
	case types.Long, types.DateTime, types.TimeSpan:
		return call(fn+"_long", a.SQL)
	}
	return call(fn, Convert(a.SQL, a.Type, types.String))
}

func hashMany(_ Env, a []Arg) string {
	var hashes []string
	for _, arg := range a {
		hashes = append(hashes, hashed("kql_hash", arg))
	}
	return call("kql_hash_combine", hashes...)
}
