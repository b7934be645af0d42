#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: balancer.py SOCKET drain|ready NAME
       balancer.py SOCKET figures

Tell haproxy by its socket for administrators that a server gets no new requests, and wait
until it has finished those that it has; or that it gets some again. figures: lines of what
haproxy has counted, "requests", "answered", "failed", "retried" and "open".
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


def table(path):
    """Of all that it counts: a dictionary for each frontend, backend and server."""
    return list(csv.DictReader(ask(path, "show stat").lstrip("# ").splitlines()))


def sessions(path, name):
    """That the server of this name has at the moment."""
    return sum(int(row["scur"]) + int(row["qcur"]) for row in table(path)
               if row["svname"] == name)


def number(row, *fields):
    """Their sum; what does not apply to a row is empty."""
    return sum(int(row[field] or 0) for field in fields)


def figures(path):
    """What came of all requests, as clients have seen it, and what it took."""
    rows = table(path)
    front = next(row for row in rows if row["svname"] == "FRONTEND")
    back = next(row for row in rows if row["svname"] == "BACKEND")
    print("requests", number(front, "req_tot"))
    print("answered", number(front, "hrsp_2xx"))
    print("failed", number(front, "hrsp_1xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx",
                           "hrsp_other", "ereq", "dreq", "dresp"))
    print("retried", number(back, "wretr", "wredis"))
    print("open", number(back, "scur", "qcur"))


def main():
    """One verb."""
    path, verb = sys.argv[1:3]
    if verb == "figures":
        figures(path)
        return
    server = f"set server cells/{sys.argv[3]} state {verb}"
    order(path, server)
    # haproxy tells nobody when the last one has ended.
    while verb == "drain" and sessions(path, sys.argv[3]):
        time.sleep(0.01)


main()
