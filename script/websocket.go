package script

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"sallyport/message"
	"sallyport/websocket"
)

// The opcodes of frames that scripts speak of (RFC 6455 §5.2).
const (
	textFrame  = 0x1
	closeFrame = 0x8
	pingFrame  = 0x9
	pongFrame  = 0xA
)

// webSocketCommands open a WebSocket and speak over it.
func webSocketCommands() []command {
	return []command{
		{name: "websocket", usage: `TARGET [--FLAG]... ["Name: value"]...`, least: 1, most: -1, run: doWebSocket,
			help: "Asks for a WebSocket; what the handshake needs (RFC 6455 §4.1) is added where it is not given. The checks look at the answer; if it is a 101, `send`, `receive` and `closed` are about this WebSocket from now on."},
		{name: "send", usage: "[--ping | --unmasked | --raw] TEXT|@FILE | --close [CODE] | --break", least: 1, most: 2, run: doSend,
			help: "Sends a message of text, another frame, a frame without its mask, or bytes as they are; `--break` breaks the connection off."},
		{name: "receive", usage: "[--ping | --pong] TEXT", least: 1, most: 2, check: true, run: checkReceive,
			help: "The next frame that comes is a message of text, or another frame, that holds the text; `=TEXT` is the text to the letter."},
		{name: "closed", usage: "[CODE]", least: 0, most: 1, check: true, run: checkClosed,
			help: "What comes next is a close frame with that code; without one, the connection ends, whatever comes before."},
	}
}

// doWebSocket opens a WebSocket in the place of the one before.
func doWebSocket(s *state, c call) error {
	q, err := s.parseRequest(append([]string{"get"}, c.args...))
	if err != nil {
		return err
	}
	var nonce [16]byte
	rand.Read(nonce[:])
	for _, f := range (message.Fields{
		{Name: "Upgrade", Value: "websocket"}, {Name: "Connection", Value: "Upgrade"},
		{Name: "Sec-WebSocket-Version", Value: "13"}, {Name: "Sec-WebSocket-Key", Value: base64.StdEncoding.EncodeToString(nonce[:])},
	}) {
		if !q.fields.Has(f.Name) {
			q.fields = append(q.fields, f)
		}
	}
	to, err := s.endpoint(q.listener)
	if err != nil {
		return err
	}
	s.heard = s.allHeard()
	s.hangUp()
	conn, err := s.connect(to, q)
	if err != nil {
		return err
	}
	a := &answer{method: q.method, event: s.gateway.log.len()}
	if _, err := conn.Write(q.bytes(to.address)); err != nil {
		a.err = err // it may have been answered all the same
	}
	a.read(conn.reader)
	s.answer, s.answers = a, []*answer{a}
	if a.status != http.StatusSwitchingProtocols {
		conn.close()
		return s.ctx.Err()
	}
	if a.header.Get("Sec-WebSocket-Accept") != websocket.Accept(q.fields.Get("Sec-WebSocket-Key")) {
		conn.close()
		return errors.New("the answer does not accept the key that was sent")
	}
	s.socket = conn
	return s.ctx.Err()
}

// hangUp breaks the WebSocket off.
func (s *state) hangUp() {
	if s.socket != nil {
		s.socket.close()
		s.socket = nil
	}
}

// flagOf takes a flag off that stands first.
func flagOf(args []string) (flag string, rest []string) {
	if strings.HasPrefix(args[0], "--") {
		return args[0], args[1:]
	}
	return "", args
}

func doSend(s *state, c call) error {
	if s.socket == nil {
		return errors.New("no WebSocket is open")
	}
	flag, rest := flagOf(c.args)
	text := []byte(strings.Join(rest, ""))
	if name, ok := strings.CutPrefix(string(text), "@"); ok {
		var err error
		if text, err = s.read(name); err != nil {
			return err
		}
	}
	var mask [4]byte
	rand.Read(mask[:])
	frame := websocket.Frame{Opcode: textFrame, Final: true, Payload: text}
	out := text
	switch flag {
	case "":
		out = frame.Append(nil, &mask)
	case "--ping":
		frame.Opcode = pingFrame
		out = frame.Append(nil, &mask)
	case "--unmasked":
		out = frame.Append(nil, nil)
	case "--raw":
	case "--close":
		frame.Opcode = closeFrame
		if len(rest) > 0 {
			code, err := strconv.ParseUint(rest[0], 10, 16)
			if err != nil {
				return fmt.Errorf("%q is no code of a close frame", rest[0])
			}
			frame.Payload = binary.BigEndian.AppendUint16(nil, uint16(code))
		}
		out = frame.Append(nil, &mask)
	case "--break":
		s.hangUp()
		return nil
	default:
		return fmt.Errorf("send has no flag %s", flag)
	}
	_, err := s.socket.Write(out)
	return err
}

func (s *state) frame() (*websocket.Frame, error) {
	if s.socket == nil {
		return nil, errors.New("no WebSocket is open")
	}
	f, err := websocket.ReadFrame(s.socket.reader, maxAnswer)
	if err != nil {
		return nil, expected("expected a frame, the connection ended: %v", err)
	}
	return f, nil
}

func checkReceive(s *state, c call) error {
	flag, rest := flagOf(c.args)
	opcode, known := map[string]byte{"": textFrame, "--ping": pingFrame, "--pong": pongFrame}[flag]
	if !known || len(rest) != 1 {
		return fmt.Errorf("receive takes one text behind --ping or --pong at most")
	}
	f, err := s.frame()
	switch {
	case err != nil:
		return err
	case f.Opcode != opcode:
		return expected("expected a frame of opcode %d, there is one of %d with %q", opcode, f.Opcode, f.Payload)
	case !matches(string(f.Payload), rest[0]):
		return expected("expected a frame with %q, it holds %q", rest[0], f.Payload)
	}
	return nil
}

func checkClosed(s *state, c call) error {
	if s.socket == nil {
		return errors.New("no WebSocket is open")
	}
	if len(c.args) == 0 {
		_, err := io.Copy(io.Discard, io.LimitReader(s.socket.reader, maxAnswer))
		s.hangUp()
		if s.ctx.Err() != nil {
			return fmt.Errorf("the connection does not end: %w", err)
		}
		return nil
	}
	f, err := s.frame()
	if err != nil {
		return err
	}
	code := "none"
	if len(f.Payload) >= 2 {
		code = strconv.Itoa(int(binary.BigEndian.Uint16(f.Payload)))
	}
	switch {
	case f.Opcode != closeFrame:
		return expected("expected a close frame, there is one of opcode %d with %q", f.Opcode, f.Payload)
	case code != c.args[0]:
		return expected("expected a close frame with the code %s, it has %s", c.args[0], code)
	}
	return nil
}

// accept makes a WebSocket of a request and echoes what comes, until a close
// frame, which is echoed too.
func (b *backend) accept(w http.ResponseWriter, r *http.Request, fields message.Fields) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	if !b.keep(conn) {
		return
	}
	defer b.forget(conn)
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n", websocket.Accept(r.Header.Get("Sec-WebSocket-Key")))
	for _, f := range fields {
		fmt.Fprintf(conn, "%s: %s\r\n", f.Name, f.Value)
	}
	fmt.Fprint(conn, "\r\n")
	for {
		f, err := websocket.ReadFrame(buffered, maxAnswer)
		if err != nil {
			return
		}
		if f.Opcode == pingFrame {
			f.Opcode = pongFrame
		}
		if _, err := conn.Write(f.Append(nil, nil)); err != nil || f.Opcode == closeFrame {
			return
		}
	}
}

// keep notes a connection that is no longer the server's, to end with it.
func (b *backend) keep(conn net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.server == nil {
		return false
	}
	if b.sockets == nil {
		b.sockets = make(map[net.Conn]bool)
	}
	b.sockets[conn] = true
	return true
}

func (b *backend) forget(conn net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sockets, conn)
}
