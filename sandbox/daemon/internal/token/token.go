// Package token verifies the tokens with which the control API speaks to this pod
// and to no other: JWS compact (RFC 7515) with EdDSA (RFC 8037).
package token

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	maxLength   = 2048
	maxLifetime = 60 * time.Second
	skew        = 5 * time.Second // clocks of two nodes
)

// Verifier accepts tokens for one audience, signed with any of its keys.
type Verifier struct {
	audience string
	keys     []ed25519.PublicKey
	now      func() time.Time
}

// NewVerifier takes the pod's UID and the keys as base64 of 32 raw bytes, comma
// separated.
func NewVerifier(audience, keys string) (*Verifier, error) {
	if audience == "" {
		return nil, errors.New("no pod UID")
	}
	v := &Verifier{audience: audience, now: time.Now}
	for key := range strings.SplitSeq(keys, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, errors.New("a public key is not base64 of 32 bytes")
		}
		v.keys = append(v.keys, raw)
	}
	return v, nil
}

type header struct {
	Alg  string          `json:"alg"`
	Crit json.RawMessage `json:"crit"`
}

type claims struct {
	Aud string `json:"aud"`
	Iat int64  `json:"iat"`
	Exp int64  `json:"exp"`
}

// Verify says why a token is refused. The message never holds the token.
func (v *Verifier) Verify(token string) error {
	if token == "" {
		return errors.New("no X-Access-Token")
	}
	if len(token) > maxLength {
		return errors.New("token too long")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("token is not a JWS in compact form")
	}
	var h header
	if err := decode(parts[0], &h); err != nil {
		return fmt.Errorf("token header: %w", err)
	}
	if h.Alg != "EdDSA" {
		return errors.New("token algorithm is not EdDSA")
	}
	if h.Crit != nil {
		return errors.New("token has critical headers")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != ed25519.SignatureSize {
		return errors.New("token signature is malformed")
	}
	if !v.signed([]byte(token[:len(parts[0])+1+len(parts[1])]), signature) {
		return errors.New("token signature is wrong")
	}
	var c claims
	if err := decode(parts[1], &c); err != nil {
		return fmt.Errorf("token payload: %w", err)
	}
	return v.check(c)
}

func (v *Verifier) signed(message, signature []byte) bool {
	for _, key := range v.keys {
		if ed25519.Verify(key, message, signature) {
			return true
		}
	}
	return false
}

func (v *Verifier) check(c claims) error {
	now := v.now()
	issued, expires := time.Unix(c.Iat, 0), time.Unix(c.Exp, 0)
	switch {
	case c.Aud != v.audience:
		return errors.New("token is for another pod")
	case c.Iat <= 0 || c.Exp <= 0:
		return errors.New("token has no times")
	case issued.After(now.Add(skew)):
		return errors.New("token is from the future")
	case !expires.Add(skew).After(now):
		return errors.New("token has expired")
	case !expires.After(issued) || expires.Sub(issued) > maxLifetime:
		return errors.New("token lives longer than a minute")
	}
	return nil
}

func decode(part string, into any) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return errors.New("not base64url")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(into); err != nil || decoder.More() {
		return errors.New("not a JSON object of the right form")
	}
	return nil
}
