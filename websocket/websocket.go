// Package websocket is what a gateway between two ends of a WebSocket needs
// (RFC 6455): it judges the opening handshake of both sides, and relays frames
// by their heads, of which it holds each to the protocol and to a size before a
// byte of it goes on.
//
// It is no end of a WebSocket: it changes no payload, unmasks none but that of
// a close frame, answers no ping, and does not look whether text is UTF-8,
// which the other end has to (§8.1). It knows no extension: a frame that needs
// one is refused, so that the size on the wire is the size of the message.
package websocket
