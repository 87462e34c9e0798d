package passtrail

//go:generate go run ./internal/tools/gendocs docs
