package connect

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func frame(flags byte, length uint32, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, length), body...)
}

func TestReadRequest(t *testing.T) {
	tests := []struct {
		name string
		body []byte
		code string // of the error; none when empty
	}{
		{"one message", frame(0, 2, "{}"), ""},
		{"empty message", frame(0, 0, ""), ""},
		{"no body", nil, "invalid_argument"},
		{"half a prefix", []byte{0, 0, 0}, "invalid_argument"},
		{"message broken off", frame(0, 10, "{}"), "invalid_argument"},
		{"two messages", frame(0, 2, "{}\x00"), "invalid_argument"},
		{"compressed", frame(1, 2, "{}"), "unimplemented"},
		{"end of stream", frame(2, 2, "{}"), "invalid_argument"},
		{"unknown flag", frame(128, 2, "{}"), "invalid_argument"},
		{"longer than allowed", frame(0, 101, strings.Repeat("x", 101)), "resource_exhausted"},
		{"a length of 4 GiB", frame(0, 0xffffffff, ""), "resource_exhausted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadRequest(bytes.NewReader(test.body), 100)
			var failure *Error
			if errors.As(err, &failure); test.code == "" && err != nil || test.code != "" && (failure == nil || failure.Code != test.code) {
				t.Errorf("got %v, want code %q", err, test.code)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	tests := []struct {
		name  string
		write func(*bytes.Buffer) error
		want  []byte
	}{
		{"message", func(b *bytes.Buffer) error { return WriteMessage(b, map[string]int{"a": 1}) }, frame(0, 7, `{"a":1}`)},
		{"good end", func(b *bytes.Buffer) error { return WriteEnd(b, nil) }, frame(2, 2, `{}`)},
		{"bad end", func(b *bytes.Buffer) error { return WriteEnd(b, Errorf("not_found", "no")) },
			frame(2, 45, `{"error":{"code":"not_found","message":"no"}}`)},
		{"end by another error", func(b *bytes.Buffer) error { return WriteEnd(b, errors.New("x")) },
			frame(2, 43, `{"error":{"code":"internal","message":"x"}}`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := test.write(&b); err != nil || !bytes.Equal(b.Bytes(), test.want) {
				t.Errorf("got %q, %v, want %q", b.Bytes(), err, test.want)
			}
		})
	}
}

// FuzzEnvelope: whatever arrives, the reader takes no more than it is allowed to, and
// a message it accepts comes out as it went in.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte{})
	f.Add(frame(0, 2, "{}"))
	f.Add(frame(0, 3, "{}"))
	f.Add(frame(1, 2, "{}"))
	f.Add(frame(2, 2, "{}"))
	f.Add(frame(0, 0xffffffff, "{}"))
	f.Add(frame(0, 5, `{"a":`))
	const max = 1 << 10
	f.Fuzz(func(t *testing.T, body []byte) {
		message, err := ReadRequest(bytes.NewReader(body), max)
		if err != nil {
			var failure *Error
			if !errors.As(err, &failure) || failure.Code == "" || failure.Message == "" {
				t.Fatalf("error %v has no code or message", err)
			}
			if _, err := json.Marshal(failure); err != nil {
				t.Fatal(err)
			}
			return
		}
		if len(message) > max {
			t.Fatalf("took %d bytes", len(message))
		}
		if !bytes.Equal(body, frame(0, uint32(len(message)), string(message))) {
			t.Fatalf("took %q for %q", message, body)
		}
	})
}
