package diag

import "strings"

// Nearest is the candidate that a person most likely meant by name, or "" when none is close: the same letters in
// another case, else the smallest number of edits, at most a third of the name's length.
func Nearest(name string, candidates []string) string {
	lower := strings.ToLower(name)
	best, limit := "", max(len([]rune(name))/3, 1)+1
	if len(lower) < 3 {
		limit = 2
	}
	for _, c := range candidates {
		low := strings.ToLower(c)
		if low == lower && c != name {
			return c
		}
		if abs(len(low)-len(lower)) >= limit || len(c) > 256 {
			continue
		}
		if n := edits(lower, low); n > 0 && n < limit {
			best, limit = c, n
		}
	}
	return best
}

// DidYouMean is "did you mean X?" for the nearest candidate, or "" when none is close.
func DidYouMean(name string, candidates []string) string {
	if c := Nearest(name, candidates); c != "" {
		return "did you mean " + c + "?"
	}
	return ""
}

// edits counts insertions, deletions, replacements and swaps of neighbours that turn a into b.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	older, prev, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, prev, row = prev, row, older
	}
	return prev[len(y)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
