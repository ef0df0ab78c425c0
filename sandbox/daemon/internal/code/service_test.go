package code

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/slots"
)

type object = map[string]any

// client of a sandbox's code interpreter.
type client struct {
	*httptest.Server
	t       *testing.T
	environ *environ.Environment
	home    string
}

func serve(t *testing.T) *client {
	t.Helper()
	r, err := runner()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	environment := environ.New(home)
	contexts := NewContexts(r, environment, home, "")
	service := NewService(ServiceConfig{
		Runner:   r,
		Contexts: contexts,
		Slots:    slots.New(4),
		Environ:  environment,
		Home:     home,
		Limits:   box.Limits{Stdout: 1000, Stderr: 1000},
		Timeout:  2 * time.Second,
	})
	mux := http.NewServeMux()
	for pattern, handler := range service.Routes() {
		mux.HandleFunc(pattern, handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		for _, n := range contexts.list() {
			n.Close()
		}
	})
	return &client{server, t, environment, home}
}

func (c *client) send(ctx context.Context, method, path string, body any, header ...string) (int, string) {
	c.t.Helper()
	text, _ := json.Marshal(body)
	r, _ := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(text))
	r.Header.Set("X-Hermes-Plane", "data")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := c.Client().Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(answer)
}

// ran is what a client of E2B makes of the lines of an answer.
type ran struct {
	stdout, stderr string
	results        []object
	failure        object
	count          float64
}

func (c *client) run(request object, header ...string) ran {
	c.t.Helper()
	status, body := c.send(context.Background(), "POST", "/execute", request, header...)
	if status != 200 {
		c.t.Fatalf("%d %s", status, body)
	}
	var r ran
	for text := range strings.Lines(body) {
		var line object
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			c.t.Fatalf("%q: %v", text, err)
		}
		switch line["type"] {
		case "stdout":
			r.stdout += line["text"].(string)
			if line["timestamp"].(float64) < 1.7e18 {
				c.t.Errorf("timestamp %v", line["timestamp"])
			}
		case "stderr":
			r.stderr += line["text"].(string)
		case "result":
			r.results = append(r.results, line)
		case "error":
			r.failure = line
		case "number_of_executions":
			r.count = line["execution_count"].(float64)
		}
	}
	return r
}

// text of the main result.
func (r ran) text() any {
	for _, result := range r.results {
		if result["is_main_result"] == true {
			return result["text"]
		}
	}
	return nil
}

func (c *client) create(request object) string {
	c.t.Helper()
	status, body := c.send(context.Background(), "POST", "/contexts", request)
	var made object
	if json.Unmarshal([]byte(body), &made); status != 200 {
		c.t.Fatalf("%d %s", status, body)
	}
	return made["id"].(string)
}

func hasNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node on this machine")
	}
}

func TestPythonForClients(t *testing.T) {
	c := serve(t)
	for _, test := range []struct {
		name, code     string
		text           any
		stdout, stderr string
		failure        any
	}{
		{name: "state", code: "x = 41"},
		{name: "value", code: "x + 1", text: "42"},
		{name: "text has no quotes", code: "'a' + 'b'", text: "ab"},
		{name: "indented", code: "    y = 2\n    y", text: "2"},
		{name: "indented badly", code: "  y = 2\n y", failure: "IndentationError"},
		{name: "output", code: "print('a'); import sys; print('b', file=sys.stderr)", stdout: "a\n", stderr: "b\n"},
		{name: "await", code: "import asyncio\nawait asyncio.sleep(0.01)\nz = await asyncio.sleep(0, 7)\nz", text: "7"},
		{name: "await as result", code: "await asyncio.sleep(0, 8)", text: "8"},
		{name: "await in a loop", code: "for n in range(2):\n    print(await asyncio.sleep(0, n))", stdout: "0\n1\n"},
		{name: "async with", code: "lock = asyncio.Lock()\nasync with lock: print('held')", stdout: "held\n"},
		{name: "tasks go on", code: "task = asyncio.create_task(asyncio.sleep(0, 9)); await asyncio.sleep(0)"},
		{name: "and are there", code: "await task", text: "9"},
		{name: "a loop of its own", code: "asyncio.run(asyncio.sleep(0, 10))", text: "10"},
		{name: "after it", code: "await asyncio.sleep(0, 11)", text: "11"},
		{name: "await fails", code: "async def f(): raise KeyError('k')\nawait f()", failure: "KeyError"},
		{name: "exit", code: "raise SystemExit(3)", failure: "ExitStatus"},
		{name: "nothing", code: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.run(object{"code": test.code})
			if r.text() != test.text || r.stdout != test.stdout || r.stderr != test.stderr || r.failure["name"] != test.failure {
				t.Errorf("got %+v", r)
			}
		})
	}
	if r := c.run(object{"code": "1", "language": "python"}); r.count != 18 || r.text() != "1" {
		t.Errorf("got %+v", r)
	}
	if r := c.run(object{"code": "print('x' * 3_000_000)"}); len(r.stdout) != 3_000_001 {
		t.Errorf("output of %d", len(r.stdout))
	}
	r := c.run(object{"code": "def f():\n    return 1/0\nf()"})
	if r.failure["value"] != "division by zero" || !strings.Contains(r.failure["traceback"].(string), "return 1/0") {
		t.Errorf("got %v", r.failure)
	}
}

func TestRichResults(t *testing.T) {
	c := serve(t)
	c.run(object{"code": `
class All:
    def __repr__(self): return "All()"
    def _repr_html_(self): return "<b>"
    def _repr_markdown_(self): return "*m*"
    def _repr_svg_(self): return "<svg/>"
    def _repr_png_(self): return b"\x89PNG"
    def _repr_jpeg_(self): return "anBlZw=="
    def _repr_latex_(self): return "$x$", {"meta": 1}
    def _repr_json_(self): return {"a": [1, None]}
    def _repr_javascript_(self): return "alert()"
    def _repr_pdf_(self): return None
    def _repr_mimebundle_(self, include=None, exclude=None): return {"application/vnd.x+json": {"v": 1}}
class Any:
    def __getattr__(self, name): return lambda *a, **k: "any"
    def __repr__(self): return "Any()"
class Bad:
    def __repr__(self): return "Bad()"
    def _repr_html_(self): raise ValueError("no html")
`})
	r := c.run(object{"code": "All()"})
	want := object{
		"type": "result", "is_main_result": true, "text": "All()", "html": "<b>", "markdown": "*m*", "svg": "<svg/>", "png": "iVBORw==",
		"jpeg": "anBlZw==", "latex": "$x$", "json": object{"a": []any{1.0, nil}}, "javascript": "alert()",
		"extra": object{"application/vnd.x+json": object{"v": 1.0}},
	}
	if len(r.results) != 1 || fmt.Sprint(r.results[0]) != fmt.Sprint(want) {
		t.Errorf("got %v", r.results)
	}
	r = c.run(object{"code": "display(All(), 2)\ndisplay({'text/latex': 'x'}, raw=True)\nprint('said')\n3"})
	if len(r.results) != 4 || r.results[0]["html"] != "<b>" || r.results[0]["is_main_result"] != false || r.results[1]["text"] != "2" ||
		fmt.Sprint(r.results[2]) != "map[extra:map[] is_main_result:false latex:x type:result]" || r.text() != "3" || r.stdout != "said\n" {
		t.Errorf("got %+v", r)
	}
	for code, json := range map[string]string{"{'a': 1}": "map[a:1]", "[1, 'x']": "[1 x]", "{1: 2}": "map[1:2]", "(1, 2)": "<nil>", "[float('nan')]": "<nil>", "{'a': object()}": "<nil>"} {
		if r := c.run(object{"code": code}); fmt.Sprint(r.results[0]["json"]) != json {
			t.Errorf("%s: %v", code, r.results)
		}
	}
	if r := c.run(object{"code": "Any()"}); len(r.results[0]) != 4 || r.text() != "Any()" {
		t.Errorf("got %v", r.results)
	}
	if r := c.run(object{"code": "Bad()"}); r.text() != "Bad()" || r.stderr != "_repr_html_ failed: ValueError: no html\n" {
		t.Errorf("got %+v", r)
	}
	if r := c.run(object{"code": "All"}); r.results[0]["html"] != nil {
		t.Errorf("a class: %v", r.results)
	}
	r = c.run(object{"code": "from IPython.display import display, HTML, Image\ndisplay(HTML('<i>'))\nImage(data=b'x')"})
	if len(r.results) != 2 || r.results[0]["html"] != "<i>" || r.results[1]["png"] != "eA==" {
		t.Errorf("got %+v", r)
	}
	r = c.run(object{"code": `
class Big:
    def _repr_png_(self): return b"x" * 5_000_000
    def __repr__(self): return "t" * 5_000_000
Big()`})
	if text := r.text().(string); r.results[0]["png"] != nil || len(text) > 400_000 || !strings.Contains(r.stderr, "image/png of ") {
		t.Errorf("%d of text, %s", len(text), r.stderr)
	}
	if r := c.run(object{"code": "import threading, time\nthreading.Timer(0.05, lambda: display(All())).start()"}); r.failure != nil {
		t.Errorf("got %v", r.failure)
	}
	time.Sleep(150 * time.Millisecond)
	if r := c.run(object{"code": "1"}); r.text() != "1" || len(r.results) != 1 {
		t.Errorf("a late display is in the way: %+v", r)
	}
}

// Libraries are known by their names and forms alone; none is loaded for that.
func TestFiguresAndFrames(t *testing.T) {
	c := serve(t)
	c.run(object{"code": `
import os, sys
os.makedirs("matplotlib")
open("matplotlib/__init__.py", "w").write("")
open("matplotlib/figure.py", "w").write('''
class Figure:
    def __repr__(self): return "Figure()"
    def savefig(self, file, format, bbox_inches): file.write(b"png")
''')
open("matplotlib/pyplot.py", "w").write('''
from matplotlib.figure import Figure
figures = {}
def plot():
    show.__signature__ = "as matplotlib does"
    figures[len(figures) + 1] = Figure()
def get_fignums(): return list(figures)
def figure(number): return figures[number]
def close(figure):
    for number in list(figures):
        if figures[number] is figure: del figures[number]
def show(): raise Exception("no display")
''')
open("pandas.py", "w").write('''
class Timestamp:
    def isoformat(self): return "2026"
class DataFrame:
    def __repr__(self): return "frame"
    def to_dict(self, orient): return {"a": [1, Timestamp()]}
''')`})
	r := c.run(object{"code": "import matplotlib.pyplot as plt\nplt.plot()\nplt.show()\nplt.plot()\nprint('end')"})
	if len(r.results) != 2 || r.results[0]["png"] != "cG5n" || r.results[1]["text"] != "Figure()" || r.failure != nil || r.text() != nil {
		t.Errorf("got %+v", r)
	}
	if r := c.run(object{"code": "plt.plot(); plt.figure(1)"}); len(r.results) != 1 || r.results[0]["png"] != "cG5n" || r.text() != "Figure()" {
		t.Errorf("shown twice: %+v", r)
	}
	if r := c.run(object{"code": "import pandas; pandas.DataFrame()"}); fmt.Sprint(r.results[0]["data"]) != "map[a:[1 2026]]" {
		t.Errorf("got %+v", r)
	}
}

func TestBashForClients(t *testing.T) {
	c := serve(t)
	for _, test := range []struct {
		name, code     string
		stdout, stderr string
		failure        any
	}{
		{name: "variables and directory", code: "a='x y'; cd /usr; f() { echo \"f $a\"; }"},
		{name: "stay", code: "f; pwd", stdout: "f x y\n/usr\n"},
		{name: "several lines", code: "for i in 1 2; do\n  echo $i\ndone\ncat <<'E'\n$a 'q' \\n ö😀\nE\n", stdout: "1\n2\n$a 'q' \\n ö😀\n"},
		{name: "both streams", code: "echo out; echo err >&2", stdout: "out\n", stderr: "err\n"},
		{name: "status", code: "false", failure: "ExitStatus"},
		{name: "status of before", code: "echo $?", stdout: "0\n"},
		{name: "syntax", code: "if", failure: "ExitStatus", stderr: "syntax error"},
		{name: "after it", code: "echo $a", stdout: "x y\n"},
		{name: "own files only", code: "ls /proc/self/fd | wc -l; exec 7</dev/null; cat", stdout: "4\n"},
		{name: "file 3 is the code's", code: "exec 3>&1; echo three >&3", stdout: "three\n"},
		{name: "and file 7 stays", code: "[ -e /proc/$$/fd/7 ] && echo open", stdout: "open\n"},
		{name: "background", code: "sleep 100 & echo started", stdout: "started\n"},
		{name: "jobs", code: "kill %1 && wait %1; echo $?", stdout: "143\n"},
		{name: "exit", code: "echo bye; exit 4", stdout: "bye\n", failure: "ExitStatus"},
		{name: "a new shell", code: "echo \"[$a]\"; pwd", stdout: "[]\n" + c.home + "\n"},
		{name: "exit well", code: "exit"},
		{name: "strict", code: "set -euo pipefail; false; echo never", failure: "ExitStatus"},
		{name: "another new shell", code: "echo $-", stdout: "hBc\n"},
		{name: "replaced", code: "exec echo gone", stdout: "gone\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.run(object{"code": test.code, "language": "bash"})
			if r.stdout != test.stdout || !strings.Contains(r.stderr, test.stderr) || r.failure["name"] != test.failure || len(r.results) != 0 {
				t.Errorf("got %+v", r)
			}
		})
	}
	if r := c.run(object{"code": "head -c 3000000 /dev/zero | tr '\\0' x", "language": "bash"}); len(r.stdout) != 3_000_000 {
		t.Errorf("output of %d", len(r.stdout))
	}
}

func TestJavaScript(t *testing.T) {
	hasNode(t)
	c := serve(t)
	for _, test := range []struct {
		name, code     string
		text           any
		stdout, stderr string
		failure        any
	}{
		{name: "const", code: "const a = 1; let b = 2; class C { v = 3 }"},
		{name: "stay", code: "a + b + new C().v", text: "6"},
		{name: "declared anew", code: "const a = 10; a", text: "10"},
		{name: "text", code: "'x' + 'y'", text: "xy"},
		{name: "object", code: "({p: [1, {q: null}]})", text: "{ p: [ 1, { q: null } ] }"},
		{name: "null", code: "null", text: "null"},
		{name: "nothing", code: "undefined"},
		{name: "numbers", code: "[0.5, NaN, 1n, -0]", text: "[ 0.5, NaN, 1n, -0 ]"},
		{name: "big", code: "2n ** 70n", text: "1180591620717411303424n"},
		{name: "not a number", code: "0 / 0", text: "NaN"},
		{name: "symbol", code: "Symbol('s')", text: "Symbol(s)"},
		{name: "await", code: "const w = await new Promise(r => setTimeout(() => r(7), 5)); w", text: "7"},
		{name: "promise", code: "Promise.resolve(8)", text: "Promise { 8 }"},
		{name: "output", code: "console.log('out'); console.error('err')", stdout: "out\n", stderr: "err\n"},
		{name: "require", code: "require('fs').existsSync('/etc/passwd')", text: "true"},
		{name: "import", code: "import fs from 'fs'\nimport { join as j, sep } from 'node:path'\nimport * as os from 'os'\nimport 'util'\n[typeof fs.readFileSync, j('a', 'b'), sep, typeof os.cpus]", text: "[ 'function', 'a/b', '/', 'function' ]"},
		{name: "imported stays", code: "j('c', 'd')", text: "c/d"},
		{name: "directory", code: "process.cwd()", text: c.home},
		{name: "throw", code: "function f() { throw new TypeError('no') }\nf()", failure: "TypeError"},
		{name: "throw text", code: "throw 'text'", failure: "Error"},
		{name: "reject", code: "await Promise.reject(new RangeError('r'))", failure: "RangeError"},
		{name: "syntax", code: "const = 1", failure: "SyntaxError"},
		{name: "uncaught", code: "setTimeout(() => { throw new Error('later') }, 0); await new Promise(r => setTimeout(r, 20))", stderr: "later"},
		{name: "after all", code: "a", text: "10"},
		{name: "exit", code: "process.exit(3)", failure: "ContextRestarted"},
		{name: "anew", code: "typeof a", text: "undefined"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.run(object{"code": test.code, "language": "js"})
			if r.text() != test.text || r.stdout != test.stdout || !strings.Contains(r.stderr, test.stderr) || r.failure["name"] != test.failure {
				t.Errorf("got %+v", r)
			}
		})
	}
	r := c.run(object{"code": "function f() { throw new TypeError('no') }\nf()", "language": "javascript"})
	if trace := r.failure["traceback"].(string); r.failure["value"] != "no" || !strings.Contains(trace, "at f (") || strings.Contains(trace, "inspector") {
		t.Errorf("got %v", r.failure)
	}
	if r := c.run(object{"code": "console.log('x'.repeat(3000000))", "language": "javascript"}); len(r.stdout) != 3_000_001 {
		t.Errorf("output of %d", len(r.stdout))
	}
}

func TestEnvironmentsOfCalls(t *testing.T) {
	show := map[string]string{
		"python":     "import os; print(os.environ.get('A', ''), os.environ.get('D', ''), os.environ.get('LANG', ''))",
		"bash":       "echo \"$A $D $LANG\"",
		"javascript": "console.log(process.env.A ?? '', process.env.D ?? '', process.env.LANG ?? '')",
	}
	for language, code := range show {
		t.Run(language, func(t *testing.T) {
			if language == "javascript" {
				hasNode(t)
			}
			c := serve(t)
			want := func(what string, env any) {
				t.Helper()
				r := c.run(object{"code": code, "language": language, "env_vars": env})
				if r.stdout != what+"\n" {
					t.Errorf("%q, want %q; %v", r.stdout, what, r.failure)
				}
			}
			want("  C.UTF-8", nil)
			want("it's $x  C.UTF-8", object{"A": "it's $x"})
			want("  C.UTF-8", nil)
			c.environ.SetDefaults(map[string]string{"A": "default", "D": "d\n1", "odd-name": "x"})
			want("default d\n1 C.UTF-8", nil)
			want("call d\n1 C.UTF-8", object{"A": "call"})
			want("default d\n1 C.UTF-8", nil)
			c.environ.SetDefaults(map[string]string{"A": "new"})
			want("new  C.UTF-8", nil)
			c.run(object{"code": map[string]string{"python": "os._exit(1)", "bash": "exit 1", "javascript": "process.exit(1)"}[language], "language": language})
			want("new  C.UTF-8", nil)
		})
	}
}

// Code finds the trace of the request that runs it, and not that of the one before.
func TestTraceOfCalls(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	c := serve(t)
	for language, code := range map[string]string{
		"python": "import os; print(os.environ.get('TRACEPARENT', 'none'))",
		"bash":   "echo ${TRACEPARENT:-none}",
	} {
		for _, plane := range []string{"", "data"} {
			request := object{"code": code, "language": language}
			_, said := c.send(t.Context(), "POST", "/execute", request, "X-Hermes-Plane", plane, "traceparent", parent)
			if !strings.Contains(said, `"`+parent+`\n"`) {
				t.Errorf("%s %s: %s", language, plane, said)
			}
			_, said = c.send(t.Context(), "POST", "/execute", request, "X-Hermes-Plane", plane)
			if !strings.Contains(said, `"none\n"`) {
				t.Errorf("%s %s without a header: %s", language, plane, said)
			}
		}
	}
}

func TestTimeoutsOfClients(t *testing.T) {
	c := serve(t)
	if r := c.run(object{"code": "import time; time.sleep(2.5); 1"}); r.text() != "1" {
		t.Errorf("the policy's time is not a client's: %+v", r)
	}
	for _, test := range []struct{ language, set, code, get, kept string }{
		{"python", "x = 1", "import time; time.sleep(100)", "print(x)", "1\n"},
		{"python", "x = 1", "import asyncio; await asyncio.sleep(100)", "print(x)", "1\n"},
		{"python", "x = 1", "display(1)\nwhile True: pass", "print(x)", "1\n"},
		{"bash", "x=1", "sleep 100; x=2; echo after", "echo $x", "1\n"},
		{"bash", "x=1", "while :; do :; done", "echo $x", "1\n"},
		{"bash", "x=1", "y=$(sleep 100); x=2", "echo $x", "1\n"},
		{"bash", "x=1", "f() { sleep 100; x=2; touch never; }; f", "echo $x; ls", "\n"},
		{"bash", "x=1", "trap '' INT; sleep 100", "echo $x", "\n"},
	} {
		c.run(object{"code": test.set, "language": test.language})
		start := time.Now()
		r := c.run(object{"code": test.code, "language": test.language}, "X-Hermes-Timeout-Ms", "300")
		if took := time.Since(start); r.failure["name"] != "TimeoutError" || took > 3*time.Second || strings.Contains(r.stdout, "after") {
			t.Errorf("%s: %+v after %v", test.code, r, took)
		}
		if r := c.run(object{"code": test.get, "language": test.language}); r.stdout != test.kept {
			t.Errorf("%s: then %+v", test.code, r)
		}
	}
	hasNode(t)
	c.run(object{"code": "var x = 1", "language": "js"})
	if r := c.run(object{"code": "for (;;) {}", "language": "js"}, "X-Hermes-Timeout-Ms", "300"); r.failure["name"] != "TimeoutError" {
		t.Errorf("got %+v", r)
	}
	if r := c.run(object{"code": "typeof x", "language": "js"}); r.text() != "undefined" {
		t.Errorf("got %+v", r)
	}
}

// A client that leaves must not leave its code behind.
func TestClientLeaves(t *testing.T) {
	c := serve(t)
	c.run(object{"code": "x = 1"})
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	c.send(ctx, "POST", "/execute", object{"code": "import time; time.sleep(300)"})
	start := time.Now()
	if r := c.run(object{"code": "x"}); r.text() != "1" || time.Since(start) > 2*time.Second {
		t.Errorf("%+v after %v", r, time.Since(start))
	}
}

func TestContexts(t *testing.T) {
	c := serve(t)
	first := c.create(object{})
	second := c.create(object{"language": "Python", "cwd": "/usr"})
	shell := c.create(object{"language": "bash", "cwd": "~"})
	c.run(object{"code": "x = 1", "context_id": first})
	if r := c.run(object{"code": "x", "context_id": second}); r.failure["name"] != "NameError" {
		t.Errorf("contexts share: %+v", r)
	}
	if r := c.run(object{"code": "import os; print(x, os.getcwd())", "context_id": first}); r.stdout != "1 "+c.home+"\n" || r.count != 2 {
		t.Errorf("got %+v", r)
	}
	if r := c.run(object{"code": "pwd", "context_id": shell}); r.stdout != c.home+"\n" {
		t.Errorf("got %+v", r)
	}
	_, list := c.send(context.Background(), "GET", "/contexts", nil)
	var listed []contextAnswer
	json.Unmarshal([]byte(list), &listed)
	if n := len(listed); n < 5 || listed[0] != (contextAnswer{"default", "python", c.home}) || listed[n-3].ID != first ||
		listed[n-2] != (contextAnswer{second, "python", "/usr"}) || listed[n-1] != (contextAnswer{shell, "bash", c.home}) {
		t.Errorf("got %s", list)
	}
	if shared := listed[len(listed)-4]; shared.Language != "bash" {
		t.Errorf("no default of bash: %s", list)
	} else if c.run(object{"code": "z=1", "language": "bash"}); c.run(object{"code": "echo $z", "context_id": shared.ID}).stdout != "1\n" {
		t.Error("the default of bash is another")
	}
	if status, body := c.send(context.Background(), "POST", "/contexts/"+first+"/restart", nil); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if r := c.run(object{"code": "x", "context_id": first}); r.failure["value"] != "name 'x' is not defined" {
		t.Errorf("got %+v", r)
	}
	running := make(chan ran)
	go func() { running <- c.run(object{"code": "import time; time.sleep(100)", "context_id": second}) }()
	time.Sleep(200 * time.Millisecond)
	if status, body := c.send(context.Background(), "DELETE", "/contexts/"+second, nil); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if r := <-running; !strings.HasPrefix(fmt.Sprint(r.failure["value"]), "the context was removed") {
		t.Errorf("got %+v", r)
	}
	for name, test := range map[string]struct {
		method, path string
		body         object
		want         string
	}{
		"removed":           {"POST", "/execute", object{"code": "1", "context_id": second}, "404 not_found"},
		"removed again":     {"DELETE", "/contexts/" + second, nil, "404 not_found"},
		"restart nothing":   {"POST", "/contexts/none/restart", nil, "404 not_found"},
		"remove the first":  {"DELETE", "/contexts/default", nil, "400 invalid_argument"},
		"both":              {"POST", "/execute", object{"code": "1", "context_id": first, "language": "python"}, "400 invalid_argument"},
		"unknown language":  {"POST", "/execute", object{"code": "1", "language": "cobol"}, "501 unimplemented"},
		"typescript":        {"POST", "/contexts", object{"language": "typescript"}, "501 unimplemented"},
		"no directory":      {"POST", "/contexts", object{"cwd": "/no/such"}, "400 invalid_argument"},
		"file as directory": {"POST", "/contexts", object{"cwd": "/etc/passwd"}, "400 invalid_argument"},
		"bad variable":      {"POST", "/execute", object{"code": "1", "env_vars": object{"A=": ""}}, "400 invalid_argument"},
	} {
		status, body := c.send(context.Background(), test.method, test.path, test.body)
		if got := fmt.Sprintf("%d %s", status, body); !strings.HasPrefix(got, strings.Replace(test.want, " ", ` {"code":"`, 1)) {
			t.Errorf("%s: %s", name, got)
		}
	}
	for range maxContexts - len(listed) + 1 {
		c.create(object{"language": "bash"})
	}
	if status, body := c.send(context.Background(), "POST", "/contexts", object{}); status != 429 || !strings.Contains(body, "resource_exhausted") {
		t.Errorf("%d %s", status, body)
	}
	c.send(context.Background(), "DELETE", "/contexts/"+first, nil)
	c.create(object{})
}

// What a tool call gets is not changed by what a client may do.
func TestToolCalls(t *testing.T) {
	c := serve(t)
	tool := func(request object) (int, string) {
		return c.send(context.Background(), "POST", "/execute", request, "X-Hermes-Plane", "")
	}
	_, body := tool(object{"code": "display('d'); 'x'"})
	for _, line := range []string{`{"type":"stdout","text":"'d'\n"}`, `{"type":"result","text":"'x'","is_main_result":true}`} {
		if !strings.Contains(body, line) {
			t.Errorf("no %s in %s", line, body)
		}
	}
	if status, _ := tool(object{"code": "1", "language": "javascript"}); status != 501 {
		t.Errorf("JavaScript: %d", status)
	}
	tool(object{"code": "x=1", "language": "bash"})
	if _, body := tool(object{"code": "echo [$x]", "language": "bash"}); !strings.Contains(body, "[]") {
		t.Errorf("each shell is new: %s", body)
	}
	if _, body := tool(object{"code": "import time; time.sleep(30)"}); !strings.Contains(body, "ran longer than 2s") {
		t.Errorf("got %s", body)
	}
}

func TestNoInterpreter(t *testing.T) {
	js := languages["javascript"]
	defer func() { languages["javascript"] = js }()
	absent := js
	absent.program = "no-node"
	languages["javascript"] = absent
	c := serve(t)
	if _, list := c.send(context.Background(), "GET", "/contexts", nil); strings.Contains(list, "javascript") || !strings.Contains(list, "bash") {
		t.Errorf("listed: %s", list)
	}
	status, body := c.send(context.Background(), "POST", "/execute", object{"code": "1", "language": "javascript"})
	if status != 400 || !strings.Contains(body, "javascript needs the program no-node, which the image of this sandbox does not have") {
		t.Errorf("%d %s", status, body)
	}
}

func TestContextsLeaveNothing(t *testing.T) {
	c := serve(t)
	cycle := func() {
		id := c.create(object{"language": "bash"})
		c.run(object{"code": "echo x", "context_id": id})
		if status, body := c.send(context.Background(), "DELETE", "/contexts/"+id, nil); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	cycle()
	time.Sleep(300 * time.Millisecond)
	before := runtime.NumGoroutine()
	for range 100 {
		cycle()
	}
	time.Sleep(300 * time.Millisecond)
	if after := runtime.NumGoroutine(); after > before+5 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// The figure of the design is at most 5 ms; under load of other tests only its order
// can be held.
func TestLiveCallIsFast(t *testing.T) {
	c := serve(t)
	c.run(object{"code": "1+1"})
	best := time.Hour
	for range 50 {
		start := time.Now()
		c.run(object{"code": "1+1"})
		best = min(best, time.Since(start))
	}
	t.Logf("best of 50: %v", best)
	if best > 5*time.Millisecond {
		t.Errorf("the best of 50 calls took %v", best)
	}
}

// What a client does not read stays in the interpreter, not in the daemon.
func TestSlowReaderOfCode(t *testing.T) {
	c := serve(t)
	c.run(object{"code": "kept = 1"})
	for _, code := range []string{
		"for _ in range(50): print('x' * 1_000_000)\nopen('finished', 'w').close()",
		"for _ in range(50): display({'text/plain': 'x' * 1_000_000}, raw=True)\nopen('finished', 'w').close()",
	} {
		text, _ := json.Marshal(object{"code": code})
		ctx, cancel := context.WithCancel(context.Background())
		r, _ := http.NewRequestWithContext(ctx, "POST", c.URL+"/execute", bytes.NewReader(text))
		r.Header.Set("X-Hermes-Plane", "data")
		response, err := c.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if r := c.run(object{"code": "[ -e finished ] && echo yes || echo no", "language": "bash"}); r.stdout != "no\n" {
			t.Errorf("50 MB are somewhere: %+v", r)
		}
		cancel()
		response.Body.Close()
		if r := c.run(object{"code": "kept"}); r.text() != "1" {
			t.Errorf("it was not interrupted between two messages: %+v", r)
		}
	}
}

// Code has its interpreter in its hands, and so the channel to the daemon. Whatever it
// says there, it harms but itself: the next call is served.
func TestForgedMessages(t *testing.T) {
	c := serve(t)
	const send = "import os, json, struct\ndef send(b): os.write(250, struct.pack('>I', len(b)) + b)\n"
	for name, test := range map[string]struct{ code, next string }{
		"no JSON":         {"send(b'x')", "1"},
		"no such type":    {"send(b'{\"type\":\"x\"}')", "1"},
		"huge":            {"os.write(250, b'\\xff' * 1000)", "1"},
		"cut":             {"os.write(250, b'\\0\\0'); os._exit(0)", "1"},
		"result of none":  {"send(json.dumps({'type': 'result', 'id': 0, 'data': {}}).encode())", "1"},
		"strange result":  {"send(json.dumps({'type': 'result', 'id': N, 'data': {'text/plain': [1], 'image/png': {}}}).encode())", "1"},
		"data of no kind": {"send(json.dumps({'type': 'result', 'id': N, 'data': [1]}).encode())", "1"},
		"done twice":      {"send(json.dumps({'type': 'done', 'id': N}).encode())", "1"},
		"feigned rest":    {"send(json.dumps({'type': 'done', 'id': N}).encode())\nimport time; time.sleep(1000)", "1 #" + strings.Repeat("x", 1_000_000)},
		"many results":    {"for _ in range(20000): send(json.dumps({'type': 'result', 'id': N, 'data': {}}).encode())", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			id := c.create(object{})
			// in a context of its own the number of the first call is 1
			c.run(object{"code": send + strings.ReplaceAll(test.code, "'id': N", "'id': 1"), "context_id": id})
			start := time.Now()
			r := c.run(object{"code": test.next, "context_id": id})
			for range 2 { // a forged answer may be the next call's loss
				if r.text() != "1" {
					r = c.run(object{"code": "1", "context_id": id})
				}
			}
			if r.text() != "1" || time.Since(start) > 10*time.Second {
				t.Errorf("%+v after %v", r, time.Since(start))
			}
			c.send(context.Background(), "DELETE", "/contexts/"+id, nil)
		})
	}
}
