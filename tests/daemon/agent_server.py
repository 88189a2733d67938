#!/usr/bin/env python3
"""A small agent server, as anybody could write one: a WebSocket on the port that PORT names, at the path /agent.

It says `registered`, answers each heartbeat with one, and answers work in its session. The first word says what else it
does, for a test:

  good     nothing else
  silent   never says `registered`
  closes   closes the connection before
  errs     says an error before
  plain    speaks HTTP, and no WebSocket

Work whose text is `drop` breaks the connection, `mute` ends all heartbeats, `trouble` reports an error, `leave` says
`unregister`, `die` ends the program, and `env` is answered with what it found in its environment.
"""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
import threading

MODE = sys.argv[1] if len(sys.argv) > 1 else "good"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Gone(Exception):
    pass


class Link:
    def __init__(self, connection):
        self.connection = connection
        self.file = connection.makefile("rb")
        self.is_mute = False

    def exactly(self, size):
        found = self.file.read(size)
        if found is None or len(found) < size:
            raise Gone
        return found

    def upgrade(self):
        words = self.file.readline().split()
        headers = {}
        while line := self.file.readline().strip():
            name, value = line.split(b":", 1)
            headers[name.lower()] = value.strip()
        if MODE == "plain" or len(words) < 2 or words[1] != b"/agent" or b"sec-websocket-key" not in headers:
            self.connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            raise Gone
        accept = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + MAGIC).digest())
        self.connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")

    def frame(self, kind, body):
        size = bytes((len(body),)) if len(body) < 126 else b"\x7e" + struct.pack(">H", len(body))
        self.connection.sendall(bytes((0x80 | kind,)) + size + body)

    def say(self, value):
        self.frame(1, json.dumps(value).encode())

    def next(self):
        while True:
            first, second = self.exactly(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack(">H", self.exactly(2))[0]
            mask = self.exactly(4)
            body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.exactly(size)))
            if first & 0x0F == 1:
                return json.loads(body)
            if first & 0x0F == 8:
                self.frame(8, body[:2])
                raise Gone
            if first & 0x0F == 9:
                self.frame(10, body)

    def take(self, said):
        if said["type"] == "heartbeat":
            if not self.is_mute:
                self.say({"type": "heartbeat"})
            return
        text = said["content"]["text"]
        answer = {"did": text}
        if text == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            raise Gone
        if text == "die":
            os._exit(3)
        if text == "trouble":
            self.say({"type": "error", "message": "out of ideas"})
        if text == "leave":
            self.say({"type": "unregister"})
        if text == "mute":
            self.is_mute = True
        if text == "env":
            answer = {name: os.environ.get(name, "") for name in ("OSTLER_URL", "OSTLER_TOKEN")}
        self.say({"type": "message", "session": said["session"], "content": answer})

    def serve(self):
        self.upgrade()
        print("connected", flush=True)
        if MODE == "closes":
            self.frame(8, struct.pack(">H", 1000))
            raise Gone
        if MODE == "errs":
            self.say({"type": "error", "message": "no model is configured"})
        elif MODE != "silent":
            self.say({"type": "registered"})
        while True:
            self.take(self.next())


def serve(connection):
    with connection:
        try:
            Link(connection).serve()
        except (Gone, OSError):
            pass


def main():
    listening = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
