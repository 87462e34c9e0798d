package attempt

import "embed"

// Sources are the files that say what an attempt is: a store whose attempts were made by others makes them anew.
//
//go:embed attempt.go outcome.go split.go
var Sources embed.FS
