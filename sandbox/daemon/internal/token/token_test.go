package token

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

const uid = "0b7e1f5e-0000-4000-8000-000000000001"

var now = time.Unix(1_800_000_000, 0)

func key(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

func public(k ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(k.Public().(ed25519.PublicKey))
}

func sign(k ed25519.PrivateKey, header, payload string) string {
	b := base64.RawURLEncoding
	signed := b.EncodeToString([]byte(header)) + "." + b.EncodeToString([]byte(payload))
	return signed + "." + b.EncodeToString(ed25519.Sign(k, []byte(signed)))
}

func payload(aud string, iat, exp int64) string {
	return fmt.Sprintf(`{"aud":%q,"iat":%d,"exp":%d}`, aud, iat, exp)
}

func TestVerify(t *testing.T) {
	const header = `{"alg":"EdDSA"}`
	at := now.Unix()
	good := payload(uid, at, at+60)
	whole := sign(key(1), header, good)
	parts := strings.Split(whole, ".")
	tests := []struct {
		name, token, refusal string
	}{
		{"good", whole, ""},
		{"second key", sign(key(2), header, good), ""},
		{"clock of the signer ahead by 4 s", sign(key(1), header, payload(uid, at+4, at+64)), ""},
		{"expired 4 s ago", sign(key(1), header, payload(uid, at-64, at-4)), ""},
		{"type in the header", sign(key(1), `{"alg":"EdDSA","typ":"JWT"}`, good), ""},
		{"empty", "", "no X-Access-Token"},
		{"unknown key", sign(key(3), header, good), "signature is wrong"},
		{"other pod", sign(key(1), header, payload("x", at, at+60)), "another pod"},
		{"no audience", sign(key(1), header, fmt.Sprintf(`{"iat":%d,"exp":%d}`, at, at+60)), "another pod"},
		{"audience as a list", sign(key(1), header, fmt.Sprintf(`{"aud":[%q],"iat":%d,"exp":%d}`, uid, at, at+60)), "right form"},
		{"expired", sign(key(1), header, payload(uid, at-65, at-5)), "expired"},
		{"lives 61 s", sign(key(1), header, payload(uid, at, at+61)), "longer than a minute"},
		{"ends before it begins", sign(key(1), header, payload(uid, at+3, at+2)), "longer than a minute"},
		{"from the future", sign(key(1), header, payload(uid, at+6, at+66)), "future"},
		{"no times", sign(key(1), header, `{"aud":"`+uid+`"}`), "no times"},
		{"no issue time", sign(key(1), header, fmt.Sprintf(`{"aud":%q,"exp":%d}`, uid, at+10)), "no times"},
		{"algorithm none", sign(key(1), `{"alg":"none"}`, good), "not EdDSA"},
		{"algorithm HS256", sign(key(1), `{"alg":"HS256"}`, good), "not EdDSA"},
		{"algorithm in small letters", sign(key(1), `{"alg":"eddsa"}`, good), "not EdDSA"},
		{"critical header", sign(key(1), `{"alg":"EdDSA","crit":["x"]}`, good), "critical"},
		{"no signature", parts[0] + "." + parts[1] + ".", "malformed"},
		{"two parts", parts[0] + "." + parts[1], "compact"},
		{"four parts", whole + ".x", "compact"},
		{"payload swapped", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(payload(uid, at, at+59))) + "." + parts[2], "signature is wrong"},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "==", "malformed"},
		{"payload is no JSON", sign(key(1), header, "x"), "right form"},
		{"payload with a tail", sign(key(1), header, good+"{}"), "right form"},
		{"header is no JSON", sign(key(1), "x", good), "right form"},
		{"too long", whole + strings.Repeat("x", maxLength), "too long"},
	}
	verifier, err := NewVerifier(uid, public(key(1))+","+public(key(2)))
	if err != nil {
		t.Fatal(err)
	}
	verifier.now = func() time.Time { return now }
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := verifier.Verify(test.token)
			if test.refusal == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.refusal) {
				t.Errorf("got %v, want a refusal with %q", err, test.refusal)
			} else if test.token != "" && strings.Contains(err.Error(), test.token) {
				t.Error("the refusal shows the token")
			}
		})
	}
}

func TestNewVerifier(t *testing.T) {
	for _, test := range []struct{ name, audience, keys string }{
		{"no audience", "", public(key(1))},
		{"no keys", uid, ""},
		{"one bad among good", uid, public(key(1)) + ",eHg="},
		{"not base64", uid, "!"},
	} {
		if _, err := NewVerifier(test.audience, test.keys); err == nil {
			t.Errorf("%s: accepted", test.name)
		}
	}
}
