#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: bad-web-servers.py ADDRESS PORT FILE ADDRESS=WAY...

A web server that answers each client in its own way: good, damaged (right ranges,
and a byte of each is wrong), endless (more than was asked for, without an end), whole
(the file, whatever was asked for), slow (a byte now and then), round (sends the
client round in circles) or elsewhere (to a file of the client's own).
"""
import http.server
import re
import sys
import time

data = open(sys.argv[3], "rb").read()
ways = dict(a.split("=") for a in sys.argv[4:])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        print(self.client_address[0], self.path, self.headers["Range"], flush=True)

    def part(self):
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)",
                                            self.headers["Range"]).groups())
        return first, data[first:last + 1]

    def head(self, status, size, **more):
        self.send_response(status)
        if size is not None:
            self.send_header("Content-Length", str(size))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def head_of_part(self, first, part, size):
        self.head(206, size, Content_Range="bytes %d-%d/%d" %
                  (first, first + len(part) - 1, len(data)))

    def good(self):
        first, part = self.part()
        self.head_of_part(first, part, len(part))
        self.wfile.write(part)

    def damaged(self):
        first, part = self.part()
        self.head_of_part(first, part, len(part))
        self.wfile.write(part[:-1] + bytes([part[-1] ^ 1]))

    def endless(self):
        first, part = self.part()
        self.close_connection = True
        self.head_of_part(first, part, None)
        while True:
            self.wfile.write(part)

    def whole(self):
        self.head(200, len(data))
        self.wfile.write(data)

    def slow(self):
        first, part = self.part()
        self.head_of_part(first, part, len(part))
        for i in range(len(part)):
            self.wfile.write(part[i:i + 1])
            self.wfile.flush()
            time.sleep(0.2)

    def round(self):
        self.head(302, 0, Location=self.path)

    def elsewhere(self):
        self.head(302, 0, Location="file:///etc/passwd")

    def do_GET(self):
        try:
            getattr(self, ways.get(self.client_address[0], "good"))()
        except OSError:
            self.close_connection = True


print("listens", flush=True)
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
