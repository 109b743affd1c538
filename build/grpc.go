package build

import (
	"strings"

	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/stage/forward"
)

// needsHTTP2 finds gRPC before a backend that is spoken to in HTTP/1.1 alone,
// where no call could ever end well: its status stands in trailers, and both
// sides speak at one time. gRPC-Web was made for HTTP/1.1.
func (o *operationBuilder) needsHTTP2() {
	if p := forward.Protocol(o.config.Upstream.Protocol); p == forward.HTTP2 || p == forward.Auto {
		return
	}
	var content []*openapi.MediaType
	if o.declared.Body != nil {
		content = append(content, o.declared.Body.Content...)
	}
	for _, r := range o.declared.Responses {
		content = append(content, r.Content...)
	}
	for _, m := range content {
		r, err := mediatype.ParseRange(m.Range)
		if err != nil {
			continue
		}
		if t, one := r.Type(); one && t.IsGRPC() && !strings.HasPrefix(t.Name, "application/grpc-web") {
			o.faults.Add(m.At, "write protocol: http2 in its upstream", "gRPC needs HTTP/2, and the upstream is spoken to in HTTP/1.1")
			return
		}
	}
}
