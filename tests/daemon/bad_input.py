#!/usr/bin/env python3
"""Asks for every operation of api/openapi.json wrongly, in every way that can be derived from its schema, and looks
whether each is refused clearly and whether anything came of it.

Three targets are asked: an instance that does not exist, for which every request must be refused; one that exists,
which is asked only what its schema forbids; and `POST /instances` with a provider that does not exist. Each refusal has
a status of 4xx and a code of src/base/errors.def with that status; none may be a 5xx. Afterwards the daemon is the
same process, the number of the newest event is what it was, and there is no instance, directory or process more.

  tests/daemon/bad_input.py --programs build/dev/bin
"""

import argparse
import http.client
import json
import pathlib
import random
import re
import socket
import sys
import time
import urllib.parse

from driven_daemon import Connection, Daemon

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NASTY_TEXTS = ["", "-", "--force", "-rf", "a\nb", "a\r\nHost: x", 'a"b', "a'b; rm -rf /", "$(id)", "`id`", "../..",
               "../../etc/passwd", "/etc/passwd", "a/../../b", "a\0b", "\0", "%00", "%2e%2e%2f", "é", "日本", "🦄" * 40,
               "‮gpj", "a" * 64, "A" * 10_000, "-1", "1e308", "NaN", "null", "true", "{}", "[]", " ", "\t", ".", ".."]
NASTY_NUMBERS = [-1, 0, 1e308, -1e308, 1.5, 2**31, 2**53, 2**63, 2**64, 10**40]
NASTY_VALUES = [None, True, [], {}, [[]], {"a": 1}, [None], [{}], ["a", 1], *NASTY_NUMBERS]
# As they stand in a body, since no writer of JSON makes them.
NASTY_BODIES = [b"", b" ", b"{", b"}", b"[", b"null", b"true", b"1", b'""', b"[]", b"nul", b"{,}", b'{"a"}', b'{"a":}',
                b'{"a":1,}', b"{'a':1}", b'{"a":1}{"b":2}', b'{"\xff\xfe":1}', b'{"name":"\xc3\x28"}', b'{"a":"\x00"}',
                b'{"a":"\n"}', b'{"a":"\\ud800"}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1e999}', b'{"a":01}',
                b'{"a":+1}', b"\xef\xbb\xbf{}", b"{} // x", b"[" * 100_000, b'{"a":' * 50_000, b'{"a":1,"a":2}',
                b"\x00" * 100, b"a" * 10_000]
# Seconds in which there must be an answer.
PATIENCE = 20
BIG_BODY = b'{"' + b"a" * (2 * 1024 * 1024) + b'": 1}'
TYPES = ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW", "get"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    parser.add_argument("--requests", type=int, default=5000, help="at most so many of those that are derived")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    return parser.parse_args()


def codes():
    text = (ROOT / "src" / "base" / "errors.def").read_text()
    return {code: int(status) for code, status in re.findall(r"^OSTLER_ERROR\((P\d+), \w+, (\d+),", text, re.M)}


class Schemas:
    """What a value may be, as far as the interface says it."""

    def __init__(self, api):
        self.api = api

    def resolved(self, schema):
        while "$ref" in schema:
            found = self.api
            for step in schema["$ref"].lstrip("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def allows(self, schema, value):
        schema = self.resolved(schema)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return any(self.allows(one, value) for one in schema[word])
        if "enum" in schema and value not in schema["enum"]:
            return False
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return (not kinds or any(self.is_a(kind, value) for kind in kinds)) and self.within(schema, value)

    @staticmethod
    def is_a(kind, value):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return {"string": isinstance(value, str), "boolean": isinstance(value, bool), "array": isinstance(value, list),
                "object": isinstance(value, dict), "null": value is None, "number": is_number,
                "integer": is_number and value == int(value)}[kind]

    def within(self, schema, value):
        if isinstance(value, str):
            pattern = schema.get("pattern")
            return (schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 60) and
                    (not pattern or re.search(pattern.replace("$", r"\Z"), value) is not None))
        if isinstance(value, list):
            return all(self.allows(schema.get("items", {}), one) for one in value)
        if isinstance(value, dict):
            return self.is_object(schema, value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return schema.get("minimum", value) <= value <= schema.get("maximum", value)
        return True

    def is_object(self, schema, value):
        fields = schema.get("properties", {})
        if schema.get("additionalProperties") is False and set(value) - set(fields):
            return False
        return (set(schema.get("required", [])) <= set(value) and
                all(self.allows(fields[key], one) for key, one in value.items() if key in fields))

    def example(self, schema, depth=0):
        """The least that is allowed, so that one wrong thing beside it is the only one."""
        schema = self.resolved(schema)
        if "default" in schema:
            return schema["default"]
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.example(schema[word][0], depth)
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            return {key: self.example(schema["properties"][key], depth + 1) for key in schema.get("required", [])}
        if kind == "string":
            return next((text for text in ("x1", "1s", "running", "TERM", "/x1", "2026-01-01T00:00:00Z")
                         if self.within(schema, text)), "x")
        return {"array": [], "boolean": False, "integer": schema.get("minimum", 1), "number": 1}.get(kind)


class Ask:
    """One wrong request. `wrong`: its schema forbids it, so that even what exists must not hear of it."""

    def __init__(self, method, target, body=b"", kind="application/json", wrong=True, headers=()):
        self.method, self.target, self.body, self.kind, self.wrong = method, target, body, kind, wrong
        self.headers = headers

    def __str__(self):
        return f"{self.method} {self.target[:200]} [{self.kind}] {self.body[:200]!r} ({len(self.body)} bytes)"


def quoted(text):
    return urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe="")


class Derived:
    """Every way to ask for one operation wrongly."""

    def __init__(self, schemas, method, path, operation):
        self.schemas, self.method, self.path, self.operation = schemas, method.upper(), path, operation
        parameters = [schemas.resolved(one) for one in operation.get("parameters", [])]
        self.in_path = {one["name"]: one["schema"] for one in parameters if one["in"] == "path"}
        self.in_query = {one["name"]: one for one in parameters if one["in"] == "query"}
        content = operation.get("requestBody", {}).get("content", {})
        self.kind = next(iter(content), "")
        self.body = schemas.resolved(content[self.kind]["schema"]) if self.kind == "application/json" else None

    def target(self, instance, path=None, query=None):
        path, query = path or {}, dict(query or {})
        for name, schema in self.in_path.items():
            path.setdefault(name, instance if name == "instance" else str(self.schemas.example(schema)))
        for name, one in self.in_query.items():
            if one.get("required") and name not in query:
                query[name] = str(self.schemas.example(one["schema"]))
        text = re.sub(r"\{(\w+)\}", lambda found: quoted(path[found[1]]), self.path)
        pairs = [f"{quoted(key)}={quoted(value)}" for key, value in query.items() if value is not None]
        return text + ("?" + "&".join(pairs) if pairs else "")

    def asks(self, instance):
        yield from self.of_path(instance)
        yield from self.of_query(instance)
        if self.body is not None:
            yield from self.of_body(instance)
        if self.kind != "application/json" and self.method in ("GET", "DELETE"):
            yield self.ask(self.target(instance), b"x" * 100, wrong=False)

    def ask(self, target, body=None, **more):
        if body is None:
            body = json.dumps(self.schemas.example(self.body)).encode() if self.body is not None else b""
        return Ask(self.method, target, body, more.pop("kind", self.kind), **more)

    def of_path(self, instance):
        for name, schema in self.in_path.items():
            for text in NASTY_TEXTS:
                # An empty piece or dots ask for another path, which need not be a wrong one.
                if text not in ("", ".", ".."):
                    allowed = self.schemas.resolved(schema).get("type") == "string" and \
                        self.schemas.allows(schema, text)
                    yield self.ask(self.target(instance, {name: text}), wrong=not allowed)

    def of_query(self, instance):
        for name, one in self.in_query.items():
            kind = self.schemas.resolved(one["schema"]).get("type")
            for text in NASTY_TEXTS:
                wrong = kind in ("integer",) and not re.fullmatch(r"\d{1,9}", text) or \
                    kind == "boolean" and text not in ("true", "false", "yes", "no", "1", "0") or \
                    kind == "string" and not self.schemas.allows(one["schema"], text)
                yield self.ask(self.target(instance, query={name: text}), wrong=wrong)
            plain = self.target(instance, query={name: None})
            glue = "&" if "?" in plain else "?"
            # Names of files are bytes, and need not be text.
            yield self.ask(f"{plain}{glue}{name}=%ff%fe", wrong=name not in ("path", "after", "exclude"))
            yield self.ask(f"{plain}{glue}{name}=%zz")
            if kind != "array":
                yield self.ask(f"{plain}{glue}{name}=1&{name}=2")
            if one.get("required"):
                yield self.ask(plain)
        plain = self.target(instance)
        glue = "&" if "?" in plain else "?"
        for word in ("nonsense=1", "%00=1", "=1", "__proto__=1", "a" * 10_000 + "=1", "a=" + "b" * 10_000):
            yield self.ask(f"{plain}{glue}{word}")

    def of_body(self, instance):
        target, example = self.target(instance), self.schemas.example(self.body)
        for body in NASTY_BODIES:
            yield self.ask(target, body, wrong=body.strip() not in (b"",))
        for name, schema in self.body.get("properties", {}).items():
            for value in [*NASTY_VALUES, *NASTY_TEXTS]:
                changed = {**example, name: value}
                yield self.ask(target, json.dumps(changed).encode(), wrong=not self.schemas.allows(self.body, changed))
            yield from self.of_elements(target, example, name, schema)
            twice = json.dumps(example)[:-1] + (", " if example else "") + \
                ", ".join([json.dumps({name: self.schemas.example(schema)})[1:-1]] * 2) + "}"
            # The last one counts, as almost every reader of JSON has it: no mistake that could be seen.
            yield self.ask(target, twice.encode(), wrong=False)
            if name in self.body.get("required", []):
                yield self.ask(target, json.dumps({key: one for key, one in example.items() if key != name}).encode())
        for name in ("nonsense", "__proto__", "", "a" * 10_000, "🦄"):
            yield self.ask(target, json.dumps({**example, name: 1}).encode())
        for kind in TYPES:
            if example:
                yield self.ask(target, kind=kind, wrong=kind != "")

    def of_elements(self, target, example, name, schema):
        """What is within a list: each field of its objects too."""
        schema = self.schemas.resolved(schema)
        schema = next((self.schemas.resolved(one) for one in schema.get("anyOf", [])
                       if self.schemas.resolved(one).get("type") == "array"), schema)
        if schema.get("type") != "array":
            return
        element = self.schemas.resolved(schema["items"])
        least = self.schemas.example(element)
        changes = [*NASTY_VALUES, *NASTY_TEXTS]
        if element.get("type") == "object":
            changes = [{**least, key: value} for key in element.get("properties", {})
                       for value in [*NASTY_VALUES, *NASTY_TEXTS]] + [{**least, "nonsense": 1}]
        for change in changes:
            changed = {**example, name: [change]}
            yield self.ask(target, json.dumps(changed).encode(), wrong=not self.schemas.allows(self.body, changed))


class BadInput:
    def __init__(self, options):
        self.options = options
        self.daemon = Daemon(options.programs, options.keep)
        self.api = json.loads((ROOT / "api" / "openapi.json").read_text())
        self.schemas = Schemas(self.api)
        self.codes = codes()
        self.luck = random.Random(options.seed)
        self.connection = None
        self.faults = []
        self.asked = 0
        self.refused = {}

    def fault(self, text):
        self.faults.append(text)
        if len(self.faults) <= 60:
            print(f"FAULT {text}", flush=True)

    # --- asking ---

    def send(self, ask):
        """The status and what came with it; again when it was too often. None: the connection ended before that."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            answer = self.send_once(ask)
            if answer is None or answer[0] != 429:
                return answer
            # The bucket fills with 500 a second.
            time.sleep(0.05)
        return 429, b""

    def send_once(self, ask):
        # A kept connection may end after an answer, and then the next request is lost without an answer.
        for fresh in (False, True):
            if fresh or self.connection is None:
                self.close()
                self.connection = Connection(self.daemon.socket, PATIENCE)
            headers = {"Content-Length": str(len(ask.body)), **dict(ask.headers)}
            if ask.kind:
                headers["Content-Type"] = ask.kind
            try:
                self.connection.putrequest(ask.method, ask.target, skip_accept_encoding=True)
                for name, value in headers.items():
                    self.connection.putheader(name, value)
                self.connection.endheaders()
                try:
                    self.connection.send(ask.body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # It was refused before all of it was read; the answer is there.
                answer = self.connection.getresponse()
                body = answer.read()
                if answer.will_close:
                    self.close()
                return answer.status, body
            except TimeoutError:
                self.close()
                return None
            except (OSError, http.client.HTTPException):
                self.close()
        return None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def must_refuse(self, ask):
        self.asked += 1
        answer = self.send(ask)
        if answer is None:
            self.fault(f"no answer: {ask}")
            if self.daemon.process.poll() is not None:
                raise AssertionError(f"the daemon died of {ask}")
            return
        status, body = answer
        # A place or a provider that cannot do it at all says so with 501.
        if not 400 <= status < 500 and status != 501:
            self.fault(f"{status} for {ask}: {body[:300]!r}")
            return
        if ask.method == "HEAD":
            return
        self.judge_error(ask, status, body)

    def judge_error(self, ask, status, body):
        try:
            error = json.loads(body)["error"]
            code, message = error["code"], error["message"]
        except (ValueError, KeyError, TypeError):
            self.fault(f"{status} without an error for {ask}: {body[:300]!r}")
            return
        self.refused[code] = self.refused.get(code, 0) + 1
        if self.codes.get(code) != status:
            self.fault(f"{status} with {code}, which is for {self.codes.get(code)}, for {ask}")
        if not message or len(message) > 2000:
            self.fault(f"{code} with {len(message)} characters for {ask}")
        if any(ord(letter) < 32 and letter != "\n" for letter in message):
            self.fault(f"{code} with raw control characters in its message for {ask}: {message[:200]!r}")

    # --- what is asked ---

    def operations(self):
        for path, methods in self.api["paths"].items():
            for method, operation in methods.items():
                yield Derived(self.schemas, method, path, operation)

    def derived(self):
        asks = []
        for one in self.operations():
            named = "{instance}" in one.path
            found = list(one.asks("nobody"))
            # Lists and what has no instance may be asked rightly with odd words; only what is wrong is asked there.
            asks += found if named else [ask for ask in found if ask.wrong]
            if named:
                asks += [ask for ask in one.asks("stands") if ask.wrong]
        self.total = len(asks)
        if len(asks) > self.options.requests:
            asks = self.luck.sample(asks, self.options.requests)
        return asks

    def nowhere(self):
        """Rightly written, but for what does not exist or must not be."""
        create = {"name": "never", "provider": "nowhere", "project": str(self.daemon.project), "services": []}
        yield Ask("POST", "/api/v1/instances", json.dumps(create).encode())
        for change in ({"provider": "local", "project": "/nowhere/at/all"}, {"provider": "local", "project": "relative"},
                       {"provider": "local", "project": "../.."}, {"provider": "local", "name": "stands"},
                       {"provider": "local", "project": "/etc/passwd"}, {"provider": "local", "project": "/x\0y"}):
            yield Ask("POST", "/api/v1/instances", json.dumps({**create, **change}).encode())
        for path in ("../x", "../../../../tmp/x", "/etc/passwd", "out/x", "a/../../x", "a\0b", "./../x", "a" * 300):
            for where in ("files/content", "files/entry", "files"):
                yield Ask("GET", f"/api/v1/instances/stands/{where}?path={quoted(path)}")
            yield Ask("PUT", f"/api/v1/instances/stands/files/content?path={quoted(path)}&parents=true", b"written",
                      "application/octet-stream")
            yield Ask("DELETE", f"/api/v1/instances/stands/files?path={quoted(path)}&all=true", kind="")
            yield Ask("POST", "/api/v1/instances/stands/files/directories", json.dumps({"path": path}).encode())

    def methods_and_paths(self):
        for path in self.api["paths"]:
            target = re.sub(r"\{\w+\}", "nobody", path)
            for method in METHODS:
                known = method.lower() in self.api["paths"][path] or method == "HEAD"
                if not known and method != "OPTIONS":
                    yield Ask(method, target, kind="")
        for target in ("/nowhere", "/api", "/api/v1", "/api/v2/instances", "//api/v1/instances", "/api/v1/instances/",
                       "/api/v1/instances//start", "/api/v1/../v1/instances", "/api/v1/%69nstances/x/y/z", "/%00",
                       "/%ff", "/%", "/" + "a" * 10_000, "/api/v1/instances/nobody/../stands/stop"):
            yield Ask("POST" if target.endswith("stop") else "GET", target, kind="")
        yield Ask("GET", "/api/v1/instances/nobody", headers=[("X-Big", "a" * 100_000)])
        yield Ask("POST", "/api/v1/instances", b'{"name":"never"}', headers=[("Idempotency-Key", "k" * 10_000)])
        yield Ask("POST", "/api/v1/instances", b'{"name":"never"}', headers=[("Idempotency-Key", "")])
        for one in self.operations():
            if one.body is not None:
                yield one.ask(one.target("nobody"), BIG_BODY)

    def raw(self):
        """Bytes that are no request: an answer of 4xx or an end, never silence."""
        lines = [b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\xfc\r\n\r\n",
                 b"GET /api/v1/instances HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
                 b"POST /api/v1/instances HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n{}",
                 b"POST /api/v1/instances HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
                 b"POST /api/v1/instances HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 b"POST /api/v1/instances HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
                 b"GET /api/v1/instances HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
                 b"GET /api/v1/instances HTTP/1.1\r\n: x\r\n\r\n", b"GET /a b c HTTP/1.1\r\n\r\n",
                 b"GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\r\n" * 10_000, b"A" * 200_000,
                 b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
                 b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n\r\n"]
        for line in lines:
            self.asked += 1
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
                end.settimeout(PATIENCE)
                end.connect(self.daemon.socket)
                try:
                    end.sendall(line)
                    end.shutdown(socket.SHUT_WR)
                    first = end.recv(65536)
                except (BrokenPipeError, ConnectionResetError):
                    continue
                except TimeoutError:
                    self.fault(f"silence after the bytes {line[:80]!r}")
                    continue
                if first and not re.match(rb"HTTP/1\.[01] 4\d\d ", first):
                    self.fault(f"{first[:120]!r} for the bytes {line[:120]!r}")

    # --- the whole ---

    def observed(self):
        seq = self.daemon.ask("GET", "/api/v1/events/history?limit=1")["last_seq"]
        instances = {name: (one["state"], one["id"]) for name, one in self.daemon.instances().items()}
        tree = sorted(str(path.relative_to(self.daemon.base)) for path in self.daemon.project.rglob("*"))
        return {"seq": seq, "instances": instances, "directories": self.daemon.directories(), "files": tree,
                "processes": sorted(self.daemon.processes()), "pid": self.daemon.process.poll()}

    def run(self):
        self.daemon.start()
        (self.daemon.project / "out").symlink_to(self.daemon.base)
        self.daemon.create("stands", [{"name": "web", "command": [str(self.daemon.programs / "keeper_test_service"),
                                                                  "wait"]}])
        self.daemon.wait("stands", "ready")
        before = self.observed()
        for ask in [*self.nowhere(), *self.methods_and_paths(), *self.derived()]:
            self.must_refuse(ask)
        self.raw()
        after = self.observed()
        for what, was in before.items():
            if after[what] != was:
                self.fault(f"{what} changed: {was} became {after[what]}")
        outside = sorted(entry.name for entry in self.daemon.base.iterdir())
        if outside != ["daemon.log", "project", "s.sock", "state"]:
            self.fault(f"beside the state there is now {outside}")
        print(f"{self.asked} requests ({self.total} could be derived), {len(self.faults)} faults; codes: "
              f"{dict(sorted(self.refused.items()))}")


def main():
    bad = BadInput(arguments())
    try:
        bad.run()
    finally:
        if bad.faults:
            print("last of the daemon's log:", bad.daemon.tail_of_log(), file=sys.stderr)
        bad.close()
        bad.daemon.clear()
    return 1 if bad.faults else 0


if __name__ == "__main__":
    sys.exit(main())
