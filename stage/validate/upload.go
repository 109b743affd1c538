package validate

import (
	"errors"
	"io"
	"strings"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/problem"
	"sallyport/source"
)

// upload is a multipart body that is checked as it passes. Files go on as they
// come, each within its limit; the other parts are held until they are judged,
// within the body's limit together. The last boundary goes on when all parts are
// judged as one value: a body with a fault has no proper end for the backend.
type upload struct {
	r *multipartBody
	s *splitter
	// most is how many bytes there may be that are not of files.
	most, held int64

	order []*group
	known map[string]*group
	// seen counts the parts of a name, those that were dropped among them.
	seen  map[string]int
	parts int

	// out is what was judged and not yet read, from at on.
	out []byte
	at  int
	// begun is set when a boundary was passed on.
	begun bool
	// file is the file that is passing.
	file    *fileCount
	pointer string
	length  int64 // that it announced, or -1
	dropped bool
	// err ends the body; io.EOF is its proper end.
	err error
}

// stream passes a body on that is too large to be held. What comes before its
// first file is judged before the backend hears of it, and so is all of it where
// the files are small by their schemas.
func (r *multipartBody) stream(x *sallyport.Exchange, boundary string) error {
	body := x.Request.Body
	length, most := body.Length, r.most(x.Op.MaxBody)
	if length > most {
		return tooLarge(most)
	}
	gather := r.gathers(x.Op.MaxBody)
	claim := x.Op.MaxBody
	if gather {
		claim = most
	}
	if err := x.Claim(claim); err != nil {
		return err
	}
	u := &upload{r: r, most: x.Op.MaxBody, known: map[string]*group{}, seen: map[string]int{}}
	body.Wrap(func(stream io.Reader) io.Reader {
		u.s, u.err = newSplitter(nil, stream, boundary)
		return u
	})
	u.err = refusal(u.err)
	for u.err == nil && (u.file == nil || gather) {
		u.step()
	}
	switch {
	case u.err == io.EOF:
		body.Replace(u.out)
	case u.err != nil:
		return x.Unread(u.err)
	}
	if r.may != (jsonschema.Cleaning{}) {
		x.Request.Fields.DelDigests() // they come before it is known whether they hold
	} else if u.err == nil {
		body.Length = length
	}
	return nil
}

// refusal makes one of what is wrong with the framing; other errors say why the
// body could not be read.
func refusal(err error) error {
	if framing := partError(""); errors.As(err, &framing) {
		return malformed(framing.Error())
	}
	return err
}

// Read passes on what was judged.
func (u *upload) Read(p []byte) (int, error) {
	for u.at == len(u.out) {
		if u.err != nil {
			return 0, u.err
		}
		if u.at = 0; cap(u.out) > 4*window {
			u.out = nil // what stood before the first file was more
		}
		u.out = u.out[:0]
		u.step()
	}
	n := copy(p, u.out[u.at:])
	u.at += n
	return n, nil
}

// step goes on by a part, or by a piece of a file.
func (u *upload) step() {
	var err error
	if u.file != nil {
		err = u.piece()
	} else {
		err = u.next()
	}
	if err != nil {
		u.err = refusal(err)
	}
}

func (u *upload) piece() error {
	piece, last, err := u.s.content()
	if err != nil {
		return err
	}
	if err := u.file.add(piece, u.pointer); err != nil {
		return err
	}
	if !u.dropped {
		u.out = append(u.out, piece...)
	}
	if !last {
		return nil
	}
	file := u.file
	u.file = nil
	if u.length >= 0 && u.length != file.size {
		return errPartLength
	}
	return file.end(u.pointer)
}

func (u *upload) next() error {
	head, last, err := u.s.next()
	switch {
	case err != nil:
		return err
	case last:
		return u.finish()
	case u.parts == u.r.count:
		return errManyParts
	}
	p, err := newPart(head, u.parts, u.r.parts.named)
	if err != nil {
		return err
	}
	u.parts++
	if err := u.hold(len(head) + len(u.s.delimiter)); err != nil {
		return err
	}
	if err := u.repeated(&p); err != nil {
		return err
	}
	k := u.r.parts.kindOf(&p)
	var found faults
	k.header(&p, u.r.parts.pointer(&p), u.r.parts.named, &found)
	switch {
	case len(found) > 0:
		return invalidBody(found)
	case k.file != nil:
		return u.beginFile(&p, k)
	}
	return u.value(&p)
}

// hold counts what is not of files.
func (u *upload) hold(n int) error {
	if u.held += int64(n); u.held > u.most {
		return problem.Refuse(problem.BodyTooLarge, "Without its files the body may be %d bytes long at most.", u.most)
	}
	return nil
}

// repeated refuses a part too many at once: without a list of them there is one,
// and no more than the list may have.
func (u *upload) repeated(p *part) error {
	if !u.r.parts.named {
		return nil
	}
	name := u.r.parts.property(p.name)
	k, n := u.r.parts.kindOf(p), u.seen[name]
	u.seen[name]++
	switch {
	case n == 0 || k.styled || k == u.r.parts.other:
		return nil
	case !k.list:
		return flawed(flawAt{repeated, pointerTo(p.name)})
	case k.most > 0 && n == k.most:
		return invalidBody(faults{{In: "body", Pointer: pointerTo(p.name), Keyword: "maxItems", Message: "must have fewer items"}})
	}
	return nil
}

// beginFile lets the content of a file come.
func (u *upload) beginFile(p *part, k *partKind) error {
	if err := u.early(p); err != nil {
		return err
	}
	u.file, u.pointer, u.length = &fileCount{rules: k.file, limit: u.r.file}, u.r.parts.pointer(p), p.length
	u.pass(p)
	return nil
}

// value holds a part that is no file, and judges it.
func (u *upload) value(p *part) error {
	content := []byte{} // never nil: it is there
	for last := false; !last; {
		var piece []byte
		var err error
		if piece, last, err = u.s.content(); err != nil {
			return err
		}
		if err := u.hold(len(piece)); err != nil {
			return err
		}
		content = append(content, piece...)
	}
	p.content = content
	var found faults
	if err := u.r.judge(u.r.parts, p, "", &found); err != nil {
		return err
	}
	if len(found) > 0 {
		return invalidBody(found)
	}
	if err := u.early(p); err != nil {
		return err
	}
	u.pass(p)
	u.emit(p.content)
	return nil
}

// early judges a part before it goes on, where what the schema says of it
// depends on no other, and takes out of it, or takes out with it, what may be.
// Everything else is judged at the end.
func (u *upload) early(p *part) error {
	a := u.r.parts
	u.dropped = false
	kind := a.kindOf(p)
	if !a.plain || kind.styled || a.fields.schema == nil {
		return nil
	}
	name := a.property(p.name)
	alone := []*group{{name: name, kind: kind, parts: []*part{p}}}
	at := "/" + source.EscapePointer(name)
	judge := func(text []byte) jsonschema.Cleaned {
		c := a.fields.judge(text, u.r.may)
		c.Faults = about(a.withoutFiles(c.Faults), at)
		return c
	}
	d := decoder{marking: true}
	flaw, c := a.fields.tries(&d, judge, func(d *decoder, turn int) flawAt { return a.write(d, alone, turn) })
	switch {
	case flaw.flaw != sound:
		return flawed(flaw)
	case len(c.Faults) > 0 && c.Faults[0].Syntax():
		return malformed("The body has a part of which two readings are there.")
	case len(c.Faults) > 0:
		return invalid(c.Faults, "")
	}
	u.dropped = d.lost(c.Gone)[p.index]
	p.shorten(d.left(p.content, p.index, c.Gone))
	return nil
}

// about are the faults of one member that no further part can mend.
func about(found []jsonschema.Fault, pointer string) []jsonschema.Fault {
	kept := found[:0:0]
	for _, f := range found {
		here := f.Pointer == pointer
		switch f.Keyword {
		case "minItems", "contains", "minContains":
			if here {
				continue // more may come
			}
		}
		if here || f.Syntax() || strings.HasPrefix(f.Pointer, pointer+"/") {
			kept = append(kept, f)
		}
	}
	return kept
}

// pass lets a part go on up to its content, and keeps what is judged of it at
// the end.
func (u *upload) pass(p *part) {
	if u.dropped {
		return
	}
	u.out = p.open(u.out, u.s.delimiter, !u.begun)
	u.begun = true
	p.head, p.fields = nil, nil
	u.order = u.r.parts.join(u.order, u.known, p)
}

func (u *upload) emit(content []byte) {
	if !u.dropped {
		u.out = append(u.out, content...)
	}
}

// finish judges all parts as one value before the last boundary goes on.
func (u *upload) finish() error {
	if _, err := u.r.verdict(&decoder{}, u.order, jsonschema.Cleaning{}); err != nil {
		return err
	}
	u.out = closing(u.out, u.s.delimiter, u.s.end, !u.begun)
	u.err = io.EOF
	return nil
}
