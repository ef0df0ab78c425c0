package output

import (
	"strings"
	"testing"
)

func TestLimit(t *testing.T) {
	tests := []struct {
		name  string
		max   int
		parts []string
		kept  string
		cutAt int // index of the part that cut; -1 when none
	}{
		{"below", 10, []string{"abc", "def"}, "abcdef", -1},
		{"exactly", 6, []string{"abc", "def"}, "abcdef", -1},
		{"one over", 5, []string{"abc", "def"}, "abcde", 1},
		{"after it was full", 3, []string{"abc", "d", "e"}, "abc", 1},
		{"nothing allowed", 0, []string{"a"}, "", 0},
		{"nothing said", 0, nil, "", -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			limit, kept, cutAt := NewLimit(test.max), "", -1
			for i, part := range test.parts {
				k, cut := limit.Take([]byte(part))
				kept += string(k)
				if cut && cutAt >= 0 {
					t.Error("cut twice")
				} else if cut {
					cutAt = i
				}
			}
			if kept != test.kept || cutAt != test.cutAt || limit.Cut() != (test.cutAt >= 0) {
				t.Errorf("kept %q, cut at %d, want %q, %d", kept, cutAt, test.kept, test.cutAt)
			}
		})
	}
}

func TestText(t *testing.T) {
	whole := "añ→😀z"
	for size := 1; size <= len(whole); size++ {
		var text Text
		var got strings.Builder
		for rest := whole; rest != ""; {
			n := min(size, len(rest))
			piece := text.Add([]byte(rest[:n]))
			if strings.ContainsRune(piece, '\uFFFD') || strings.ToValidUTF8(piece, "?") != piece {
				t.Errorf("size %d: piece %q is cut inside a character", size, piece)
			}
			got.WriteString(piece)
			rest = rest[n:]
		}
		if got.WriteString(text.End()); got.String() != whole {
			t.Errorf("size %d: got %q", size, got.String())
		}
	}
}

func TestTextOfBytesThatAreNone(t *testing.T) {
	var text Text
	if got := text.Add([]byte("\xff\xfe\x80x")) + text.End(); got != "\xff\xfe\x80x" {
		t.Errorf("got %q", got)
	}
	if got := text.Add([]byte("a\xf0\x9f")); got != "a" || text.End() != "\xf0\x9f" {
		t.Errorf("got %q", got)
	}
}
