"""Keeps the orders of the shop in memory: one JSON object a line over TCP, answered with how many there are."""

import json
import os
import socketserver

orders = []


class Client(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            try:
                order = json.loads(line)
            except ValueError:
                self.wfile.write(b'{"error": "that is no order"}\n')
                continue
            if order:
                orders.append(order)
                print(f"order {len(orders)}: {order.get('what', '?')}", flush=True)
            self.wfile.write(json.dumps({"orders": len(orders)}).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(os.environ["PORT"])), Client) as server:
    print(f"the store listens on {server.server_address[1]}", flush=True)
    server.serve_forever()
