"""Runs Python for the daemon, call after call in one set of variables.

Speaks over file 3: four bytes of length, then JSON. Standard output and error are
pipes that the daemon reads; what a call has said is flushed before its answer.
The functions of display.py stand before this text.
"""

import _thread
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

CO_COROUTINE = 0x80  # as in inspect, which is slow to load


class Kernel:
    def __init__(self, channel):
        self.channel = channel
        self.sending = _thread.allocate_lock()
        self.pid = os.getpid()
        self.thread = _thread.get_ident()
        self.count = 0
        self.running = False
        self.whole = False  # a message is sent, which must not be torn
        self.late = False  # an interrupt came while one was
        self.limits = None  # of the call that runs
        self.loop = None
        self.defaults = {}
        self.module = types.ModuleType("__main__")
        self.module.__dict__["__builtins__"] = __builtins__
        self.module.display = self.display
        sys.modules["__main__"] = self.module
        sys.meta_path.insert(0, FigureHook(self.show))
        sys.meta_path.append(DisplayHook(self.display))

    def interrupt(self, signum, frame):
        if self.running and self.whole:
            self.late = True
        elif self.running:
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
        with self.sending:
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
        answer = {"type": "done", "id": call["id"], "result": None, "error": None, "exit_code": 0}
        if call.get("defaults") is not None:
            self.set_defaults(call["defaults"])
        saved = dict(os.environ) if call.get("env") else None
        try:
            try:
                if saved is not None:
                    os.environ.update(call["env"])
                self.limits = call
                self.running = True
                answer["result"] = self.run(call["code"], call["result_limit"], call["rich"])
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

    def set_defaults(self, new):
        """Replaces the variables that all calls get; what they hid comes back."""
        for name, (value, before) in self.defaults.items():
            if os.environ.get(name) != value:
                continue  # code of a call set it to something else
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
        self.defaults = {name: (value, os.environ.get(name)) for name, value in new.items()}
        os.environ.update(new)

    def run(self, code, limit, rich):
        name = "<call %d>" % self.count
        tree, code = self.parse(code, name)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        steps = []
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            steps.append((ast.Expression(tree.body.pop().value), "eval"))
        if tree.body:
            steps.insert(0, (tree, "exec"))
        value = self.evaluate([compile(step, name, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT) for step, mode in steps])
        if value is not None:
            self.module.__dict__["_"] = value
        if not rich:
            return None if value is None else clip(repr(value), limit)
        if value is not None:
            self.show_result(bundle_of(value), True)
            if is_figure(value):
                self.close(value)
        self.show()
        return None

    def parse(self, code, name):
        try:
            return ast.parse(code, name), code
        except IndentationError:
            import textwrap

            # as when it is cut from the middle of a text
            dedented = textwrap.dedent(code)
            if dedented == code:
                raise
            return ast.parse(dedented, name), dedented

    def evaluate(self, steps):
        """Returns the value of the last step. Code that awaits runs in a loop as a whole."""
        if any(code.co_flags & CO_COROUTINE for code in steps):
            return self.wait(self.evaluate_waiting(steps))
        value = None
        for code in steps:
            value = eval(code, self.module.__dict__)
        return value

    async def evaluate_waiting(self, steps):
        value = None
        for code in steps:
            value = eval(code, self.module.__dict__)
            if code.co_flags & CO_COROUTINE:
                value = await value
        return value

    def wait(self, coroutine):
        import asyncio

        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        task = self.loop.create_task(coroutine)
        try:
            return self.loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            try:
                self.loop.run_until_complete(task)
            except BaseException:
                pass
            raise

    def display(self, *values, raw=False, **ignored):
        """Shows values beside the result, each with its richer forms."""
        for value in values:
            if not self.running or not self.limits["rich"] or os.getpid() != self.pid:
                print(repr(value))
            else:
                self.show_result(dict(value) if raw else bundle_of(value), False)

    def show_result(self, bundle, main):
        self.flush()
        bundle = encode_bundle(bundle, self.limits["result_limit"], strict)
        self.whole, self.late = True, False
        try:
            self.send({"type": "result", "id": self.limits["id"], "data": bundle, "main": main})
        finally:
            self.whole = False
        if self.late and _thread.get_ident() == self.thread:
            raise KeyboardInterrupt

    def show(self):
        """Displays and closes the figures that are open in matplotlib."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not self.running or not self.limits["rich"]:
            return
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            self.display(figure)
            self.close(figure)

    def close(self, figure):
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close(figure)

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


def strict(value):
    return json.dumps(value, allow_nan=False)


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
