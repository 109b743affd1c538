// Package script runs tests that a user of the gateway could have written: one
// txtar file holds the configuration, the document, the requests, and what is
// expected of each answer. The runner starts the real gateway as a process of
// its own before a real backend; the project's own tests and `sallyport test`
// are the same runner.
//
// A script is read strictly: an unknown command is an error with the nearest
// name, an unknown variable is an error, a check that cannot be judged fails
// whether it is negated or not. Nothing waits for a fixed time: a command waits
// for the line of the log, the request or the exit that it is about.
//
// The client writes requests byte for byte as they stand in the script, for
// what an honest HTTP library would mend is what a gateway has to be tested
// with. RFC 9112 (messages), RFC 7515 (tokens), RFC 6901 (JSON pointers), RFC
// 9457 (problem documents).
//
// The package refuses to be a general shell: it runs the gateway's own command
// and nothing else, and writes files into the script's folder only.
package script
