"""The published E2B clients for Python, unmodified, against E2B_API_URL and E2B_SANDBOX_URL."""

import sys
import threading
import time

from e2b import CommandExitException, NotFoundException, Sandbox as Plain, TimeoutException
from e2b.sandbox.sandbox_api import SandboxQuery
from e2b.sandbox.commands.command_handle import PtySize
from e2b_code_interpreter import Sandbox


def raises(kind, call, word=""):
    try:
        call()
    except kind as error:
        assert word.lower() in str(error).lower(), error
        return error
    raise AssertionError(f"{kind} was not raised")


def eventually(what, check):
    for _ in range(100):
        if check():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def life(sandbox):
    info = sandbox.get_info()
    assert info.sandbox_id == sandbox.sandbox_id
    assert info.metadata["odd"] == "a&b=c d"
    assert info.end_at > info.started_at
    assert sandbox.is_running()
    found = Plain.list(query=SandboxQuery(metadata={"odd": "a&b=c d"})).next_items()
    assert any(it.sandbox_id == sandbox.sandbox_id for it in found)
    sandbox.set_timeout(120)
    assert sandbox.get_info().end_at < info.end_at
    same = Sandbox.connect(sandbox.sandbox_id, timeout=300)
    assert same.commands.run("echo again").stdout == "again\n"


def commands(sandbox):
    done = sandbox.commands.run("echo out; echo err >&2")
    assert (done.stdout, done.stderr, done.exit_code) == ("out\n", "err\n", 0)
    assert raises(CommandExitException, lambda: sandbox.commands.run("exit 3")).exit_code == 3
    where = sandbox.commands.run("pwd; echo $GREETING $OWN", cwd="/tmp", envs={"OWN": "mine"})
    assert where.stdout == "/tmp\nhello mine\n", where.stdout
    # silence would let the client's own timeout race with the sandbox's
    talking = "for i in $(seq 100); do echo; sleep 0.2; done"
    pieces = []
    sandbox.commands.run("for i in 1 2 3; do echo $i; done", on_stdout=pieces.append)
    assert "".join(pieces) == "1\n2\n3\n"
    raises(TimeoutException, lambda: sandbox.commands.run(talking, timeout=2))


def background(sandbox):
    handle = sandbox.commands.run("read line; echo got $line", background=True, stdin=True)
    assert any(it.pid == handle.pid for it in sandbox.commands.list())
    sandbox.commands.send_stdin(handle.pid, "a line\n")
    assert handle.wait().stdout == "got a line\n"
    sleeper = sandbox.commands.run("echo begun; sleep 60", background=True)
    sleeper.disconnect()
    again = sandbox.commands.connect(sleeper.pid)
    assert sandbox.commands.kill(sleeper.pid)
    raises(Exception, again.wait)
    assert not sandbox.commands.kill(sleeper.pid)


def terminal(sandbox):
    screen = bytearray()
    pty = sandbox.pty.create(PtySize(rows=24, cols=80))
    sandbox.pty.resize(pty.pid, PtySize(rows=30, cols=100))
    sandbox.pty.send_stdin(pty.pid, b"stty size; exit\n")
    try:
        pty.wait(on_pty=screen.extend)
    except CommandExitException:
        pass
    assert b"30 100" in screen, screen


def files(sandbox):
    f = sandbox.files
    home = sandbox.commands.run("pwd").stdout.strip()
    assert f.write("notes/one.txt", "Grüße\n").path == f"{home}/notes/one.txt"
    assert f.read("notes/one.txt") == "Grüße\n"
    assert f.exists("notes/one.txt") and not f.exists("notes/none")
    assert sorted(it.name for it in f.list("notes")) == ["one.txt"]
    assert f.make_dir("made") and not f.make_dir("made")
    f.rename("notes/one.txt", "made/moved.txt")
    assert f.read("made/moved.txt") == "Grüße\n"
    assert f.get_info("made/moved.txt").size == len("Grüße\n".encode())
    f.remove("made")
    assert not f.exists("made")
    raises((NotFoundException, Exception), lambda: f.read("notes/none"), "no")
    big = bytes(i * 31 & 255 for i in range(1 << 16)) * 128
    f.write("big.bin", big)
    assert bytes(f.read("big.bin", format="bytes")) == big


def watch(sandbox):
    sandbox.files.make_dir("watched")
    watcher = sandbox.files.watch_dir("watched")
    sandbox.files.write("watched/new.txt", "x")
    seen = []

    def look():
        seen.extend(watcher.get_new_events())
        return any(it.name == "new.txt" for it in seen)

    eventually("an event of the new file", look)
    watcher.stop()


def code(sandbox):
    sandbox.run_code("x = 41")
    answer = sandbox.run_code("import sys\nprint('out')\nprint('err', file=sys.stderr)\nx + 1")
    assert answer.text == "42"
    assert "".join(answer.logs.stdout) == "out\n" and "".join(answer.logs.stderr) == "err\n"
    failed = sandbox.run_code("1 / 0")
    assert failed.error.name == "ZeroDivisionError" and "1 / 0" in failed.error.traceback
    rich = sandbox.run_code("class Rich:\n  def _repr_html_(self): return '<b>rich</b>'\nRich()")
    assert rich.results[0].html == "<b>rich</b>"
    shell = sandbox.run_code("y=7; echo $((y + 1))", language="bash")
    assert "".join(shell.logs.stdout).strip() == "8"
    assert sandbox.run_code("const z = 20; z + 1", language="javascript").text == "21"


def contexts(sandbox):
    one, two = sandbox.create_code_context(cwd="/tmp"), sandbox.create_code_context()
    sandbox.run_code("v = 'one'", context=one)
    sandbox.run_code("v = 'two'", context=two)
    assert sandbox.run_code("v", context=one).text == "one"
    assert sandbox.run_code("import os; os.getcwd()", context=one).text == "/tmp"


def together(sandbox):
    """Threads share the sandbox and its client."""
    outputs = {}

    def run(i):
        outputs[i] = sandbox.commands.run(f"sleep 0.1; echo {i}").stdout

    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs == {i: f"{i}\n" for i in range(8)}, outputs


def network(sandbox):
    """Less than the policy allows; what cannot be kept to is refused. Versions before it are left out."""
    closed = Sandbox.create(timeout=60, allow_internet_access=False)
    try:
        assert closed.commands.run("echo shut").stdout == "shut\n"
        if hasattr(closed, "update_network"):
            closed.update_network({"allow_out": ["a.example"], "deny_out": lambda ctx: [ctx.all_traffic]})
            closed.update_network({})
            raises(Exception, lambda: closed.update_network({"deny_out": ["10.0.0.0/8"]}), "denyOut")
    finally:
        closed.kill()


def metrics(sandbox):
    (now,) = sandbox.get_metrics()
    assert now.cpu_count >= 1 and 0 < now.mem_used <= now.mem_total and now.disk_total > 0, now


def end(sandbox):
    assert sandbox.kill()
    assert not Plain.kill(sandbox.sandbox_id)
    raises(Exception, lambda: sandbox.commands.run("true"))
    assert not sandbox.is_running()


def main():
    sandbox = Sandbox.create(
        timeout=300, metadata={"suite": "e2b_client", "odd": "a&b=c d"}, envs={"GREETING": "hello"}
    )
    try:
        for part in (life, commands, background, terminal, files, watch, code, contexts, together, network, metrics, end):
            if sys.argv[1] == "oldest" and part in (code, contexts):
                print(f"{part.__name__}: left out", flush=True)
                continue
            begun = time.monotonic()
            part(sandbox)
            print(f"{part.__name__}: ok, {1000 * (time.monotonic() - begun):.0f} ms", flush=True)
    except BaseException:
        print(f"{part.__name__} failed", file=sys.stderr, flush=True)
        sandbox.kill()
        raise
    print(f"e2b python {sys.argv[1]}: ok")


main()
