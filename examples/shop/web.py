"""The page of the shop. It finds the store by the variable that Ostler gives to every service of an instance."""

import http.server
import json
import os
import socket


def ask_store(order):
    with socket.create_connection(("127.0.0.1", int(os.environ["OSTLER_PORT_STORE"])), timeout=2) as store:
        store.sendall(json.dumps(order).encode() + b"\n")
        return json.loads(store.makefile().readline())


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/healthz":
            return self.say(200, "ok\n")
        count = ask_store({})["orders"]
        return self.say(200, f"{os.environ['OSTLER_INSTANCE_NAME']}: {count} orders so far; POST /order for another\n")

    def do_POST(self):
        if self.path != "/order":
            return self.say(404, "there is only /order\n")
        return self.say(200, f"order {ask_store({'what': 'a bag of oats'})['orders']} taken\n")

    def say(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page)
print(f"the page is at http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
