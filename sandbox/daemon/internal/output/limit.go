// Package output bounds what a program may say.
package output

import "unicode/utf8"

// Limit counts the bytes of one stream and keeps the first of them.
type Limit struct {
	left int
	cut  bool
}

// NewLimit keeps the first max bytes.
func NewLimit(max int) *Limit { return &Limit{left: max} }

// Take returns the part of p that is kept, and whether this call was the one that
// cut the stream. The rest is to be read and thrown away.
func (l *Limit) Take(p []byte) (kept []byte, cutNow bool) {
	if len(p) <= l.left {
		l.left -= len(p)
		return p, false
	}
	kept = p[:l.left]
	cutNow = !l.cut
	l.left, l.cut = 0, true
	return kept, cutNow
}

// Cut reports whether bytes were thrown away.
func (l *Limit) Cut() bool { return l.cut }

// Text turns a stream of bytes into pieces of text: a character that is split over
// two reads is held back for the next.
type Text struct{ rest []byte }

// Add returns the text that is complete.
func (t *Text) Add(p []byte) string {
	t.rest = append(t.rest, p...)
	n := len(t.rest) - incomplete(t.rest)
	text := string(t.rest[:n])
	t.rest = append(t.rest[:0], t.rest[n:]...)
	return text
}

// End returns what was held back.
func (t *Text) End() string {
	text := string(t.rest)
	t.rest = nil
	return text
}

// incomplete counts the bytes at the end of p that begin a character and lack its
// end.
func incomplete(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
