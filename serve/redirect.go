package serve

import (
	"net/http"

	"sallyport/stage/admit"
)

// redirect sends clients of a plain listener to https. The credentials that
// came in the clear are lost already: the answer names no more than the host.
type redirect struct {
	// to is the authority to send them to; "" for the host they asked for.
	to string
	// port is that of the first listener with TLS.
	port string
}

func (r *redirect) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	to := r.to
	if to == "" {
		host, err := admit.CanonicalHost(req.Host)
		if err != nil {
			http.Error(w, "The Host field is not a host name.", http.StatusBadRequest)
			return
		}
		if to = host; r.port != "443" {
			to += ":" + r.port
		}
	}
	path, query := req.URL.EscapedPath(), req.URL.RawQuery
	if canonical, err := admit.CanonicalPath(path); err != nil || admit.CheckQuery(query) != nil {
		path, query = "/", "" // what has two readings is not handed on
	} else {
		path = canonical
	}
	if query != "" {
		path += "?" + query
	}
	w.Header().Set("Location", "https://"+to+path)
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusPermanentRedirect) // RFC 9110 §15.4.9: the method stays
}
