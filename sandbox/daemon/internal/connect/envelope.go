// Package connect frames messages as the Connect protocol does: a byte of flags, a
// length of four bytes, and the message. https://connectrpc.com/docs/protocol
package connect

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	prefixLength   = 5
	flagCompressed = 1
	flagEndStream  = 2
)

// Error is an error on the wire.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an error with a code of the protocol.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ReadRequest reads the one message of a request to a server-streaming method.
func ReadRequest(r io.Reader, max uint32) ([]byte, error) {
	message, err := readMessage(r, max)
	if err == io.EOF {
		return nil, Errorf("invalid_argument", "want one enveloped message, the body is empty")
	}
	if err != nil {
		return nil, err
	}
	if n, _ := r.Read(make([]byte, 1)); n != 0 {
		return nil, Errorf("invalid_argument", "want one message, the body holds more")
	}
	return message, nil
}

// readMessage reads one message. Its error is io.EOF when none is left.
func readMessage(r io.Reader, max uint32) ([]byte, error) {
	var prefix [prefixLength]byte
	if n, err := io.ReadFull(r, prefix[:]); n == 0 && err == io.EOF {
		return nil, io.EOF
	} else if err != nil {
		return nil, Errorf("invalid_argument", "want an enveloped message, the body ends in its prefix")
	}
	switch flags := prefix[0]; {
	case flags&flagCompressed != 0:
		return nil, Errorf("unimplemented", "compressed messages are not supported")
	case flags&flagEndStream != 0:
		return nil, Errorf("invalid_argument", "a request has no end-of-stream message")
	case flags != 0:
		return nil, Errorf("invalid_argument", "unknown envelope flags %#x", flags)
	}
	length := binary.BigEndian.Uint32(prefix[1:])
	if length > max {
		return nil, Errorf("resource_exhausted", "message of %d bytes, at most %d are taken", length, max)
	}
	// grows as bytes arrive: a length alone reserves no memory
	message, err := io.ReadAll(io.LimitReader(r, int64(length)))
	if err != nil || uint32(len(message)) != length {
		return nil, Errorf("invalid_argument", "the body ends inside its message")
	}
	return message, nil
}

// WriteMessage writes one message of an answer.
func WriteMessage(w io.Writer, message any) error {
	return write(w, 0, message)
}

// WriteEnd writes the last message; failure may be nil.
func WriteEnd(w io.Writer, failure error) error {
	end := struct {
		Error *Error `json:"error,omitempty"`
	}{}
	if failure != nil && !errors.As(failure, &end.Error) {
		end.Error = Errorf("internal", "%v", failure)
	}
	return write(w, flagEndStream, end)
}

func write(w io.Writer, flags byte, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	frame := make([]byte, prefixLength, prefixLength+len(body))
	frame[0] = flags
	binary.BigEndian.PutUint32(frame[1:], uint32(len(body)))
	_, err = w.Write(append(frame, body...))
	return err
}
