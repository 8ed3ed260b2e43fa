#!/usr/bin/env python3
"""A server for benches/round.sh: feeds as many publishers serve them, without ETag and Last-Modified.

    plain.py FOLDER NAME

It prints the port of 127.0.0.1 that it listens on. /FILE is a file of FOLDER, with gzip. /fresh.xml is a feed
that is empty at first and has one more entry, which names NAME, each time it is asked for: the time at which
that entry came to be, in nanoseconds of Unix time, is printed when it is sent.
"""
import gzip
import pathlib
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn

folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
packed = {}
fresh = []


def item(number):
    return (f"<item><title>{name} in the news, number {number}</title><guid isPermaLink='false'>{number}</guid>"
            f"<description>What is said of {name} today.</description></item>")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        path = self.path.removeprefix("/")
        if path == "fresh.xml":
            body = f"<rss version='2.0'><channel><title>Fresh</title>{''.join(fresh)}</channel></rss>".encode()
            if fresh:
                print(time.time_ns(), flush=True)
            fresh.insert(0, item(len(fresh)))
            head = f"Content-Length: {len(body)}\r\n"
        elif "/" not in path and (folder / path).is_file():
            if path not in packed:
                packed[path] = gzip.compress((folder / path).read_bytes(), 5)
            body = packed[path]
            head = f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n"
        else:
            self.send_error(404)
            return
        # In one piece: two would wait for each other.
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n{head}\r\n".encode() + body)

    def log_message(self, *_):
        pass


class Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
