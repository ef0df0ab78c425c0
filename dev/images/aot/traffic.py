#!/usr/bin/env python3
"""Asks the API what apps ask of it, over and over, for its training run: what is compiled and how is in the cache then, and
the first apps of a new process do not pay for it. Any answer but the one that is due ends it with an error.

usage: traffic.py API MODEL CLUSTER AUTHORITY < what "Provision.java sandboxes" prints
"""

import concurrent.futures
import http.client
import json
import ssl
import sys
import time
import urllib.parse

CHATS, STREAMS, TURNS, SANDBOXES = 300, 100, 50, 40
AT_ONCE = 4


class Caller:
    """One kept connection."""

    def __init__(self, url, headers, context=None):
        at = urllib.parse.urlparse(url)
        self.connection = (http.client.HTTPSConnection(at.hostname, at.port, timeout=60, context=context) if context
                           else http.client.HTTPConnection(at.hostname, at.port, timeout=60))
        self.headers = headers | {"Content-Type": "application/json"}

    def call(self, due, method, path, body=None, **headers):
        self.connection.request(method, path, body=None if body is None else json.dumps(body),
                                headers=self.headers | {name.replace("_", "-"): value for name, value in headers.items()})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != due:
            raise SystemExit(f"traffic: {method} {path}: {answer.status} and not {due}: {text[:500]!r}")
        return text


def chats(api, model, count):
    for i in range(count):
        text = api.call(200, "POST", "/v1/chat/completions", {
            "model": model, "temperature": 0.2, "max_tokens": 100,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"What is {i} and two?"}]})
        assert json.loads(text)["choices"][0]["message"]["content"] == "Two and two is four.", text


def streams(api, model, count):
    for i in range(count):
        text = api.call(200, "POST", "/v1/chat/completions", {
            "model": model, "stream": True, "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": f"What is {i} and two?"}]})
        assert text.endswith(b"data: [DONE]\n\n"), text


def turns(api, model, count):
    """Sessions, keys of repetition, responses, embeddings, and what apps look at."""
    for i in range(count):
        session = {"X_Hermes_Session_Id": f"training-{i // 10}"}
        question = {"model": model, "messages": [{"role": "user", "content": f"And {i}?"}]}
        api.call(200, "POST", "/v1/chat/completions", question, **session)
        api.call(200, "POST", "/v1/chat/completions", question | {"stream": True}, Idempotency_Key=f"training-{i}")
        api.call(200, "POST", "/v1/responses", {"model": model, "input": f"And {i}?", "stream": i % 2 == 0})
        if i % 5 == 0:
            api.call(200, "POST", "/v1/embeddings", {"model": model, "input": "four"})
            for path in ("models", "me", "sessions", f"sessions/training-{i // 10}", "usage", "sandboxes"):
                api.call(200, "GET", "/v1/" + path)
            api.call(404, "POST", "/v1/chat/completions", question | {"model": "of-nobody"})
            api.call(400, "POST", "/v1/chat/completions", {"messages": []})
            api.call(401, "GET", "/v1/models", Authorization="Bearer hk_nobody")


class Pool:
    """Has a warm pod ready for who claims next."""

    def __init__(self, cluster, pod):
        self.cluster, self.pod, self.made = cluster, pod, 0

    def fill(self):
        self.made += 1
        metadata = self.pod["metadata"] | {"name": f"sbx-{self.made}"}
        self.cluster.call(200, "PUT", f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}", self.pod | {
            "metadata": metadata,
            "status": {"phase": "Running", "podIP": "127.0.0.1",
                       "startTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                       "conditions": [{"type": "Ready", "status": "True"}]}})


def sandboxes(api, pool, count):
    for i in range(count):
        pool.fill()
        made = json.loads(api.call(201, "POST", "/v1/sandboxes", {"timeout": 60}))["id"]
        for language in ("bash", "python"):
            text = api.call(200, "POST", f"/v1/sandboxes/{made}/exec", {"language": language, "code": "print(2 + 2)"})
            assert json.loads(text)["stdout"] == "four\n", text
        api.call(200, "GET", f"/v1/sandboxes/{made}")
        api.call(204, "DELETE", f"/v1/sandboxes/{made}")
        if i % 4 == 0:
            pool.fill()
            text = api.call(200, "POST", "/v1/chat/completions", {
                "model": "demo", "messages": [{"role": "user", "content": "```python\nprint(2 + 2)\n```"}]})
            assert "four" in json.loads(text)["choices"][0]["message"]["content"], text


def main():
    api, model, cluster, authority = sys.argv[1:]
    given = json.load(sys.stdin)

    def caller():
        return Caller(api, {"Authorization": "Bearer " + given["key"]})

    pool = Pool(Caller(cluster, {}, ssl.create_default_context(cafile=authority)), given["pod"])
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
        work = [threads.submit(chats, caller(), model, CHATS), threads.submit(streams, caller(), model, STREAMS),
                threads.submit(turns, caller(), model, TURNS), threads.submit(sandboxes, caller(), pool, SANDBOXES)]
        for done in work:
            done.result()


if __name__ == "__main__":
    main()
