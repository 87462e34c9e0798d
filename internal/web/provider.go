package web

import (
	"net/http"

	"passtrail"
)

// providerStart leads to the identity provider.
func (s *Server) providerStart(w http.ResponseWriter, r *http.Request) error {
	return passtrail.Errorf(passtrail.NotFound, "web.providerStart", "no identity provider is configured; sign in with the link that the console shows")
}

// providerBack takes the identity provider's answer.
func (s *Server) providerBack(w http.ResponseWriter, r *http.Request) error {
	return s.providerStart(w, r)
}
