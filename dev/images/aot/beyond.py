#!/usr/bin/env python3
"""What the API talks to beyond the cluster, for its training run: a model that speaks OpenAI's chat completions, and the
daemon of a sandbox. Both answer at once, and neither thinks or runs anything.

usage: beyond.py MODEL_PORT DAEMON_PORT
"""

import http.server
import json
import sys
import threading

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
WORDS = ["Two ", "and ", "two ", "is ", "four."]


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    pod = "training"

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("X-Hermes-Pod-Uid", self.pod)
        if body or status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, form, *arguments):
        pass


class Model(Server):
    def do_POST(self):
        request = json.loads(self.body())
        if self.path.endswith("/embeddings"):
            self.answer(200, "application/json", json.dumps({
                "object": "list", "model": request["model"], "usage": {"prompt_tokens": 3, "total_tokens": 3},
                "data": [{"object": "embedding", "index": 0, "embedding": [0.5] * 16}]}).encode())
        elif request.get("stream"):
            self.stream(request)
        else:
            self.answer(200, "application/json", json.dumps(self.envelope(request, "chat.completion", {
                "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "".join(WORDS)}
            }) | {"usage": USAGE}).encode())

    @staticmethod
    def envelope(request, kind, *choices):
        return {"id": "chatcmpl-training", "object": kind, "created": 1, "model": request["model"], "choices": list(choices)}

    def stream(self, request):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in WORDS:
            self.event(self.envelope(request, "chat.completion.chunk", {
                "index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}))
        self.event(self.envelope(request, "chat.completion.chunk", {"index": 0, "delta": {}, "finish_reason": "stop"}))
        self.event(self.envelope(request, "chat.completion.chunk") | {"usage": USAGE})
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def event(self, value):
        self.chunk(b"data: " + json.dumps(value).encode() + b"\n\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


class Daemon(Server):
    def do_GET(self):
        self.answer(204, "", b"")

    def do_POST(self):
        self.body()
        if self.path == "/execute":
            lines = [{"type": "stdout", "text": "four\n"},
                     {"type": "end_of_execution", "exit_code": 0, "duration_ms": 1, "truncated": False}]
            self.answer(200, "application/x-ndjson", b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        else:
            self.answer(204, "", b"")


def main():
    for port, handler in zip(sys.argv[1:], (Model, Daemon)):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    main()
