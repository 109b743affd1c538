// Package pathmatch finds the operation that a method and a path stand for, by the path templates of an
// OpenAPI document (OpenAPI Specification 3.2, "Path Templating" and "Paths Object"; the same rules hold
// in 3.0 and 3.1). Templates are compiled once; a match looks up and does not allocate, and 10,000
// templates cost what 10 do.
//
// The path given to a match is the canonical one: still percent-encoded, with unreserved characters decoded
// and the hex digits of what stays encoded in upper case (RFC 3986 section 6.2.2), without a query. The
// literals of a template are brought into that form when they are added, so both sides are compared byte by
// byte. The package refuses to guess: it does not redirect, clean paths, fold case or ignore a trailing
// slash. Hint tells what such guessing would have found, for the text of a 404 only.
//
// # Which template wins
//
// Where several templates match a path, the most concrete one is taken. Templates are compared segment by
// segment from the left, and the first segment that differs decides:
//
//  1. a segment without a parameter;
//  2. a segment of literals and parameters, such as "{name}.json": the one with more literal bytes first,
//     then the one with fewer parameters, then the longer literal before its first parameter, then the
//     longer literal after its last; what is then still level goes by the byte order of the literals;
//  3. a segment that is one parameter.
//
// All branches are tried: with "/a/b/d" and "/a/{x}/c", the path "/a/b/c" is an instance of the second.
//
// The method has no say in this. With GET on "/users/me" and DELETE on "/users/{id}", the request
// DELETE /users/me is answered NoMethod: the document describes that path by the more concrete template,
// and falling back to the laxer one would run an operation, and the authorisation rules of an operation,
// that were written for other resources.
//
// # How a segment is cut
//
// A parameter takes at least one character, and never "/", "?" or "#". Where a segment has several
// parameters, each but the last takes as little as it can: "{name}.{ext}" cuts "a.tar.gz" into "a" and
// "tar.gz". A backend may cut elsewhere; [Values.Ambiguous] says when there is more than one way. A
// percent-encoded octet is never cut: "{x}F" does not match "a%2F".
//
// # Bounds
//
// The templates form a tree, of which a match visits every node at most once, with work linear in the
// segment at hand: no path can cost more than trying the templates one by one, and where templates do not
// overlap it costs one look-up for each segment. Siblings that share the
// literals at both ends and differ only between their parameters ("{a}-{b}", "{a}.{b}") are tried one by
// one; all others are found by hash.
package pathmatch
