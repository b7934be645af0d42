#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: web-balancer.py SOCKET drain|ready NAME
       web-balancer.py SOCKET clear|figures

Tell haproxy by its socket for administrators that a server gets no new requests, and wait
until it has finished those that it has; or that it gets some again, and wait until it has
been seen to be well. figures: lines of what haproxy has counted since clear, "requests",
"answered", "failed", "retried" and "open".
"""
import csv
import socket
import sys
import time


def ask(path, words):
    """What haproxy answers."""
    with socket.socket(socket.AF_UNIX) as to:
        to.connect(path)
        to.sendall(words.encode() + b"\n")
        return b"".join(iter(lambda: to.recv(65536), b"")).decode()


def order(path, words):
    """It answers with nothing but what is wrong."""
    wrong = ask(path, words).strip()
    if wrong:
        sys.exit(f"haproxy: {words}: {wrong}")


def counters(path, name):
    """Of the frontend, the backend, or a server of this name: a dictionary."""
    table = csv.DictReader(ask(path, "show stat").lstrip("# ").splitlines())
    return next(row for row in table if row["svname"] == name)


def number(row, *fields):
    """Their sum; what does not apply to a row is empty."""
    return sum(int(row[field] or 0) for field in fields)


def drained(server):
    """Nobody is being served, or waits for that."""
    return number(server, "scur", "qcur") == 0


def is_up(server):
    """It gets requests."""
    return server["status"] == "UP"


def change(path, state, name, is_done):
    """Of a server, to the end of it."""
    order(path, f"set server web/{name} state {state}")
    # haproxy tells nobody when it is done.
    while not is_done(counters(path, name)):
        time.sleep(0.02)


def figures(path):
    """What came of all requests, as clients have seen it, and what it took."""
    front = counters(path, "FRONTEND")
    back = counters(path, "BACKEND")
    print("requests", number(front, "req_tot"))
    print("answered", number(front, "hrsp_2xx"))
    print("failed", number(front, "hrsp_1xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx",
                           "hrsp_other", "ereq", "dreq", "dresp"))
    print("retried", number(back, "wretr", "wredis"))
    print("open", number(back, "scur", "qcur"))


def main():
    """One verb."""
    path, verb, *name = sys.argv[1:]
    if verb == "figures":
        figures(path)
    elif verb == "clear":
        order(path, "clear counters all")
    else:
        change(path, verb, *name, {"drain": drained, "ready": is_up}[verb])


main()
