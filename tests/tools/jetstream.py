#!/usr/bin/env python3
"""A Jetstream of made-up posts on loopback: to try vigie without the network, and to measure what a message costs.

    jetstream.py serve [--port 6008] [--rate 40]
    jetstream.py measure [--vigie PATH] [--brands 100] [--count 500000] [--rate N --seconds 60]
                         [--naming 100]

`serve` sends posts to whoever connects, at a rate, until it is stopped; the source to listen to it:

    kind = "bluesky-jetstream"
    host = "http://127.0.0.1:6008"
    allow_private = true

`measure` runs `vigie run` on a fresh folder, sends COUNT messages as fast as they are taken, or RATE a second for
SECONDS, and prints the CPU time of vigie's whole process per message, from its connection on. One message in NAMING
(100) names a brand; one in ten is no post. The texts are of the languages and lengths of the network: a third is
not ASCII, a fifth has a card or a picture. No TLS: over it, decryption adds what `openssl speed` says of the machine.
"""

import argparse
import base64
import hashlib
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

WORDS = {
    "en": "the a to and of in you that it is was for on are with they be at this have from or one had by but what all".split(),
    "pt": "de que não uma você está também então muito até já são porque amanhã coração mais com para isso".split(),
    "fr": "le la les des une été déjà très aujourd’hui c’est pas plus pour avec sur dans être tout ça".split(),
    "ja": "今日は いい 天気 ですね 明日 また 新しい 写真 を 見て ください ありがとう おはよう 楽しい".split(),
}
SHARES = [("en", 50), ("ja", 20), ("pt", 20), ("fr", 10)]


def message(chance, time_us, number, brands, naming):
    did = "did:plc:" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=24))
    event = {"did": did, "time_us": time_us}
    if number % 10 == 9:
        event |= {"kind": "identity", "identity": {"did": did, "handle": "someone.example", "seq": number,
                                                   "time": "2026-01-01T00:00:00.000Z"}}
        return event
    language = chance.choices([name for name, _ in SHARES], [share for _, share in SHARES])[0]
    words = chance.choices(WORDS[language], k=chance.randint(3, 40))
    if number % naming == 7:
        words.insert(len(words) // 2, f"Brand{number // naming % brands}zon")
    created = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time_us / 1e6))
    record = {"$type": "app.bsky.feed.post", "createdAt": created, "langs": [language], "text": " ".join(words)}
    cid = "bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"
    blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": "image/jpeg", "size": 123456}
    if number % 10 == 3:
        record["embed"] = {"$type": "app.bsky.embed.images",
                           "images": [{"alt": "a picture of something", "aspectRatio": {"height": 3, "width": 4}, "image": blob}]}
    if number % 10 == 6:
        record["embed"] = {"$type": "app.bsky.embed.external",
                           "external": {"uri": "https://news.example/a/long/path", "title": "A title of a page",
                                        "description": "What the page says of itself, at some length", "thumb": blob}}
        record["facets"] = [{"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://news.example/a"}],
                             "index": {"byteEnd": 20, "byteStart": 2}}]
    if number % 2:
        parent = {"cid": cid, "uri": f"at://{did}/app.bsky.feed.post/3l3pte3p2e325"}
        record["reply"] = {"parent": parent, "root": parent}
    event |= {"kind": "commit", "commit": {"rev": "3l3qo2vutsw2b", "operation": "create",
                                           "collection": "app.bsky.feed.post", "rkey": f"3l{number:011x}",
                                           "record": record, "cid": cid}}
    return event


def frame(payload, opcode=1):
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    return head + (struct.pack(">BH", 126, len(payload)) if len(payload) < 65536
                   else struct.pack(">BQ", 127, len(payload))) + payload


def handshake(connection):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionError
        head += byte
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")


def wait_for_pong(connection):
    """Returns when everything sent so far was read."""
    connection.sendall(frame(b"done", 9))
    while b"\x8a\x84" not in connection.recv(4096):
        pass


def messages(count, brands, naming=100):
    chance = random.Random(1)
    number = 0
    while count is None or number < count:
        payload = json.dumps(message(chance, int(time.time() * 1e6), number, brands, naming), ensure_ascii=False,
                             separators=(",", ":")).encode()
        yield payload
        number += 1


def serve(options):
    listener = socket.create_server(("127.0.0.1", options.port))
    print(f"http://127.0.0.1:{options.port}", flush=True)

    def talk(connection):
        try:
            handshake(connection)
            for payload in messages(None, 100):
                connection.sendall(frame(payload))
                time.sleep(1 / options.rate)
        except (OSError, StopIteration):
            pass

    while True:
        threading.Thread(target=talk, args=listener.accept()[:1], daemon=True).start()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(options):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        lines = [f'[[brand]]\nid = "b{n}"\nname = "Brand{n}zon"\nrole = "topic"\n' for n in range(options.brands)]
        lines.append(f'[[source]]\nid = "sky"\nkind = "bluesky-jetstream"\nhost = "http://127.0.0.1:{port}"\n'
                     "allow_private = true\n")
        Path(folder, "feeds.toml").write_text("\n".join(lines))
        count = options.count if options.rate is None else options.rate * options.seconds
        prepared = [frame(payload) for payload in messages(count, options.brands, options.naming)]
        vigie = subprocess.Popen([options.vigie, "--quiet", "--config", f"{folder}/feeds.toml", "run"])
        connection, _ = listener.accept()
        handshake(connection)
        time.sleep(2)
        before, began = cpu_seconds(vigie.pid), time.time()
        if options.rate is None:
            for start in range(0, count, 1000):
                connection.sendall(b"".join(prepared[start:start + 1000]))
        else:
            for number, one in enumerate(prepared):
                time.sleep(max(0, began + number / options.rate - time.time()))
                connection.sendall(one)
        wait_for_pong(connection)
        wall = time.time() - began
        time.sleep(3)
        spent = cpu_seconds(vigie.pid) - before
        memory = next(int(line.split()[1]) for line in Path(f"/proc/{vigie.pid}/status").read_text().splitlines()
                      if line.startswith("VmHWM"))
        vigie.terminate()
        vigie.wait()
        found = subprocess.run([options.vigie, "--config", f"{folder}/feeds.toml", "export", "*"],
                               capture_output=True, text=True, check=True).stdout.count("\n")
    expected = sum(1 for number in range(count) if number % options.naming == 7)
    size = sum(map(len, prepared)) / count
    print(f"{count} messages of {size:.0f} bytes, {options.brands} brands: {spent / count * 1e6:.1f} µs of CPU each, "
          f"{100 * spent / wall:.2f} % of a core over {wall:.1f} s, {memory / 1024:.0f} MB at most; "
          f"{found} of {expected} kept")
    if found != expected:
        sys.exit("not all was kept, or something twice")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("serve")
    command.add_argument("--port", type=int, default=6008)
    command.add_argument("--rate", type=int, default=40)
    command.set_defaults(run=serve)
    command = commands.add_parser("measure")
    command.add_argument("--vigie", default="target/release/vigie")
    command.add_argument("--brands", type=int, default=100)
    command.add_argument("--count", type=int, default=500_000)
    command.add_argument("--rate", type=int)
    command.add_argument("--seconds", type=int, default=60)
    command.add_argument("--naming", type=int, default=100)
    command.set_defaults(run=measure)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
