package server

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

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

// OwnHost answers only requests whose Host header names this server, with status 421 otherwise. A server on loopback is
// reached by name from pages of other sites, whose own name leads to 127.0.0.1 (DNS rebinding): their requests carry that
// name. Address is where the server listens, public the address that people use (--url), "" for none. A server that
// listens for other machines is reached under names that it cannot know and answers all.
func OwnHost(address net.Addr, public string, next http.Handler) http.Handler {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return next
	}
	known := ""
	if u, err := url.Parse(public); err == nil {
		known = u.Host
	}
	_, port, _ := net.SplitHostPort(address.String()) // an address of package net has both parts
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (known != "" && strings.EqualFold(r.Host, known)) || namesLoopback(r.Host, port) {
			next.ServeHTTP(w, r)
			return
		}
		http.Error(w, "this server answers under localhost and 127.0.0.1 only; start it with --url to name another address", http.StatusMisdirectedRequest)
	})
}

// namesLoopback tells whether a Host header names this machine and port. Without a port it is that of HTTP or HTTPS.
func namesLoopback(header, port string) bool {
	host, given, err := net.SplitHostPort(header)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
		return loopback(strings.ToLower(host)) && (port == "80" || port == "443")
	}
	return loopback(strings.ToLower(host)) && given == port
}
