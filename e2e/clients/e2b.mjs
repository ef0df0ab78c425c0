// The published E2B clients for JavaScript, unmodified, against E2B_API_URL and E2B_SANDBOX_URL.
// Each part stands for itself; the first that fails ends the run with its name.
import assert from "node:assert/strict";
import { Sandbox as Plain, NotFoundError, CommandExitError, TimeoutError } from "e2b";
import { Sandbox } from "@e2b/code-interpreter";

const version = process.argv[2];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function eventually(what, check) {
  for (let i = 0; i < 100; i++) {
    if (await check()) return;
    await sleep(50);
  }
  assert.fail(what);
}

const sandbox = await Sandbox.create({
  timeoutMs: 300_000,
  metadata: { suite: "e2b.mjs", odd: "a&b=c d" },
  envs: { GREETING: "hello" },
});

const parts = {
  async life() {
    const info = await Sandbox.getInfo(sandbox.sandboxId);
    assert.equal(info.sandboxId, sandbox.sandboxId);
    assert.equal(info.state, "running");
    assert.equal(info.metadata.odd, "a&b=c d");
    assert.ok(info.endAt > info.startedAt);
    assert.equal(await sandbox.isRunning(), true);
    const page = Sandbox.list({ query: { metadata: { odd: "a&b=c d" } } });
    const found = await page.nextItems();
    assert.ok(found.some((it) => it.sandboxId === sandbox.sandboxId));
    await sandbox.setTimeout(120_000);
    const later = await Sandbox.getInfo(sandbox.sandboxId);
    assert.ok(later.endAt < info.endAt);
    const same = await Sandbox.connect(sandbox.sandboxId, { timeoutMs: 300_000 });
    assert.equal((await same.commands.run("echo again")).stdout, "again\n");
  },

  async commands() {
    const done = await sandbox.commands.run("echo out; echo err >&2");
    assert.equal(done.stdout, "out\n");
    assert.equal(done.stderr, "err\n");
    assert.equal(done.exitCode, 0);
    await assert.rejects(sandbox.commands.run("exit 3"), (error) => {
      assert.ok(error instanceof CommandExitError);
      assert.equal(error.exitCode, 3);
      return true;
    });
    const where = await sandbox.commands.run("pwd; echo $GREETING $OWN", { cwd: "/tmp", envs: { OWN: "mine" } });
    assert.equal(where.stdout, "/tmp\nhello mine\n");
    let streamed = "";
    await sandbox.commands.run("for i in 1 2 3; do echo $i; done", { onStdout: (data) => (streamed += data) });
    assert.equal(streamed, "1\n2\n3\n");
    await assert.rejects(sandbox.commands.run("for i in $(seq 100); do echo; sleep 0.2; done", { timeoutMs: 2_000 }), TimeoutError);
    const large = await sandbox.commands.run("head -c 2000000 /dev/zero | tr '\\0' x");
    assert.equal(large.stdout.length, 2_000_000);
  },

  async background() {
    const handle = await sandbox.commands.run("read line; echo got $line", { background: true, stdin: true });
    const listed = await sandbox.commands.list();
    assert.ok(listed.some((it) => it.pid === handle.pid));
    await sandbox.commands.sendStdin(handle.pid, "a line\n");
    assert.equal((await handle.wait()).stdout, "got a line\n");

    const sleeper = await sandbox.commands.run("echo begun; sleep 60", { background: true });
    await sleeper.disconnect();
    const again = await sandbox.commands.connect(sleeper.pid);
    assert.equal(again.pid, sleeper.pid);
    assert.equal(await sandbox.commands.kill(sleeper.pid), true);
    await assert.rejects(again.wait());
    assert.equal(await sandbox.commands.kill(sleeper.pid), false);
  },

  async terminal() {
    let screen = "";
    const decoder = new TextDecoder();
    const pty = await sandbox.pty.create({
      cols: 80,
      rows: 24,
      onData: (data) => (screen += decoder.decode(data, { stream: true })),
    });
    await sandbox.pty.resize(pty.pid, { cols: 100, rows: 30 });
    await sandbox.pty.sendInput(pty.pid, new TextEncoder().encode("stty size; exit\n"));
    await pty.wait().catch(() => {});
    assert.match(screen, /30 100/);
  },

  async files() {
    const { files } = sandbox;
    const written = await files.write("notes/one.txt", "Grüße\n");
    const home = (await sandbox.commands.run("pwd")).stdout.trim();
    assert.equal(written.path, `${home}/notes/one.txt`);
    assert.equal(await files.read("notes/one.txt"), "Grüße\n");
    assert.equal(await files.exists("notes/one.txt"), true);
    assert.equal(await files.exists("notes/none"), false);
    await files.write([
      { path: "notes/two.txt", data: "2" },
      { path: "notes/deep/three.txt", data: "3" },
    ]);
    const names = (await files.list("notes")).map((it) => it.name).sort();
    assert.deepEqual(names, ["deep", "one.txt", "two.txt"]);
    assert.equal((await files.getInfo("notes/two.txt")).size, 1);
    assert.equal(await files.makeDir("made"), true);
    assert.equal(await files.makeDir("made"), false);
    await files.rename("notes/two.txt", "made/moved.txt");
    assert.equal(await files.read("made/moved.txt"), "2");
    await files.remove("made");
    assert.equal(await files.exists("made"), false);
    await assert.rejects(files.read("notes/none"), NotFoundError);
    const big = new Uint8Array(8 << 20).map((_, i) => i * 31);
    await files.write("big.bin", new Blob([big]).stream ? new Blob([big]) : big.buffer);
    assert.deepEqual(await files.read("big.bin", { format: "bytes" }), big);
  },

  async watch() {
    const seen = [];
    const watcher = await sandbox.files.watchDir("notes", (event) => seen.push(event));
    await sandbox.files.write("notes/watched.txt", "x");
    await eventually("an event of the new file", () => seen.some((it) => it.name === "watched.txt"));
    await watcher.stop();
  },

  async code() {
    await sandbox.runCode("x = 41");
    const answer = await sandbox.runCode("import sys\nprint('out')\nprint('err', file=sys.stderr)\nx + 1");
    assert.equal(answer.text, "42");
    assert.deepEqual(answer.logs.stdout.join(""), "out\n");
    assert.deepEqual(answer.logs.stderr.join(""), "err\n");
    const failed = await sandbox.runCode("1 / 0");
    assert.equal(failed.error.name, "ZeroDivisionError");
    assert.match(failed.error.traceback, /1 \/ 0/);
    const rich = await sandbox.runCode(
      "class Rich:\n  def _repr_html_(self): return '<b>rich</b>'\n  def _repr_json_(self): return {'a': 1}\nRich()",
    );
    assert.equal(rich.results[0].html, "<b>rich</b>");
    assert.deepEqual(rich.results[0].json, { a: 1 });
    const shell = await sandbox.runCode("y=7; echo $((y + 1))", { language: "bash" });
    assert.equal(shell.logs.stdout.join("").trim(), "8");
    const script = await sandbox.runCode("const z = 20; z + 1", { language: "javascript" });
    assert.equal(script.text, "21");
    assert.equal((await sandbox.runCode("import os; os.environ['GREETING']")).text, "hello");
  },

  async network() {
    const closed = await Sandbox.create({ timeoutMs: 60_000, allowInternetAccess: false });
    try {
      assert.equal((await closed.commands.run("echo shut")).stdout, "shut\n");
      if (closed.updateNetwork) {
        await closed.updateNetwork({ allowOut: ["a.example"], denyOut: ["0.0.0.0/0"] });
        await closed.updateNetwork({});
        await assert.rejects(closed.updateNetwork({ denyOut: ["10.0.0.0/8"] }), /denyOut/);
      }
    } finally {
      await closed.kill();
    }
  },

  async metrics() {
    const [now] = await sandbox.getMetrics();
    assert.ok(now.cpuCount >= 1 && now.memUsed > 0 && now.memUsed <= now.memTotal && now.diskTotal > 0);
  },

  async contexts() {
    const one = await sandbox.createCodeContext({ cwd: "/tmp" });
    const two = await sandbox.createCodeContext();
    await sandbox.runCode("v = 'one'", { context: one });
    await sandbox.runCode("v = 'two'", { context: two });
    assert.equal((await sandbox.runCode("v", { context: one })).text, "one");
    assert.equal((await sandbox.runCode("import os; os.getcwd()", { context: one })).text, "/tmp");
    if (sandbox.listCodeContexts) {
      const listed = (await sandbox.listCodeContexts()).map((it) => it.id);
      assert.ok(listed.includes(one.id) && listed.includes(two.id));
      await sandbox.restartCodeContext(one);
      assert.equal((await sandbox.runCode("v", { context: one })).error.name, "NameError");
      await sandbox.removeCodeContext(two);
      assert.ok(!(await sandbox.listCodeContexts()).some((it) => it.id === two.id));
    }
  },

  async pausing() {
    const pause = sandbox.pause ?? sandbox.betaPause;
    if (pause) await assert.rejects(pause.call(sandbox), /not offered/);
  },

  async others() {
    await assert.rejects(Plain.connect("00000000-0000-7000-8000-000000000000"), /not found|404/i);
    await assert.rejects(sandbox.commands.run("id", { user: "root" }), /401|user/);
  },

  async end() {
    assert.notEqual(await sandbox.kill(), false); // the oldest says nothing
    assert.equal(await Plain.kill(sandbox.sandboxId), false);
    await assert.rejects(sandbox.commands.run("true"));
    assert.equal(await sandbox.isRunning(), false);
  },
};

let failed = "";
try {
  for (const [name, part] of Object.entries(parts)) {
    failed = name;
    if (version === "oldest" && (name === "code" || name === "contexts")) {
      console.log(`${name}: left out`);
      continue;
    }
    const begun = Date.now();
    await part();
    console.log(`${name}: ok, ${Date.now() - begun} ms`);
  }
  console.log(`e2b javascript ${version}: ok`);
  process.exit(0);
} catch (error) {
  console.error(`${failed}:`, error);
  await sandbox.kill().catch(() => {});
  process.exit(1);
}
