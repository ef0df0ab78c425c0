package environ

import (
	"slices"
	"strings"
	"testing"
)

func TestWith(t *testing.T) {
	e := New("/h")
	e.SetDefaults(map[string]string{"A": "default", "B": "default", "PATH": "/mine"})
	env := e.With(map[string]string{"B": "call"})
	for _, want := range []string{"A=default", "B=call", "PATH=/mine", "HOME=/h"} {
		if !slices.Contains(env, want) {
			t.Errorf("no %s in %v", want, env)
		}
	}
	names := map[string]bool{}
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if names[name] {
			t.Errorf("%s is there twice", name)
		}
		names[name] = true
	}
	_, before := e.Versioned()
	e.SetDefaults(nil)
	if after, version := e.Versioned(); len(after) != 0 || version == before {
		t.Errorf("got %v, %d", after, version)
	}
	if got := e.With(nil); len(got) != len(e.Base()) || got[0] != e.Base()[0] {
		t.Errorf("got %v", got)
	}
}

func TestCheck(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"no name":  {"": "x"},
		"equals":   {"A=B": "x"},
		"zero":     {"A": "\x00"},
		"long":     {"A": strings.Repeat("x", maxVariable)},
		"together": {"A": strings.Repeat("x", maxVariable-2), "B": strings.Repeat("x", maxVariable-2), "C": strings.Repeat("x", maxVariable-2), "D": strings.Repeat("x", maxVariable-2), "E": strings.Repeat("x", 9000)},
	} {
		if Check(env) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := Check(map[string]string{"A": strings.Repeat("x", maxVariable-2), "ü": "ö", "B": ""}); err != nil {
		t.Error(err)
	}
}
