#!/usr/bin/env python3
"""Agent servers that are services of instances, with a real daemon and a real server: they are dialled, take work and
are listened to by several; each way in which one does not register is told; and they come back after their connection,
their service, and the daemon itself were lost.

  tests/daemon/agent_servers.py --programs build/dev/bin
"""

import argparse
import http.client
import json
import os
import pathlib
import signal
import sys
import urllib.parse

from driven_daemon import Daemon, Refused
from event_subscriber import Subscriber

SERVER = str(pathlib.Path(__file__).resolve().parent / "agent_server.py")
KINDS = ["started", "stopped", "status_changed", "heartbeat", "heartbeat_timeout", "reconnecting", "reconnected",
         "error"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    parser.add_argument("--only", help="one of the stories, as `work`")
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    return parser.parse_args()


class Story:
    """One daemon; each story has instances of its own."""

    def __init__(self, options):
        self.daemon = Daemon(options.programs, options.keep)
        self.kinds = set()

    def up(self, name, mode="good", **more):
        service = {"name": "server", "command": [sys.executable, "-B", SERVER, mode], "websocket": "/agent",
                   "port": {"kind": "automatic"}, "restart": {"on": "always", "first": 100}, **more}
        self.daemon.create(name, [service])
        self.daemon.wait(name, "ready")

    def agent(self, name):
        found = self.daemon.ask("GET", f"/api/v1/agents?instance={name}")["agents"]
        assert len(found) <= 1, found
        return found[0] if found else None

    def becomes(self, name, state):
        return self.daemon.settle(lambda: (one := self.agent(name)) and one["state"] == state and one,
                                  f"{name} is {state}; it is {self.agent(name)}")

    def work(self, name, text, wait="20s"):
        wait_ms = int(wait[:-1]) * 1000
        return self.daemon.ask("POST", f"/api/v1/instances/{name}/tasks", {"text": text, "wait": wait_ms})

    def listen(self, **filter_by):
        query = urllib.parse.urlencode(filter_by)
        return Subscriber(self.daemon.socket, target=f"/api/v1/agent-events{'?' if query else ''}{query}")

    def hear(self, listener, kind, **what):
        """Until it was told; says all that was told before."""
        heard = []
        while True:
            event = listener.next()
            assert event is not None, f"closed before {kind} {what}: {heard}"
            heard.append(event)
            self.kinds.add(event["type"])
            if event["type"] == kind and all(event.get(key) == value for key, value in what.items()):
                return heard

    # --- the stories ---

    def tell_work(self):
        self.up("work")
        agent = self.becomes("work", "registered")
        assert agent["direction"] == "outbound" and agent["service"] == "server" and agent["healthy"], agent
        first, second = self.listen(agent=agent["id"]), self.listen(agent=agent["id"])
        task = self.work("work", "sort them")
        of_session = self.listen(session=task["session"])
        for listener in (first, second):
            said = self.hear(listener, "message", session=task["session"])[-1]
            assert said["content"] == {"did": "sort them"}, said
        again = self.work("work", "count them")
        assert again["session"] != task["session"]
        self.hear(first, "message", session=again["session"])
        self.work("work", "trouble")
        trouble = self.hear(first, "error")[-1]
        assert trouble["text"] == "out of ideas", trouble
        path = f"/api/v1/agents/{agent['id']}"
        assert self.daemon.ask("GET", path + "/status")["state"] == "registered"
        assert self.daemon.ask("GET", path + "/healthy")["healthy"] is True
        assert self.daemon.ask("GET", "/api/v1/agent-count")["count"] >= 1
        assert self.daemon.ask("GET", "/api/v1/agent-health")["healthy"] is True
        for listener in (first, second, of_session):
            listener.close()

    def tell_environment(self):
        self.up("inside")
        agent = self.becomes("inside", "registered")
        self.up("other")
        listener = self.listen(agent=agent["id"])
        task = self.work("inside", "env")
        found = self.hear(listener, "message", session=task["session"])[-1]["content"]
        listener.close()
        where = urllib.parse.urlparse(found["OSTLER_URL"])

        def ask(method, path, token=found["OSTLER_TOKEN"]):
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
            connection.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            text = answer.read()
            connection.close()
            return answer.status, json.loads(text)

        status, mine = ask("GET", "/api/v1/instances/inside")
        assert status == 200 and mine["name"] == "inside", mine
        status, agents = ask("GET", "/api/v1/agents")
        assert status == 200 and [one["instance"] for one in agents["agents"]] == ["inside"], agents
        for status, method, path in ((403, "GET", "/api/v1/instances/other"), (403, "POST", "/api/v1/agent-stop")):
            answer = ask(method, path)
            assert answer[0] == status, answer
        answer = ask("GET", "/api/v1/instances/inside", token=None)
        assert answer[0] == 401, answer

    def tell_refusals(self):
        ways = {"silent": "it did not register within 10s", "closes": "closed before it was registered",
                "errs": "no model is configured", "plain": "does not speak WebSocket at /agent"}
        for mode in ways:
            self.up(mode, mode)
        for mode, why in ways.items():
            agent = self.becomes(mode, "failed")
            assert why in agent["message"], agent
            code = "not_registered_in_time" if mode == "silent" else "link_failed"
            assert agent["error"]["name"] == code, agent
            # Its service is not to blame, and work says what is wrong.
            one = self.daemon.ask("GET", f"/api/v1/instances/{mode}")
            assert one["services"][0]["state"] == "running", one
            try:
                self.work(mode, "anything")
                raise AssertionError(f"{mode} took work")
            except Refused as refused:
                assert why in refused.error["message"], refused
        health = self.daemon.ask("GET", "/api/v1/agent-health")
        assert not health["healthy"], health
        for mode in ways:
            self.daemon.ask("DELETE", f"/api/v1/instances/{mode}?wait=30s")

    def tell_losses(self):
        self.up("lost", heartbeat={"every": 300, "missed": 3})
        agent = self.becomes("lost", "registered")
        listener = self.listen(agent=agent["id"], heartbeats="true")
        self.hear(listener, "heartbeat")
        self.work("lost", "drop")
        self.hear(listener, "reconnecting")
        self.hear(listener, "reconnected")
        self.work("lost", "mute")
        self.hear(listener, "heartbeat_timeout")
        self.hear(listener, "reconnected")
        # The program dies at its work; the keeper starts it again, and it is dialled again.
        self.work("lost", "die")
        self.hear(listener, "reconnected")
        service = self.daemon.ask("GET", "/api/v1/instances/lost/services")["services"][0]
        os.kill(service["pid"], signal.SIGKILL)
        self.hear(listener, "reconnected")
        # Somebody stops it, and somebody gives it work again.
        self.daemon.ask("POST", f"/api/v1/agents/{agent['id']}/stop")
        self.hear(listener, "stopped")
        self.work("lost", "go on")
        self.hear(listener, "message")
        self.work("lost", "leave")
        self.hear(listener, "stopped")
        # Stopped with its service, without trying on; and dialled with it.
        self.work("lost", "once more")
        self.hear(listener, "message")
        self.daemon.ask("POST", "/api/v1/instances/lost/services/server/stop", {"wait": 20000})
        told = self.hear(listener, "stopped")
        assert "reconnecting" not in [one["type"] for one in told], told
        assert self.agent("lost")["state"] == "stopped"
        self.daemon.ask("POST", "/api/v1/instances/lost/services/server/start", {"wait": 20000})
        self.hear(listener, "started")
        self.becomes("lost", "registered")
        self.daemon.ask("POST", "/api/v1/instances/lost/stop", {"wait": 30000})
        told = self.hear(listener, "stopped")
        assert "reconnecting" not in [one["type"] for one in told], told
        listener.close()
        self.daemon.ask("DELETE", "/api/v1/instances/lost?wait=30s")
        self.daemon.settle(lambda: self.daemon.ask("GET", "/api/v1/agents")["agents"] is not None and
                           "lost" not in [one["instance"] for one in self.daemon.ask("GET", "/api/v1/agents")["agents"]],
                           "the agent is gone with its instance")

    def tell_inbound(self):
        """The same events of an agent that dials: by hand, over the socket of the daemon."""
        listener = self.listen(heartbeats="true")
        agent = Dialling(self.daemon.socket)
        agent.say({"type": "register", "name": "mine", "version": "1"})
        number = agent.next()["id"]
        self.hear(listener, "started", agent=number)
        agent.say({"type": "heartbeat"})
        self.hear(listener, "heartbeat", agent=number)
        agent.say({"type": "error", "message": "stuck"})
        self.hear(listener, "error", agent=number)
        agent.close()
        self.hear(listener, "reconnecting", agent=number)
        again = Dialling(self.daemon.socket)
        again.say({"type": "register", "name": "mine", "version": "1"})
        assert again.next()["id"] == number
        self.hear(listener, "reconnected", agent=number)
        stopped = self.daemon.ask("POST", "/api/v1/agent-stop")["agents"]
        assert "mine" in [one["name"] for one in stopped], stopped
        self.hear(listener, "stopped", agent=number)
        again.close()
        listener.close()

    def tell_daemon_killed(self):
        """In a session: what the server does goes on, and it is dialled by the next daemon."""
        self.up("kept")
        agent = self.becomes("kept", "registered")
        listener = self.listen(agent=agent["id"])
        task = self.work("kept", "begin")
        self.hear(listener, "message", session=task["session"])
        service = self.daemon.ask("GET", "/api/v1/instances/kept/services")["services"][0]
        self.daemon.kill()
        listener.close()
        self.daemon.start()
        self.becomes("kept", "registered")
        assert self.daemon.ask("GET", "/api/v1/instances/kept/services")["services"][0]["pid"] == service["pid"]
        after = self.listen()
        task = self.work("kept", "go on")
        said = self.hear(after, "message", session=task["session"])[-1]
        assert said["content"] == {"did": "go on"}, said
        after.close()


class Dialling(Subscriber):
    def __init__(self, path):
        super().__init__(path, target="/api/v1/agents/connect")

    def say(self, value):
        body = json.dumps(value).encode()
        size = bytes((0x80 | len(body),)) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
        self.socket.sendall(b"\x81" + size + b"\0\0\0\0" + body)


def main():
    options = arguments()
    story = Story(options)
    names = [name[len("tell_"):] for name in dir(story) if name.startswith("tell_")]
    try:
        story.daemon.start()
        for name in names:
            if options.only in (None, name):
                print(f"{name} ...", flush=True)
                getattr(story, f"tell_{name}")()
        missing = [] if options.only else [kind for kind in KINDS if kind not in story.kinds]
        assert not missing, f"never told: {missing}"
        assert story.daemon.stop() == 0, story.daemon.tail_of_log()
    except Exception:
        print(story.daemon.tail_of_log(), flush=True)
        raise
    finally:
        story.daemon.clear()


main()
