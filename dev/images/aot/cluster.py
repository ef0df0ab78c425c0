#!/usr/bin/env python3
"""Answers like an API server that has nothing but what is written to it, for the training runs: watches stay open and
silent, everything is allowed, and what is written is kept as it came, so that a lease and a pod can be taken.

usage: cluster.py PORT CERTIFICATE KEY
"""

import base64
import hashlib
import http.server
import json
import ssl
import sys
import time
import urllib.parse

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# by path
objects = {"/api/v1/namespaces/kube-system": {"apiVersion": "v1", "kind": "Namespace", "metadata": {
    "name": "kube-system", "uid": "training", "resourceVersion": "1"}}}


def merged(old, patch):
    """A merge patch (RFC 7386)."""
    if not isinstance(old, dict) or not isinstance(patch, dict):
        return patch
    return {k: merged(old.get(k), patch[k]) if k in patch else old[k] for k in {**old, **patch}}


def selected(item, selector):
    """By equality; nothing is found by any other selector."""
    labels = item.get("metadata", {}).get("labels", {})
    terms = [term.partition("=") for term in selector.split(",") if term]
    return all(labels.get(key) == value for key, _, value in terms)


class Cluster(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        parts = url.path.strip("/").split("/")
        version, rest = (parts[1], parts[2:]) if parts[0] == "api" else ("/".join(parts[1:3]), parts[3:])
        if query.get("watch") == ["true"]:
            # a watch is a WebSocket for this client (RFC 6455, 4.2.2)
            accept = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + MAGIC).encode()).digest()
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
            self.end_headers()
            time.sleep(3600)
        elif url.path in objects:
            self.answer(200, objects[url.path])
        elif len(rest) % 2 == 1:  # a collection: [namespaces NAME] PLURAL
            selector = query.get("labelSelector", [""])[0]
            items = [item for path, item in list(objects.items())
                     if path.rpartition("/")[0] == url.path and selected(item, selector)]
            self.answer(200, {"apiVersion": version, "kind": "List", "metadata": {"resourceVersion": "1"}, "items": items})
        else:
            self.answer(404, {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound",
                              "message": url.path + " not found", "code": 404})

    def written(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = urllib.parse.urlparse(self.path).path
        if self.command == "PATCH":
            body = merged(objects.get(path, {}), body)
        body.setdefault("metadata", {}).update(
            {"uid": "training", "resourceVersion": "2", "creationTimestamp": "2026-01-01T00:00:00Z"})
        if body["kind"] == "SelfSubjectRulesReview":
            every = ["*"]
            body["status"] = {"incomplete": False, "nonResourceRules": [],
                              "resourceRules": [{"verbs": every, "apiGroups": every, "resources": every}]}
        name = body["metadata"].get("name", "")
        objects[path if self.command != "POST" else f"{path}/{name}"] = body
        self.answer(200, body)

    def do_DELETE(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        objects.pop(urllib.parse.urlparse(self.path).path, None)
        self.answer(200, {"apiVersion": "v1", "kind": "Status", "status": "Success"})

    do_POST = do_PUT = do_PATCH = written

    def log_request(self, code="-", size="-"):
        if code not in (101, 200):
            super().log_request(code, size)

    def log_message(self, form, *arguments):
        sys.stderr.write("cluster: " + form % arguments + "\n")


def main():
    port, certificate, key = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Cluster)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
