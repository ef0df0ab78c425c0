package code

import (
	"encoding/binary"
	"errors"
	"io"
)

func frame(body []byte) []byte {
	framed := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	return append(framed, body...)
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
	// grows as bytes arrive: a length alone reserves no memory
	body, err := io.ReadAll(io.LimitReader(r, int64(length)))
	if err == nil && uint32(len(body)) < length {
		err = io.ErrUnexpectedEOF
	}
	return body, err
}
