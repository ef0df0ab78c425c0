"""A strict MCP server over stdin and stdout, as the specification of 2025-06-18 has it.

A tool's name says how it behaves. What it hears is a line each in the file that LOG names: its process, and the method.
What it would refuse of a client is a line that begins with "refused".
"""

import json
import os
import sys
import threading
import time

TOOLS = sys.argv[1].split(",")
MODE = sys.argv[2] if len(sys.argv) > 2 else ""
LOG = os.environ.get("LOG")
out = threading.Lock()
waiting = threading.Barrier(2)
state = {"initialized": False, "calls": 0, "cancelled": []}


def log(what):
    if LOG:
        with open(LOG, "a") as file:
            file.write(f"{os.getpid()} {what}\n")


def write(text):
    with out:
        sys.stdout.write(text)
        sys.stdout.flush()


def send(message):
    write(json.dumps(message) + "\n")


def refuse(why):
    log("refused " + why)
    sys.exit(9)


def text(words, error=False):
    return {"content": [{"type": "text", "text": words}], "isError": error}


def initialize(params):
    for member, kind in (("protocolVersion", str), ("capabilities", dict), ("clientInfo", dict)):
        if not isinstance(params.get(member), kind):
            refuse("initialize without " + member)
    if MODE == "silent":
        time.sleep(60)
    if MODE == "banner":
        write("Words server 1.0 is ready\n")
    if MODE == "dies":
        sys.stderr.write("no such database: /srv/words\n")
        sys.exit(4)
    version = "1999-01-01" if MODE == "old" else params["protocolVersion"]
    return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "words", "version": "1"}}


def listing(params):
    start = int(params.get("cursor", "0"))
    schema = {"type": "object", "properties": {"word": {"type": "string"}}}
    page = [{"name": name, "description": "Does " + name, "inputSchema": schema} for name in TOOLS[start:start + 2]]
    more = {"nextCursor": str(start + 2)} if start + 2 < len(TOOLS) else {}
    return {"tools": page, **more}


def call(identifier, params):
    name, arguments = params.get("name"), params.get("arguments")
    if name not in TOOLS or not isinstance(arguments, dict):
        refuse("a call of what it does not have")
    word = arguments.get("word", "nothing")
    if name == "fail":
        return text("that word is not allowed", True)
    if name == "error":
        return None
    if name == "slow":
        time.sleep(float(arguments.get("seconds", 20)))
    if name == "crash":
        sys.stderr.write("\x1b[1mcrashed on " + word + "\n")
        sys.stderr.flush()
        os._exit(3)
    if name == "rubbish":
        write("debug: " + word + "\n")
    if name == "huge":
        return text("x" * 2_000_000)
    if name == "large":
        return text("x" * 700_000)
    if name == "flood":
        for _ in range(3000):
            send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "y" * 1000}})
    if name == "endless":
        while True:
            write("z" * 65536)
    if name == "noise":
        sys.stderr.write("noise\n" * 200_000)
        sys.stderr.flush()
    if name == "asks":
        send({"jsonrpc": "2.0", "id": "p1", "method": "ping"})
        send({"jsonrpc": "2.0", "id": "s1", "method": "sampling/createMessage", "params": {}})
        send({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}})
        send({"jsonrpc": "2.0", "id": 12345, "result": {"content": []}})
    if name == "meet":
        waiting.wait(10)  # until another call has come
    if name == "slowly":
        answer = json.dumps({"jsonrpc": "2.0", "id": identifier, "result": text("piece by piece")}) + "\n"
        for character in answer:
            write(character)
            time.sleep(0.001)
        return "sent"
    if name == "count":
        state["calls"] += 1
        return text(f"call {state['calls']} of {os.getpid()}")
    if name == "read":
        with open(word) as file:
            return text(file.read())
    if name == "env":
        return text(" ".join(os.environ.get(variable, "none") for variable in word.split()))
    return text(f"{name} says {word}")


def work(message):
    identifier = message["id"]
    result = call(identifier, message.get("params", {}))
    if result == "sent" or identifier in state["cancelled"]:
        return
    if result is None:
        send({"jsonrpc": "2.0", "id": identifier, "error": {"code": -32602, "message": "no such word"}})
    else:
        send({"jsonrpc": "2.0", "id": identifier, "result": result})


def hear(line):
    message = json.loads(line)
    if message.get("jsonrpc") != "2.0":
        refuse("what is no RPC")
    method = message.get("method")
    log(method or "answer " + json.dumps(message["id"]))
    if method == "notifications/initialized":
        state["initialized"] = True
    elif method == "notifications/cancelled":
        state["cancelled"].append(message["params"]["requestId"])
    elif method == "initialize":
        send({"jsonrpc": "2.0", "id": message["id"], "result": initialize(message["params"])})
    elif "id" in message and method and not state["initialized"]:
        refuse(method + " before it is initialized")
    elif method == "tools/list":
        send({"jsonrpc": "2.0", "id": message["id"], "result": listing(message.get("params", {}))})
    elif method == "tools/call":
        threading.Thread(target=work, args=(message,), daemon=True).start()
    elif "id" in message and method:
        refuse("the method " + method)


log("begins")
for line in sys.stdin:
    hear(line)
log("ends")
if MODE == "stays":
    time.sleep(60)
