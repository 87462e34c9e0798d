package server

import "net/http"

// Mount puts APIs before the pages: each answers what is below its prefix, such as "/v1/", and sees nothing of the pages'
// sessions, which live in cookies that no API reads.
func Mount(pages http.Handler, apis map[string]http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	for prefix, api := range apis {
		mux.Handle(prefix, api)
	}
	return mux
}
