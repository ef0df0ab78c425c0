// Runs JavaScript for the daemon, call after call in one global scope. Speaks over
// file 3: four bytes of length, then JSON.
//
// The code goes through the inspector's REPL mode, which alone lets later calls see
// and declare anew what earlier ones declared with const, let and class, and await
// at the top level.
const net = require('net');
const util = require('util');
const path = require('path');
const inspector = require('inspector');

const session = new inspector.Session();
session.connect();
const post = (method, parameters) =>
  new Promise((resolve, reject) =>
    session.post(method, parameters, (error, answer) => (error ? reject(error) : resolve(answer))));

globalThis.require = require('module').createRequire(path.join(process.cwd(), 'call.js'));
const channel = new net.Socket({ fd: 3, readable: true, writable: true });
channel.on('error', () => process.exit(1));
channel.on('end', () => process.exit(0));

function send(message) {
  const body = Buffer.from(JSON.stringify(message));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  channel.write(Buffer.concat([size, body]));
}

// an error that nobody waits for must not end the variables of all calls
for (const name of ['uncaughtException', 'unhandledRejection']) {
  process.on(name, (error) => console.error('Uncaught', error));
}

let defaults = new Map();

function setDefaults(wanted) {
  for (const [name, [value, before]] of defaults) {
    if (process.env[name] !== value) continue;
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
  defaults = new Map(Object.entries(wanted).map(([name, value]) => [name, [value, process.env[name]]]));
  Object.assign(process.env, wanted);
}

const clip = (text, limit) =>
  text.length <= limit ? text : `${text.slice(0, limit)}\n[cut at ${limit} characters]`;

// Static imports are for modules only. As declarations that await they do the same.
function withoutImports(code) {
  const names = (list) => list.replace(/\s+as\s+/g, ': ');
  return code
    .replace(/^[ \t]*import\s+(['"][^'"]+['"])/gm, 'await __import($1);')
    .replace(/^[ \t]*import\s+\*\s+as\s+(\w+)\s+from\s+(['"][^'"]+['"])/gm, 'const $1 = await __import($2);')
    .replace(/^[ \t]*import\s+([\w$]+)\s*,\s*(\{[^}]*\})\s+from\s+(['"][^'"]+['"])/gm,
      (_, own, list, from) => `const { default: ${own}, ${names(list).slice(1)} = await __import(${from});`)
    .replace(/^[ \t]*import\s+([\w$]+)\s+from\s+(['"][^'"]+['"])/gm, 'const { default: $1 } = await __import($2);')
    .replace(/^[ \t]*import\s+(\{[^}]*\})\s+from\s+(['"][^'"]+['"])/gm,
      (_, list, from) => `const ${names(list)} = await __import(${from});`);
}

async function evaluate(expression) {
  const run = (code) =>
    post('Runtime.evaluate', { expression: code, replMode: true, awaitPromise: true, objectGroup: 'call' });
  const answer = await run(expression);
  const problem = answer.exceptionDetails?.exception?.description ?? '';
  if (!problem.startsWith('SyntaxError: Cannot use import statement')) return answer;
  return run(withoutImports(expression)); // nothing of it has run
}

// the value itself, of which the inspector gives only a description
async function valueOf(remote) {
  if (remote.objectId === undefined) {
    return 'unserializableValue' in remote ? { description: remote.unserializableValue } : { value: remote.value };
  }
  let value;
  globalThis[Symbol.for('hermes.keep')] = (kept) => { value = kept; };
  await post('Runtime.callFunctionOn', {
    objectId: remote.objectId,
    functionDeclaration: 'function() { "use strict"; globalThis[Symbol.for("hermes.keep")](this); }',
  });
  delete globalThis[Symbol.for('hermes.keep')];
  return { value };
}

function describe(value, limit) {
  if (!(value instanceof Error)) return { name: 'Error', value: clip(util.inspect(value), limit), traceback: '' };
  const lines = String(value.stack ?? value).split('\n');
  const own = lines.findIndex((line) => line.includes('node:inspector'));
  return {
    name: clip(String(value.name), limit),
    value: clip(String(value.message), limit),
    traceback: clip((own < 0 ? lines : lines.slice(0, own)).join('\n'), limit),
  };
}

async function call({ id, code, env, defaults: wanted, result_limit: limit, traceback_limit: traceLimit }) {
  const done = { type: 'done', id, exit_code: 0, error: null };
  if (wanted) setDefaults(wanted);
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const answer = await evaluate(code);
    if (answer.exceptionDetails) {
      const { exception } = answer.exceptionDetails;
      const { value, description } = await valueOf(exception);
      done.error = describe(description ?? value, traceLimit);
      done.exit_code = 1;
    } else if (answer.result.type !== 'undefined') {
      const { value, description } = await valueOf(answer.result);
      const text = clip(description ?? util.inspect(value), limit >> 3);
      send({ type: 'result', id, data: { 'text/plain': text }, main: true });
    }
  } catch (error) {
    done.error = describe(error, traceLimit);
    done.exit_code = 1;
  }
  for (const name of Object.keys(env ?? {})) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  post('Runtime.releaseObjectGroup', { objectGroup: 'call' }).catch(() => {});
  // pipes take long texts piece by piece; what the call has said comes before its answer
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((resolve) => stream.write('', resolve));
  }
  send(done);
}

let pending = Buffer.alloc(0);
channel.on('data', (data) => {
  pending = Buffer.concat([pending, data]);
  while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
    const end = 4 + pending.readUInt32BE(0);
    const request = JSON.parse(pending.subarray(4, end).toString());
    pending = pending.subarray(end);
    call(request);
  }
});
send({ type: 'ready' });
