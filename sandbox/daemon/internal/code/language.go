package code

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"hermes.dev/sandbox/daemon/internal/connect"
)

var (
	//go:embed display.py
	displayPy string
	//go:embed kernel.py
	kernelPy string
	//go:embed kernel.js
	kernelJs string
	//go:embed kernel.sh
	kernelSh string
)

// language is how an interpreter is started and spoken to.
type language struct {
	name    string
	program string
	args    []string
	script  string // given over file 3, so that it does not fill the process list
	encode  func(request) ([]byte, error)
	// exit is how code ends that has done its work, not a break-down.
	exit bool
}

// request is one call to an interpreter.
type request struct {
	ID             int               `json:"id"`
	Code           string            `json:"code"`
	Env            map[string]string `json:"env"`
	Defaults       map[string]string `json:"defaults"` // nil: as before
	ResultLimit    int               `json:"result_limit"`
	TracebackLimit int               `json:"traceback_limit"`
	Rich           bool              `json:"rich"`

	before changed
}

// changed are the variables that calls before have set, for a shell, which does not
// keep account of them itself.
type changed struct{ env, defaults map[string]string }

var languages = map[string]language{
	"python": {
		name:    "python",
		program: "python3",
		args: []string{"-c", `import os
size, script = int.from_bytes(os.read(3, 4), "big"), b""
while len(script) < size:
    script += os.read(3, size - len(script))
exec(compile(script, "<kernel>", "exec"))
`},
		script: displayPy + kernelPy,
		encode: encodeJSON,
	},
	"javascript": {
		name:    "javascript",
		program: "node",
		args: []string{"-e", `{
  const read = (size) => {
    const data = Buffer.alloc(size);
    for (let got = 0; got < size;) got += require('fs').readSync(3, data, got, size - got);
    return data;
  };
  globalThis.__import = (name) => import(name);
  new Function('require', read(read(4).readUInt32BE(0)).toString())(require);
}`},
		script: kernelJs,
		encode: encodeJSON,
	},
	"bash": {
		name:    "bash",
		program: "/bin/bash",
		args:    []string{"-c", kernelSh, "bash"},
		encode:  encodeShell,
		exit:    true,
	},
}

// installed looks where programs of a sandbox are looked for.
func (l language) installed() bool {
	paths := []string{l.program}
	if !strings.Contains(l.program, "/") {
		paths = []string{"/usr/local/bin/" + l.program, "/usr/bin/" + l.program, "/bin/" + l.program}
	}
	return slices.ContainsFunc(paths, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
	})
}

// languageOf knows a language by the names that E2B's clients use.
func languageOf(name string) (language, error) {
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "":
		name = "python"
	case "js":
		name = "javascript"
	case "sh", "shell":
		name = "bash"
	}
	if l, ok := languages[name]; ok {
		return l, nil
	}
	return language{}, connect.Errorf("unimplemented", "language %.40q is not offered; python, javascript and bash are", name)
}

func encodeJSON(r request) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return frame(body), nil
}

// encodeShell makes one line for kernel.sh.
func encodeShell(r request) ([]byte, error) {
	var script strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.before.env)) {
		if value, ok := r.before.defaults[name]; ok && r.Defaults == nil {
			export(&script, name, value)
		} else {
			unset(&script, name)
		}
	}
	if r.Defaults != nil {
		for _, name := range slices.Sorted(maps.Keys(r.before.defaults)) {
			unset(&script, name)
		}
		for _, name := range slices.Sorted(maps.Keys(r.Defaults)) {
			export(&script, name, r.Defaults[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Env)) {
		if !isIdentifier(name) {
			return nil, connect.Errorf("invalid_argument", "bash has no variables of such names as %.40q", name)
		}
		export(&script, name, r.Env[name])
	}
	if strings.ContainsRune(r.Code, 0) {
		return nil, connect.Errorf("invalid_argument", "code for bash holds a zero byte")
	}
	fmt.Fprintf(&script, "eval %s", quote(r.Code))
	return fmt.Appendf(nil, "%d %s\n", r.ID, script.String()), nil
}

// export leaves out defaults that a shell cannot have; other programs get them.
func export(script *strings.Builder, name, value string) {
	if isIdentifier(name) {
		fmt.Fprintf(script, "export %s=%s; ", name, quote(value))
	}
}

func unset(script *strings.Builder, name string) {
	if isIdentifier(name) {
		fmt.Fprintf(script, "unset -v %s; ", name)
	}
}

func isIdentifier(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// quote makes one word of a shell of any text, on one line.
func quote(text string) string {
	var word strings.Builder
	word.WriteString("$'")
	for _, c := range []byte(text) {
		switch {
		case c == '\'' || c == '\\':
			word.WriteByte('\\')
			word.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&word, `\%03o`, c)
		default:
			word.WriteByte(c)
		}
	}
	word.WriteByte('\'')
	return word.String()
}
