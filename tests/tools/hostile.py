#!/usr/bin/env python3
"""What documents made to hurt a reader cost `vigie parse`: memory, CPU time, entries, what it says of them.

    hostile.py [FOLDER...] [--vigie PATH] [--memory 256] [--seconds 1]

Generates such documents (depth 10⁶, 10⁵ attributes and namespaces, entities in entities, an entity that is a
file, late and second declarations, a title of 100 MB in four encodings, a million items, markup that never
ends, and so on) into a temporary folder, reads each by a process of its own, then each file below FOLDER.
Prints a line a document and ends with 1 if one took more than `--memory` MB at its peak or `--seconds` of CPU
time, or ended otherwise than with 0 (read) or 1 (no feed). Use a release build. Needs Python 3.9 on Linux.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MEGA = 1_000_000
ITEM = "<item><title>whole</title></item>"


def rss(inside, head=""):
    return f"{head}<rss version='2.0'><channel>{inside}{ITEM}</channel></rss>"


def long():
    return rss(f"<item><title>{'café € ' * (10 * MEGA)}</title></item>")


def generated():
    """Names, and what makes the bytes."""
    yield "depth 10⁶", lambda: rss("<a>" * MEGA + "</a>" * MEGA).encode()
    yield "depth 10⁶, never closed", lambda: ("<rss><channel>" + "<a>" * MEGA).encode()
    yield "depth 10⁶ in JSON", lambda: ('{"version":"jsonfeed","items":[' + "[" * MEGA).encode()
    yield "10⁵ attributes", lambda: rss("<b" + "".join(f" a{n}='{n}'" for n in range(100_000)) + "/>").encode()
    yield "10⁵ times one attribute", lambda: rss("<b" + " a='1'" * 100_000 + "/>").encode()
    yield "10⁵ namespaces", lambda: rss("<b" + "".join(f" xmlns:n{n}='urn:{n}'" for n in range(100_000)) + "/>").encode()
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield "entities in entities", lambda: rss("<item><title>&l9;</title></item>", f'<!DOCTYPE rss [<!ENTITY l0 "lol">{bomb}]>').encode()
    outside = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield "an entity that is a file", lambda: rss("<item><title>&x;</title></item>", outside).encode()
    yield "two declarations", lambda: rss("", "<?xml version='1.0'?>" * 2).encode()
    yield "a late declaration", lambda: rss("<?xml version='1.0' encoding='utf-16'?>", "\n<!-- late -->").encode()
    yield "an item 10⁶ times", lambda: rss("<item><title>a</title><link>https://acme.example/</link></item>" * MEGA).encode()
    yield "an item 10⁶ times in JSON", lambda: ('{"version":"jsonfeed","items":[' + '{"id":"1","title":"a"},' * MEGA + '{"id":"2"}]}').encode()
    yield "100 MB of markup never closed", lambda: ("<rss><channel>" + "<!-- " * (20 * MEGA)).encode()
    yield "100 MB of signs", lambda: rss(f"<item><title>{'a < b ' * (16 * MEGA)}</title></item>").encode()
    yield "100 MB of ampersands", lambda: rss(f"<item><title>{'&amp;' * (20 * MEGA)}</title></item>").encode()
    yield "100 MB of controls", lambda: rss("<item><title>" + "a\x01" * (50 * MEGA) + "</title></item>").encode()
    yield "a title of 100 MB", lambda: long().encode()
    yield "a title of 70 MB in windows-1252", lambda: b"<?xml version='1.0' encoding='windows-1252'?>" + long().encode("cp1252")
    yield "a title of 140 MB in UTF-16", lambda: long().encode("utf-16")
    yield "a title of 280 MB in UTF-32", lambda: long().encode("utf-32")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="*")
    parser.add_argument("--vigie", default="vigie", help="the program [default: vigie, from PATH]")
    parser.add_argument("--memory", type=int, default=256, help="MB at the peak [default: 256]")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds [default: 1]")
    args = parser.parse_args()
    print(f"{'MB':>5} {'CPU s':>6} {'entries':>7}  document")
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document"
        for name, document in generated():
            # In a process of its own: a child's peak of memory counts from its parent's.
            if (pid := os.fork()) == 0:
                path.write_bytes(document())
                os._exit(0)
            os.waitpid(pid, 0)
            faults += measure(args, path, name)
    for folder in args.folder:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            faults += measure(args, path, path.relative_to(folder))
    sys.exit(f"{faults} documents took more than they may" if faults else 0)


def measure(args, path, name):
    """Prints a line; whether the document took more than it may."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen([args.vigie, "parse", str(path)], stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        entries = sum(1 for _ in out)
        err.seek(0)
        said = [line.decode() for line in err]
    problems = [json.loads(line)["problem"] if line.startswith("{") else line.strip() for line in said]
    memory, seconds = usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime
    is_fault = memory > args.memory or seconds > args.seconds or child.returncode not in (0, 1)
    mark = f"  ← ended with {child.returncode}" if child.returncode not in (0, 1) else "  ← too much" if is_fault else ""
    print(f"{memory:5.0f} {seconds:6.2f} {entries:7}  {name}{mark}{'; '.join(['', *problems])}"[:200], flush=True)
    return is_fault


if __name__ == "__main__":
    main()
