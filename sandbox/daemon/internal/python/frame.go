package python

import (
	"encoding/binary"
	"errors"
	"io"
)

func writeFrame(w io.Writer, body []byte) error {
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	_, err := w.Write(append(frame, body...))
	return err
}

func readFrame(r io.Reader, max uint32) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(prefix[:])
	if length > max {
		return nil, errors.New("frame too long")
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}
