package jsonschema

// format is a format that is asserted of strings.
type format struct {
	name   string
	phrase string // what a text must be, for messages
	check  func(text []byte) bool
}

// formatOf finds a format by name. One that is known and says nothing that
// could be checked is nil and true.
func formatOf(name string) (*format, bool) {
	switch name {
	case "password", "binary":
		return nil, true
	}
	f, ok := formats[name]
	if !ok {
		return nil, false
	}
	return &f, true
}

// formats by the names of the OpenAPI Format Registry and JSON Schema
// validation §7.3.
var formats = map[string]format{
	"date-time": {"date-time", "a date and time by RFC 3339, such as 2026-01-31T13:00:00Z", func(b []byte) bool { return isDateTime(string(b)) }},
	"date":      {"date", "a date by RFC 3339, such as 2026-01-31", func(b []byte) bool { return isDate(string(b)) }},
	"time":      {"time", "a time by RFC 3339, such as 13:00:00Z", func(b []byte) bool { return isTime(string(b)) }},
	"duration":  {"duration", "a duration by ISO 8601, such as P1DT12H", func(b []byte) bool { return isDuration(string(b)) }},

	"email":        {"email", "an e-mail address", func(b []byte) bool { return isEmail(string(b)) }},
	"idn-email":    {"idn-email", "an e-mail address", func(b []byte) bool { return isIDNEmail(string(b)) }},
	"hostname":     {"hostname", "a host name", func(b []byte) bool { return isHostname(string(b)) }},
	"idn-hostname": {"idn-hostname", "a host name", func(b []byte) bool { return isIDNHostname(string(b)) }},
	"ipv4":         {"ipv4", "an IPv4 address", func(b []byte) bool { return isIPv4(string(b)) }},
	"ipv6":         {"ipv6", "an IPv6 address", func(b []byte) bool { return isIPv6(string(b)) }},

	"uri":           {"uri", "an absolute URI", isURI},
	"uri-reference": {"uri-reference", "a URI or a reference to one", isURIReference},
	"iri":           {"iri", "an absolute IRI", isIRI},
	"iri-reference": {"iri-reference", "an IRI or a reference to one", isIRIReference},
	"uri-template":  {"uri-template", "a URI template by RFC 6570", func(b []byte) bool { return isURITemplate(string(b)) }},

	"uuid":                  {"uuid", "a UUID", isUUID},
	"json-pointer":          {"json-pointer", "a JSON pointer by RFC 6901", func(b []byte) bool { return isJSONPointer(string(b)) }},
	"relative-json-pointer": {"relative-json-pointer", "a relative JSON pointer", func(b []byte) bool { return isRelativeJSONPointer(string(b)) }},
	"regex":                 {"regex", "a regular expression of ECMA-262", nil},
	"byte":                  {"byte", "base64", func(b []byte) bool { return isBase64(string(b)) }},
}

// regexFormat judges regular expressions as patterns are judged.
func regexFormat() *format {
	f := formats["regex"]
	f.check = func(b []byte) bool {
		_, err := (&translator{input: []rune(string(b))}).translate()
		return err == nil && len(b) <= maxPattern
	}
	return &f
}

// numberFormat is a format that is asserted of numbers.
type numberFormat struct {
	phrase   string
	whole    bool
	narrow   bool // 32 bits
	low, top decimal
}

// numberFormatOf finds a number's format by name; nil if there is none.
func numberFormatOf(name string) *numberFormat {
	bound := func(text string) decimal {
		d, _ := parseDecimal([]byte(text), nil)
		return d
	}
	switch name {
	case "int32":
		return &numberFormat{"an integer of 32 bits", true, true, bound("-2147483648"), bound("2147483647")}
	case "int64":
		return &numberFormat{"an integer of 64 bits", true, false, bound("-9223372036854775808"), bound("9223372036854775807")}
	case "float":
		return &numberFormat{"a number that single precision can hold", false, false, bound("-3.4028235677973366e38"), bound("3.4028235677973366e38")}
	case "double":
		return &numberFormat{"a number that double precision can hold", false, false, bound("-1.7976931348623158e308"), bound("1.7976931348623158e308")}
	}
	return nil
}

func (f *numberFormat) check(d decimal) bool {
	return (!f.whole || d.integer()) && d.compare(f.low) >= 0 && d.compare(f.top) <= 0
}
