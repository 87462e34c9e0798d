package duckdb

// ByStatements has a store derive by its statements alone, however few the records are.
func ByStatements(s *Store) *Store {
	s.byStatements = true
	return s
}
