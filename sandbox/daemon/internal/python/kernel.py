"""Runs Python for the daemon, call after call in one set of variables.

Speaks over file 3: four bytes of length, then JSON. Standard output and error are
pipes that the daemon reads; what a call has said is flushed before its answer.
"""

import ast
import io
import json
import linecache
import os
import signal
import struct
import sys
import traceback
import types


class Kernel:
    def __init__(self, channel):
        self.channel = channel
        self.pid = os.getpid()
        self.count = 0
        self.running = False
        self.module = types.ModuleType("__main__")
        self.module.__dict__["__builtins__"] = __builtins__
        sys.modules["__main__"] = self.module

    def interrupt(self, signum, frame):
        if self.running:
            raise KeyboardInterrupt

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                piece = os.read(self.channel, size - len(data))
            except InterruptedError:
                continue
            if not piece:
                os._exit(0)
            data += piece
        return data

    def receive(self):
        (size,) = struct.unpack(">I", self.read(4))
        return json.loads(self.read(size))

    def send(self, message):
        body = json.dumps(message).encode("ascii")
        data = struct.pack(">I", len(body)) + body
        while data:
            data = data[os.write(self.channel, data):]

    def serve(self):
        self.send({"type": "ready"})
        while True:
            call = self.receive()
            signal.signal(signal.SIGINT, self.interrupt)
            answer = self.call(call)
            if os.getpid() != self.pid:
                # code of a call forked and came back here in the child
                self.flush()
                os._exit(answer["exit_code"] & 255)
            self.flush()
            self.send(answer)

    def call(self, call):
        self.count += 1
        answer = {
            "type": "done",
            "id": call["id"],
            "count": self.count,
            "result": None,
            "error": None,
            "exit_code": 0,
        }
        saved = dict(os.environ) if call.get("env") else None
        try:
            try:
                if saved is not None:
                    os.environ.update(call["env"])
                self.running = True
                answer["result"] = self.run(call["code"], call["result_limit"])
            finally:
                self.running = False
        except SystemExit as leave:
            code = leave.code
            answer["exit_code"] = code if isinstance(code, int) else 0 if code is None else 1
            if code is not None and not isinstance(code, int):
                print(code, file=sys.stderr)
        except BaseException as error:
            answer["exit_code"] = 1
            answer["error"] = self.describe(error, call["traceback_limit"])
        finally:
            if saved is not None:
                os.environ.clear()
                os.environ.update(saved)
        return answer

    def run(self, code, limit):
        name = "<call %d>" % self.count
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        tree = ast.parse(code, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        variables = self.module.__dict__
        if tree.body:
            exec(compile(tree, name, "exec"), variables)
        if last is None:
            return None
        value = eval(compile(last, name, "eval"), variables)
        if value is None:
            return None
        variables["_"] = value
        return clip(repr(value), limit)

    def describe(self, error, limit):
        trace = error.__traceback__
        while trace is not None and not trace.tb_frame.f_code.co_filename.startswith("<call "):
            trace = trace.tb_next
        try:
            lines = traceback.format_exception(type(error), error, trace)
            value = str(error)
        except Exception:
            lines, value = [], "(the exception cannot be shown)"
        return {
            "name": type(error).__name__,
            "value": clip(value, limit),
            "traceback": clip("".join(lines), limit),
        }

    def flush(self):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass


def clip(text, limit):
    if len(text) <= limit:
        return text
    return text[:limit] + "\n[cut at %d characters]" % limit


def main():
    # a high number, so that code which closes or reuses small ones does no harm
    channel = 250
    os.dup2(3, channel, inheritable=False)
    os.close(3)
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = io.TextIOWrapper(
            os.fdopen(fd, "wb", closefd=False),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        setattr(sys, name, stream)
        setattr(sys, "__%s__" % name, stream)
    kernel = Kernel(channel)
    signal.signal(signal.SIGINT, kernel.interrupt)
    sys.argv = [""]
    kernel.serve()


main()
