#!/usr/bin/env python3
"""Plays saved feeds back to vigie in the order they were fetched, with the clock set to each fetch.

    replay.py SAVED HEAD WORK [--vigie PATH] [--every 6h] [--port N] [--from DATE] [--until DATE] [--shift 0d]
              [--shuffle SEED] [--kill SEED] [--compare WORK2]

SAVED  one folder per feed, in it one file per fetch, named by its UTC time: feed/20130318T152705.xml
HEAD   a feeds.toml without sources: settings, brands, queries, rules
WORK   where feeds.toml (HEAD and one source per feed), vigie's data and the log are written

A loopback server offers of each feed the newest snapshot at the set clock (404 before the first), with an
ETag. The clock steps to the end of every sweep of fetches (snapshots less than an hour apart), and between
them by `--every`; at each step `vigie --now CLOCK poll --all` runs, and WORK/log.jsonl gets a line: what was
new, what fires, seconds, CPU seconds. Run it again on the same WORK for a second pass: nothing should be new.
`--shift 30d` sets vigie's clock later than the snapshots'. Keep `--port` the same over passes.

`--shuffle` offers the snapshots of each feed in another order within each day. `--kill` kills a poll (SIGKILL) once
for each feed, within 30 ms of one of its documents being served, and runs it again; it says how many feeds were hit.
`--compare` then tells how WORK differs from an earlier one: in mentions, in stories (as sets of mentions), in alerts.
"""

import argparse
import hashlib
import json
import random
import re
import resource
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = re.compile(r"(\d{8}T\d{6})\.\w+$")


def main():
    args = arguments()
    feeds = read_tree(args.saved)
    if not feeds:
        sys.exit(f"{args.saved}: no folder holds files named like 20130318T152705.xml")
    if args.shuffle is not None:
        shuffle(feeds, random.Random(args.shuffle))
    clock = {"at": None}
    killer = Killer(args, feeds) if args.kill is not None else None
    server = serve(feeds, clock, killer, args.port)
    base = f"http://127.0.0.1:{server.server_port}"
    args.work.mkdir(parents=True, exist_ok=True)
    config = args.work / "feeds.toml"
    config.write_text(args.head.read_text() + sources(feeds, base))
    with (args.work / "log.jsonl").open("a") as log:
        for at in steps(feeds, args):
            clock["at"] = at
            if killer:
                killer.kill_all(config, at)
            log.write(json.dumps(one_round(args, config, at)) + "\n")
            log.flush()
    server.shutdown()
    if killer:
        print(f"polls were killed in {len(feeds) - len(killer.left)} of {len(feeds)} feeds")
    if args.compare:
        compare(args, args.work, args.compare)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("saved", type=Path)
    parser.add_argument("head", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--vigie", default="vigie", help="the program [default: vigie, from PATH]")
    parser.add_argument("--every", default="6h", type=duration, help="between two sweeps [default: 6h]")
    parser.add_argument("--port", default=8713, type=int)
    parser.add_argument("--from", dest="since", default="0001-01-01")
    parser.add_argument("--until", default="9999-12-31")
    parser.add_argument("--shuffle", metavar="SEED")
    parser.add_argument("--kill", metavar="SEED")
    parser.add_argument("--compare", type=Path, metavar="WORK2")
    parser.add_argument("--shift", default="0d", type=duration)
    return parser.parse_args()


def duration(text):
    return timedelta(**{{"m": "minutes", "h": "hours", "d": "days"}[text[-1]]: float(text[:-1])})


def read_tree(folder):
    """{feed: ([time, …], [path, …])}, oldest first."""
    feeds = {}
    for child in sorted(p for p in folder.iterdir() if p.is_dir()):
        found = sorted((m[1], p) for p in child.iterdir() if (m := NAME.search(p.name)))
        if found:
            times = [datetime.strptime(t, "%Y%m%dT%H%M%S").replace(tzinfo=timezone.utc) for t, _ in found]
            feeds[child.name] = (times, [path for _, path in found])
    return feeds


def shuffle(feeds, order):
    """Permutes the snapshots that each feed has of one day."""
    for times, paths in feeds.values():
        days = {}
        for place, time_ in enumerate(times):
            days.setdefault(time_.date(), []).append(place)
        for places in days.values():
            shuffled = [paths[place] for place in places]
            order.shuffle(shuffled)
            for place, path in zip(places, shuffled):
                paths[place] = path


def sources(feeds, base):
    entry = '\n[[source]]\nid = "{0}"\nurl = "{1}/{0}"\nevery = "1h"\nallow_private = true\n'
    return "".join(entry.format(feed, base) for feed in feeds)


def steps(feeds, args):
    times = sorted(t for all_times, _ in feeds.values() for t in all_times)
    last = times[-1]
    ends = [t for t, following in zip(times, times[1:]) if following - t >= timedelta(hours=1)] + [last]
    for end, following in zip(ends, ends[1:] + [last]):
        at = end + timedelta(minutes=1)
        while at == end + timedelta(minutes=1) or at < following - timedelta(minutes=30):
            if args.since <= at.isoformat() < args.until:
                yield at
            at += args.every


class Killer:
    """Kills one poll in each feed, at one of its documents, chosen by chance."""

    def __init__(self, args, feeds):
        self.args, self.moments = args, random.Random(args.kill)
        # One of the first half: where it brings nothing new, a later one will do.
        self.left = {feed: self.moments.choice(times[: len(times) // 2 + 1]) for feed, (times, _) in feeds.items()}
        self.now, self.served, self.hit = set(), threading.Event(), None

    def serving(self, feed):
        """A document of the feed is about to be sent."""
        if feed in self.now and not self.served.is_set():
            self.hit = feed
            self.served.set()

    def kill_all(self, config, at):
        self.now = {feed for feed, time_ in self.left.items() if time_ <= at}
        while self.now:
            self.served.clear()
            _, command = poll(self.args, config, at)
            running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while running.poll() is None and not self.served.wait(0.01):
                pass
            if not self.served.is_set():
                # The documents of the others are stored already: their next ones will do.
                return
            time.sleep(self.moments.uniform(0, 0.03))
            running.kill()
            self.now.discard(self.hit)
            if running.wait() < 0:
                self.left.pop(self.hit)


def serve(feeds, clock, killer, port):
    class Snapshots(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            times, paths = feeds.get(self.path.strip("/"), ([], []))
            newest = bisect_right(times, clock["at"]) - 1
            body = paths[newest].read_bytes() if newest >= 0 else b""
            etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            known = self.headers.get("If-None-Match") == etag
            if killer and newest >= 0 and not known:
                killer.serving(self.path.strip("/"))
            self.send_response(404 if newest < 0 else 304 if known else 200)
            body = b"" if known else body
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_):
            """Whoever asked is gone."""

    server = Quiet(("127.0.0.1", port), Snapshots)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def poll(args, config, at):
    now = (at + args.shift).isoformat().replace("+00:00", "Z")
    return now, [args.vigie, "--config", str(config), "--json", "--now", now, "poll", "--all"]


def one_round(args, config, at):
    now, command = poll(args, config, at)
    cpu, started = children_cpu(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{now}: vigie ended with {done.returncode}\n{done.stderr[-2000:]}")
    view = json.loads(done.stdout)
    brands = {b["brand"]: b["new_mentions"] for b in view["brands"] if b["new_mentions"]}
    by = lambda key: sum(s[key] for s in view["sources"])
    failed = [s["source"] for s in view["sources"] if s["outcome"] == "failed"]
    firing = {a["id"]: f"{a['rule']} {a['brand']}: {a['reason']}" for a in view["firing"]}
    print(f"{now}  {by('entries'):5} read {by('new_mentions'):4} new {by('revised'):4} revised "
          f"{len(failed):3} failed  {len(firing)} firing")
    return {"now": now, "read": by("entries"), "new": by("new_mentions"), "revised": by("revised"),
            "brands": brands, "failed": failed, "firing": firing,
            "seconds": round(time.monotonic() - started, 2), "cpu": round(children_cpu() - cpu, 2)}


def compare(args, *works):
    """Prints what two folders hold alike."""
    mentions, stories, alerts = [], [], []
    for work in works:
        ask = lambda *question: subprocess.run(
            [args.vigie, "--config", str(work / "feeds.toml"), *question], capture_output=True, text=True
        ).stdout
        found, by_story = set(), {}
        for line in ask("export", "*").splitlines():
            for mention in json.loads(line)["mentions"]:
                found.add(mention["id"])
                by_story.setdefault((mention["story"], mention["brand"]), set()).add(mention["id"])
        mentions.append(found)
        stories.append({frozenset(story) for story in by_story.values()})
        raised = json.loads(ask("alerts", "list", "--json"))["alerts"]
        alerts.append({(alert["rule"], alert["brand"], alert["since"]) for alert in raised})
        print(f"{work}: {len(found)} mentions, {len(stories[-1])} stories, {len(raised)} alerts")
        print(ask("doctor"))
    for name, (one, other) in {"mentions": mentions, "stories": stories, "alerts": alerts}.items():
        print(f"{name}: {len(one & other)} alike, {len(one - other)} only in {works[0]}, "
              f"{len(other - one)} only in {works[1]}")


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
