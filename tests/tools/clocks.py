#!/usr/bin/env python3
"""Runs vigie under clocks that are wrong, and tells what it did.

    clocks.py VIGIE [--seconds 20]

A loopback server offers a feed of four weeks of mentions and one more every minute. vigie runs for so long under each
of: the right clock, one 400 days ahead, one a day behind, one that runs a hundred times too fast, all of these while the
time that passes is true (as on a machine whose clock was set); and one that is set an hour ahead and back in the middle,
as by NTP. Ends with 1 if an alert is raised, a poll is planned further off than a day, a source is asked more often than
its interval allows by the wrong clock, or `doctor` finds the store or the index wrong. Needs faketime.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[settings]
host_pause = "0s"
[[brand]]
id = "acme"
name = "Acme"
role = "own"
[[source]]
id = "news"
url = "http://127.0.0.1:{port}/"
every = "1m"
allow_private = true
[[rule]]
id = "spike"
kind = "spike"
[[rule]]
id = "buzz"
kind = "negative-buzz"
"""

CLOCKS = {"right": ["+0"], "400 days ahead": ["+400d"], "a day behind": ["-1d"], "100 times too fast": ["+0 x100"],
          "set ahead and back": ["+0", "+1h", "+0"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vigie")
    parser.add_argument("--seconds", type=int, default=20, help="of each clock [default: 20]")
    args = parser.parse_args()
    asked = []
    server = serve(asked)
    wrong = False
    for name, clocks in CLOCKS.items():
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "feeds.toml"
            config.write_text(CONFIG.format(port=server.server_port))
            asked.clear()
            run(args, config, clocks)
            ask = lambda *question: subprocess.run(
                [args.vigie, "--config", str(config), *question], capture_output=True, text=True)
            alerts = json.loads(ask("alerts", "list", "--json").stdout)["alerts"]
            health = json.loads(ask("sources", "health", "--json").stdout)["sources"][0]
            doctor = ask("doctor")
            ahead = {"+400d": timedelta(days=400), "-1d": timedelta(days=-1)}.get(clocks[-1], timedelta())
            fast = 100 if "x100" in clocks[-1] else 1
            # What the clock showed at the end.
            shown = datetime.now(timezone.utc) + ahead + timedelta(seconds=args.seconds * (fast - 1))
            next_poll = datetime.fromisoformat(health["next_poll"].replace("Z", "+00:00"))
            most = args.seconds * fast / 60 + 2 + len(clocks)
            faults = [
                f"{len(alerts)} alerts" if alerts else "",
                f"the next poll comes in {next_poll - shown}" if next_poll > shown + timedelta(days=1) else "",
                f"asked {len(asked)} times, {most:.0f} at most" if len(asked) > most or not asked else "",
                doctor.stdout if any(line.startswith("WRONG") for line in doctor.stdout.splitlines()) else "",
            ]
            faults = [fault for fault in faults if fault]
            wrong |= bool(faults)
            print(f"{name}: asked {len(asked)} times, {len(alerts)} alerts; {'; '.join(faults) or 'well'}")
    server.shutdown()
    sys.exit(wrong)


def run(args, config, clocks):
    """One process; its clock is read from a file, which changes under it."""
    setting = config.with_name("clock")
    setting.write_text(clocks[0])
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    environment = os.environ | {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(setting),
                                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_CACHE_DURATION": "1"}
    running = subprocess.Popen([args.vigie, "--config", str(config), "run"], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for clock in clocks:
        setting.write_text(clock)
        time.sleep(args.seconds / len(clocks))
    running.terminate()
    _, said = running.communicate()
    if running.returncode != 0:
        sys.exit(f"vigie ended with {running.returncode}\n{said}")


def serve(asked):
    started = datetime.now(timezone.utc).replace(microsecond=0)
    words = "wheels street report market garden letter window summer number winter".split()

    def item(number, at):
        text = " ".join(words[(number * k + k) % len(words)] + str(number * k) for k in range(1, 9))
        return (f"<item><guid>e{number}</guid><title>Acme and matter {number}</title><description>{text}</description>"
                f"<pubDate>{format_datetime(at)}</pubDate></item>")

    class Feed(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            old = [item(n, started - timedelta(hours=12 * (60 - n))) for n in range(56)]
            new = int((datetime.now(timezone.utc) - started).total_seconds() / 60)
            new = [item(1000 + n, started + timedelta(minutes=n)) for n in range(new)]
            body = ("<rss version='2.0'><channel>" + "".join(old + new) + "</channel></rss>").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    main()
