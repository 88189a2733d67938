"""A listener to the daemon's events: a WebSocket by hand, which reads as slowly as it is asked to."""

import base64
import json
import os
import socket
import struct
import threading

from driven_daemon import Lost


class Subscriber:
    """Blocks; reads text frames of a server, which are never masked."""

    def __init__(self, path, after=None, buffer=None, timeout=60, target="/api/v1/events"):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        query = "" if after is None else f"?after={after}"
        key = base64.b64encode(os.urandom(16)).decode()
        try:
            self.socket.connect(path)
            self.socket.sendall((f"GET {target}{query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                                 f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                                 f"Sec-WebSocket-Version: 13\r\n\r\n").encode())
            self.file = self.socket.makefile("rb")
            self.status = int((self.file.readline().split() or [b"", b"0"])[1])
            while self.file.readline().strip():
                pass
        except (OSError, IndexError, ValueError) as why:
            self.socket.close()
            raise Lost(str(why)) from why
        if self.status != 101:
            self.socket.close()
            raise Lost(f"no WebSocket but {self.status}")

    def exactly(self, size):
        found = self.file.read(size)
        if found is None or len(found) < size:
            raise Lost("the connection ended")
        return found

    def next(self):
        """The next message; none when it was closed in good order."""
        try:
            while True:
                first, second = self.exactly(2)
                size = second & 0x7F
                if size == 126:
                    size = struct.unpack(">H", self.exactly(2))[0]
                elif size == 127:
                    size = struct.unpack(">Q", self.exactly(8))[0]
                body = self.exactly(size)
                kind = first & 0x0F
                if kind == 1:
                    return json.loads(body)
                if kind == 8:
                    return None
                if kind == 9:
                    self.socket.sendall(bytes((0x8A, 0x80 | len(body))) + b"\0\0\0\0" + body)
        except OSError as why:
            raise Lost(str(why)) from why

    def close(self):
        self.file.close()
        self.socket.close()


class Follower(threading.Thread):
    """Reads events until it has seen the number `last`, and begins again after the last one whenever it is cut off."""

    def __init__(self, path, after, over):
        super().__init__(daemon=True)
        self.path = path
        self.numbers = []
        self.position = after
        self.over = over
        self.cut_off = 0
        self.lagged = 0
        self.last = None
        self.fault = ""

    def has_all(self):
        return self.last is not None and self.position >= self.last

    def run(self):
        while not self.over.is_set() and not self.has_all():
            try:
                stream = Subscriber(self.path, self.position, timeout=2)
            except Lost:
                self.over.wait(0.02)
                continue
            self.follow(stream)
            stream.close()
            self.cut_off += 1

    def follow(self, stream):
        try:
            while not self.over.is_set() and not self.has_all():
                message = stream.next()
                if message is None:
                    return
                if message.get("type") == "lagged":
                    self.lagged += 1
                    if message["last_seq"] != self.position:
                        self.fault = f"lagged at {message['last_seq']} and was given up to {self.position}"
                elif message.get("event"):
                    self.position = message["event"]["seq"]
                    self.numbers.append(self.position)
        except Lost:
            pass
