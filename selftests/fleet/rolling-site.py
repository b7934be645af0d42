#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A site as an orchestrator sees it: a master, and nodes in sets that do as ordered.

usage: rolling-site.py --tls DIR --keys DIR --listen ADDRESS:PORT --state DIR SET=NODE,... ...

Nodes keep epochs, refuse what is no longer valid, and go down only while all other sets are in
service, as codeswapd has it. What happens is said, one line each. In the state directory tests
say otherwise: fault/NODE has "fail", "hang" or "gone"; seconds has how long an update takes;
desired has "SEQUENCE VERSION"; with incomplete, the master says that it is so.
"""
import argparse
import base64
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.request

TYPE = "hba-sim"
lock = threading.RLock()


def say(*words):
    print(*words, flush=True)


class Node:
    def __init__(self, site, name, group):
        self.site, self.name, self.group = site, name, group
        self.version, self.sequence = "1.1.0", 1
        self.order, self.outcome, self.error = 0, "", ""
        self.epoch, self.holder = 0, ""
        self.back = None

    def fault(self):
        try:
            with open(f"{self.site.state}/fault/{self.name}") as f:
                return f.read().strip()
        except FileNotFoundError:
            return ""

    def serves(self):
        return self.back is None and self.fault() != "gone"

    def go_on(self):
        if self.back is None or self.fault() == "hang" or time.monotonic() < self.back:
            return
        self.back = None
        if self.fault() == "fail":
            self.finish("failed", "its new image does not run")
        else:
            self.sequence, self.version = self.site.desired()
            self.finish("done", "")
        say("back", self.name, self.version)

    def finish(self, outcome, error):
        self.outcome, self.error = outcome, error

    def counts(self, m):
        if m["epoch"] < self.epoch or (m["epoch"] == self.epoch and m["holder"] != self.holder):
            say("fenced", self.name, m["word"], m["epoch"])
            return False
        self.epoch, self.holder = m["epoch"], m["holder"]
        return True

    def update(self, m):
        if m["order"] == self.order or self.back is not None:
            return
        valid = self.counts(m)
        self.order = m["order"]
        if not valid:
            self.finish("refused", "another epoch counts")
            return
        for n in self.site.nodes.values():
            if n.group != self.group and not n.serves():
                self.finish("refused", f"{n.name} of set {n.group} is not in service")
                say("refused", self.name, n.name)
                return
        self.finish("", "")
        if (self.sequence, self.version) == self.site.desired():
            self.finish("done", "")
            return
        out = [n.name for n in self.site.nodes.values() if n.back is not None]
        say("out", self.name, m["order"], m["method"], "with", ",".join(out) or "nobody")
        self.back = time.monotonic() + self.site.seconds()

    def hear(self, m):
        if m["word"] == "update":
            self.update(m)
        else:
            self.counts(m)

    def status(self, nonce):
        serves = self.back is None
        return message("status", self.name, self.sequence, {
            "module-type": TYPE, "state": "running" if serves else "loading",
            "version": self.version if serves else "", "progress": 100, "more": 0,
            "error": self.error, "nonce": nonce, "set": self.group,
            "desired": self.site.desired()[1], "service": "in" if serves else "out",
            "order": self.order, "outcome": self.outcome, "epoch": self.epoch,
            "holder": self.holder, "proof": ""})


def message(kind, name, sequence, fields):
    return {"codeswap": 1, "type": kind, "name": name, "sequence": sequence, **fields}


class Site:
    def __init__(self, args):
        self.state, self.keys, self.tls = args.state, args.keys, args.tls
        self.name = os.path.basename(os.path.normpath(args.tls))
        self.nodes = {}
        for group in args.sets:
            name, members = group.split("=")
            for node in members.split(","):
                self.nodes[node] = Node(self, node, name)

    def read(self, name):
        with open(f"{self.state}/{name}") as f:
            return f.read()

    def desired(self):
        sequence, version = self.read("desired").split()
        return int(sequence), version

    def seconds(self):
        return float(self.read("seconds"))

    def signed(self, m, tls):
        der = subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER",
             "-signer", f"{tls}/cert.pem", "-inkey", f"{tls}/key.pem"],
            input=json.dumps(m).encode(), stdout=subprocess.PIPE, check=True).stdout
        return {**m, "proof": base64.b64encode(der).decode()}

    def own_status(self, nonce, kind, state, version):
        m = message("status", self.name, self.desired()[0], {
            "module-type": kind, "state": state, "version": version, "progress": 100, "more": 0,
            "error": "", "nonce": nonce, "set": "", "desired": "", "service": "none",
            "order": 0, "outcome": "", "epoch": 0, "holder": "", "proof": ""})
        return self.signed(m, self.tls)

    def query(self, m):
        for n in list(self.nodes.values()):
            with lock:
                n.go_on()
                status = n.status(m["nonce"])
            if n.fault() != "gone":
                yield self.signed(status, f"{self.keys}/{n.name}")
        yield self.own_status(m["nonce"], TYPE, "desired", self.desired()[1])
        yield self.own_status(m["nonce"], "master",
                              "incomplete" if os.path.exists(f"{self.state}/incomplete")
                              else "serving", "")
        yield self.hello()

    def hello(self):
        return message("hello", self.name, self.desired()[0], {"role": "master", "port": 7373})

    def order(self, m):
        with lock:
            if m["word"] not in ("renew", "update"):
                say("heard", m["word"], m["epoch"], ",".join(m["targets"]))
            if m["word"] != "forget":
                for n in self.nodes.values():
                    n.go_on()
                    if n.fault() != "gone" and (not m["targets"] or n.name in m["targets"]):
                        n.hear(m)
        yield self.hello()

    def fetch(self, m):
        """Each file in two parts, as codeswapd gets chunks."""
        manifest = json.loads(json.loads(m["manifest"])["manifest"])
        for image in manifest["images"]:
            data = b""
            for first, last in ((0, 999), (1000, image["size"] - 1)):
                request = urllib.request.Request(f"{m['url']}/{image['file']}",
                                                 headers={"Range": f"bytes={first}-{last}"})
                with urllib.request.urlopen(request, timeout=10) as answer:
                    data += answer.read()
            say("fetched", image["file"], len(data))
            with open(f"{self.state}/{image['file']}", "wb") as f:
                f.write(data)
        with open(f"{self.state}/desired.new", "w") as f:
            f.write(f"{manifest['sequence']} {manifest['images'][0]['version']}")
        os.rename(f"{self.state}/desired.new", f"{self.state}/desired")

    def install(self, m):
        error = ""
        if m["sequence"] < self.desired()[0]:
            error = f"manifest {m['sequence']} is older than {self.desired()[0]}"
        else:
            threading.Thread(target=self.fetch, args=(m,), daemon=True).start()
        yield message("grant", self.name, self.desired()[0], {"error": error})

    def answer(self, m):
        return {"query": self.query, "order": self.order, "install": self.install}[m["type"]](m)

    def talk(self, raw, context):
        raw.settimeout(30)
        try:
            with context.wrap_socket(raw, server_side=True) as s:
                stream = s.makefile("rb")
                while len(head := stream.read(4)) == 4:
                    m = json.loads(stream.read(struct.unpack(">I", head)[0]))
                    for out in self.answer(m):
                        text = json.dumps(out).encode()
                        s.sendall(struct.pack(">I", len(text)) + text)
        except OSError as error:
            # An orchestrator that is killed says no goodbye.
            say("gone:", error)


def main():
    parser = argparse.ArgumentParser()
    for option in ("tls", "keys", "listen", "state"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("sets", nargs="+")
    args = parser.parse_args()
    site = Site(args)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(f"{args.tls}/cert.pem", f"{args.tls}/key.pem")
    context.load_verify_locations(f"{args.tls}/ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    address, port = args.listen.split(":")
    server = socket.create_server((address, int(port)))
    say("listening")
    while True:
        raw, _ = server.accept()
        threading.Thread(target=site.talk, args=(raw, context), daemon=True).start()


main()
