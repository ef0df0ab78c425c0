package connect

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// Types that read what the JSON mapping of Protocol Buffers lets a client write.
// https://protobuf.dev/programming-guides/json/

// Bytes are base64, of either alphabet, with padding or not.
type Bytes []byte

func (b *Bytes) UnmarshalJSON(text []byte) error {
	var encoded *string
	if err := json.Unmarshal(text, &encoded); err != nil || encoded == nil {
		return err
	}
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(*encoded, "="))
	decoded, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return Errorf("invalid_argument", "bytes are not base64")
	}
	*b = decoded
	return nil
}

// Uint32 is a number, or a string that holds one.
type Uint32 uint32

func (u *Uint32) UnmarshalJSON(text []byte) error {
	digits := strings.Trim(string(text), `"`)
	if digits == "null" {
		return nil
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return Errorf("invalid_argument", "%.40s is not a number of 32 bits without sign", text)
	}
	*u = Uint32(n)
	return nil
}
