package filter

import (
	"strings"

	"sallyport"
	"sallyport/message"
)

// Fields takes out of the answer what tells about the machinery behind, and
// adds what a browser needs to be careful with it.
type Fields struct {
	// Defaults are added where the backend does not set them itself.
	Defaults message.Fields
	// Set replace the backend's fields of the same names; an empty value takes
	// the field out.
	Set message.Fields
	// KeepServer lets the backend's Server and X-Powered-By through.
	KeepServer bool
	// CORS tells that the gateway answers for origins; the backend's own
	// grants are taken out then.
	CORS bool
}

// Run implements sallyport.Step.
func (f *Fields) Run(x *sallyport.Exchange) error {
	fields := &x.Response.Fields
	fields.DelFunc(func(field message.Field) bool { return f.takes(field.Name) })
	if body := x.Response.Body; body.MayHaveTrailers() {
		body.FilterTrailers(func(name string) bool { return !f.takes(name) && !f.sets(name) })
	}
	for _, d := range f.Defaults {
		if x.Response.Tunnel == nil && !fields.Has(d.Name) {
			*fields = append(*fields, d)
		}
	}
	for _, s := range f.Set {
		if s.Value == "" {
			fields.Del(s.Name)
		} else {
			fields.Set(s.Name, s.Value)
		}
	}
	return nil
}

func (f *Fields) takes(name string) bool {
	return f.tells(name) || f.CORS && hasPrefix(name, "Access-Control-")
}

// sets tells a field that is ours: behind the content it would say otherwise.
func (f *Fields) sets(name string) bool { return f.Set.Has(name) }

func (f *Fields) tells(name string) bool {
	for _, banner := range banners {
		if message.EqualName(name, banner) {
			return !f.KeepServer
		}
	}
	for _, prefix := range debugging {
		if hasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// banners name software and versions, from which exploits are chosen.
var banners = [...]string{
	"Server", "X-Powered-By", "X-Powered-CMS", "X-Generator", "X-AspNet-Version", "X-AspNetMvc-Version", "X-OWA-Version",
	"X-SourceFiles", "X-Served-By", "X-Backend-Server", "X-Server-Name", "X-Runtime", "X-Version", "Via",
	"X-Envoy-Upstream-Service-Time", "X-Envoy-Decorator-Operation", "X-Php-Version", "Liferay-Portal", "Microsoftsharepointteamservices",
}

// debugging fields carry traces of frameworks in development mode.
var debugging = [...]string{"X-Debug", "X-Exception", "X-Stack", "X-Error-", "X-Trace-Error", "X-Drupal-", "X-Django-", "X-Symfony-", "X-Laravel-", "X-ChromeLogger-", "X-ChromePhp-"}

func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}
