#!/usr/bin/env python3
"""How well `vigie parse` reads feeds that others wrote, beside what Python feedparser makes of them.

    suites.py FOLDER ORACLE [--vigie PATH] [--show KIND] [--most N]

FOLDER  a tree of feed documents, for instance the test suites of feedparser, W3C's feedvalidator, laminas-feed,
        rome, miniflux, venus and feed-rs
ORACLE  JSON lines, one a document: `path` within FOLDER and `entries`, each with title, link, id, summary,
        content, author as feedparser gives them, published and updated as Unix seconds

Prints a table: documents, programs that failed, documents in which feedparser finds entries and vigie none
without a word, entries lost, and how often title, link, id and date agree where both give one; a second time
with the reviewed differences (CLASSES below: where feedparser is wrong, or means something else) counted as
agreement. Then how many of the assertions that feedparser's own tests carry (`Expect:`) hold for title, link,
id, dates, summary, content and author, texts compared without markup.

`--show` prints the differences of one kind: failed, lost, zero, number, title, link, id, date, expect, or classes, which
counts the reviewed ones. Needs Python 3.9, nothing else.
"""

import argparse
import ast
import calendar
import collections
import html
import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

BATCH = 200
# Where feedparser's own tests serve their documents from.
BASE = "http://127.0.0.1:8097/"
FIELDS = ["title", "link", "id", "date"]


def main():
    args = arguments()
    oracle = [json.loads(line) for line in args.oracle.open(encoding="utf-8")]
    documents = {o["path"]: Document(args.folder / o["path"]) for o in oracle}
    read(args.vigie, documents)
    tally = Tally(args)
    for told in oracle:
        compare(documents[told["path"]], told, tally)
    for path, document in sorted(documents.items()):
        for assertion in document.assertions():
            tally.expect(path, document, assertion)
    tally.print()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("oracle", type=Path)
    parser.add_argument("--vigie", default="vigie", help="the program [default: vigie, from PATH]")
    parser.add_argument("--show", default="")
    parser.add_argument("--most", default=1_000, type=int, help="differences shown at most [default: 1000]")
    return parser.parse_args()


class Document:
    """One file, what its header comment says of it, and what vigie made of it."""

    def __init__(self, path):
        self.path = path
        self.entries, self.problems, self.failed = [], [], None
        head = path.read_bytes()[:4096].replace(b"\0", b"").decode("latin-1")
        self.headers = {
            name.strip().lower(): value.strip()
            for name, value in re.findall(r"^Header:[ \t]*([\w-]+):([^\r\n]*)", head, re.M)
        }
        self.expected = [line.strip() for line in re.findall(r"Expect:([^\r\n]*)", head)]

    def options(self):
        options = []
        if "content-type" in self.headers:
            options += ["--content-type", self.headers["content-type"]]
        if self.base_url != BASE:
            options += ["--base-url", self.base_url]
        return options

    @property
    def base_url(self):
        return urljoin(BASE, self.headers.get("content-location", ""))

    def text(self):
        return self.path.read_bytes().decode("utf-8", "replace")

    def assertions(self):
        """The comparisons of `Expect:` that are about an entry: [(index, field, expected)] a line."""
        for line in self.expected:
            try:
                tree = ast.parse(line, mode="eval").body
            except SyntaxError:
                continue
            terms = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
            found = [term for term in map(comparison, terms) if term]
            if found:
                yield found


def comparison(term):
    """(index, field, expected) of `entries[0]['title'] == 'x'` and its like; None of anything else."""
    if not (isinstance(term, ast.Compare) and len(term.ops) == 1 and isinstance(term.ops[0], ast.Eq)):
        return None
    try:
        expected = ast.literal_eval(term.comparators[0])
    except ValueError:
        return None
    path, node = [], term.left
    while True:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            path.insert(0, node.slice.value)
            node = node.value
        elif isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        else:
            break
    if not (isinstance(node, ast.Name) and node.id == "entries" and len(path) >= 2):
        return None
    index, names = path[0], tuple(path[1:])
    field = {
        ("title",): "title", ("title_detail", "value"): "title",
        ("link",): "link", ("links", 0, "href"): "link",
        ("id",): "id", ("guid",): "id",
        ("summary",): "summary", ("description",): "summary", ("summary_detail", "value"): "summary",
        ("content", 0, "value"): "content",
        ("author",): "author", ("author_detail", "name"): "author", ("authors", 0, "name"): "author",
        ("published_parsed",): "published", ("created_parsed",): "published", ("issued_parsed",): "published",
        ("updated_parsed",): "updated", ("modified_parsed",): "updated", ("date_parsed",): "updated",
    }.get(names)
    return (index, field, expected) if field else None


def read(vigie, documents):
    """Runs the program over all documents, those without headers many at a time."""
    plain, others = [], []
    for document in documents.values():
        (others if document.options() else plain).append(document)
    for start in range(0, len(plain), BATCH):
        batch = plain[start : start + BATCH]
        if not parse(vigie, batch, []):
            for document in batch:
                parse(vigie, [document], [])
    for document in others:
        parse(vigie, [document], document.options())


def parse(vigie, documents, options):
    """Whether the program ended as it should."""
    by_name = {str(d.path): d for d in documents}
    for document in documents:
        document.entries, document.problems, document.failed = [], [], None
    try:
        done = subprocess.run([vigie, "parse", *(options or ["--base-url", BASE]), "--", *by_name], capture_output=True, timeout=120)
        why = None if done.returncode in (0, 1) and b"panicked" not in done.stderr else f"ended with {done.returncode}"
    except subprocess.TimeoutExpired:
        why = "took longer than 120 s"
    if why:
        for document in documents:
            document.failed = why
        return False
    for line in done.stdout.decode().splitlines():
        entry = json.loads(line)
        by_name[entry["document"]].entries.append(entry)
    for line in done.stderr.decode().splitlines():
        if line.startswith("{"):
            problem = json.loads(line)
            by_name[problem["document"]].problems.append(problem)
    return True


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────


def text(value):
    """Without markup, entities and white space, quotes of windows-1252 that came through as controls mended."""
    if value is None:
        return ""
    value = str(value)
    value = value.translate({c: bytes([c]).decode("cp1252", "ignore") for c in range(0x80, 0xA0)})
    for _ in range(2):
        value = html.unescape(re.sub(r"<!--.*?-->|</?[A-Za-z!?][^<>]*>", "", value, flags=re.S))
    return re.sub(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+", "", value)


def address(value):
    """An address as a browser would ask for it."""
    value = html.unescape(value or "").strip()
    try:
        parts = urlsplit(value)
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = parts.port
    except (ValueError, UnicodeError):
        return value
    if port and port != {"http": 80, "https": 443}.get(parts.scheme):
        host += f":{port}"
    path = unquote(parts.path) or "/"
    return f"{parts.scheme.lower()}://{host}{path}?{unquote(parts.query)}#{unquote(parts.fragment)}"


def join(base, link):
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return link


def seconds(value):
    return value and int(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() // 1)


def is_empty(entry):
    return not any(entry.get(field) for field in ["title", "link", "id", "summary", "content"])


def compare(document, told, tally):
    theirs = [entry for entry in told["entries"] if not is_empty(entry)]
    ours = document.entries
    tally.documents += 1
    tally.entries += len(theirs)
    if document.failed:
        tally.note("failed", told["path"], document.failed)
        return
    if theirs and not ours:
        if not document.problems:
            tally.note("zero", told["path"], len(theirs))
    lost = max(0, len(theirs) - len(ours))
    if lost == 1 and any("ends inside an entry" in problem["problem"] for problem in document.problems):
        # What is not whole is told, and read once it is.
        tally.amount["cut"] += 1
    elif lost:
        tally.note("lost", told["path"], f"{lost} of {len(theirs)}; {document.problems}", lost)
    if len(theirs) != len(ours):
        # Which of them would be compared with which?
        tally.note("number", told["path"], f"{len(ours)} instead of {len(theirs)}")
        return
    for mine, other in zip(ours, theirs):
        tally.agreement(told, document, "title", mine["title"], other["title"], text(mine["title"]) == text(other["title"]), mine, other)
        # feedparser leaves a link relative where it knows no base.
        link = other["link"] and join(document.base_url, html.unescape(other["link"]))
        tally.agreement(told, document, "link", mine["link"], link, address(mine["link"]) == address(link), mine, other)
        tally.agreement(told, document, "id", mine["id"], other["id"], mine["id"] == (other["id"] or "").strip(), mine, other)
        date = seconds(mine["published"] or mine["updated"])
        other_date = other["published"] if other["published"] is not None else other["updated"]
        agrees = date == other_date or date == other["updated"]
        tally.agreement(told, document, "date", date, other_date, agrees, mine, other)


# Where the two differ and vigie is meant to: field, name, reason, and a rule over (ours, theirs, entry of ours,
# entry of theirs, document). Rules, never a list of files.
CLASSES = []


def reviewed(field, name, reason):
    def take(rule):
        CLASSES.append((field, name, reason, rule))
        return rule

    return take


@reviewed("link", "an id is no address", "without a link, feedparser gives the id even where it is no http address")
def _(mine, theirs, entry, other, document):
    return other["link"] == other["id"] and not re.match(r"https?://", other["id"] or "", re.I)


@reviewed("link", "only feedparser has none", "rdf:about, a permalink guid, or a link before one without an address")
def _(mine, theirs, entry, other, document):
    is_written = mine is not None and html.unescape(mine) in html.unescape(document.text())
    return not other["link"] and (is_written or mine == join(document.base_url, entry["id"] or ""))


@reviewed("link", "the first of several", "of several links that serve as well, feedparser takes the last, vigie the first")
def _(mine, theirs, entry, other, document):
    return first_of_several(document, mine, other["link"])


@reviewed("id", "the first of several", "of several ids, feedparser takes the last, vigie the first")
def _(mine, theirs, entry, other, document):
    return first_of_several(document, mine, theirs)


@reviewed("date", "only feedparser cannot read it", "French and other month names, odd orders and zones")
def _(mine, theirs, entry, other, document):
    return theirs is None


@reviewed("date", "am and pm", "feedparser does not read them, nor the zone behind")
def _(mine, theirs, entry, other, document):
    return re.search(r"\d\s*[ap]m\b", other.get("pub_raw") or "", re.I)


@reviewed("date", "a time without colons", "feedparser takes it for midnight")
def _(mine, theirs, entry, other, document):
    return re.search(r"T\d{4,6}\D", other.get("pub_raw") or "")


@reviewed("date", "a minute of more than 60 seconds", "feedparser goes on into the next minute, vigie stays in it")
def _(mine, theirs, entry, other, document):
    return re.search(r":6\d\b", other.get("pub_raw") or "")


@reviewed("date", "before 1990", "no feed's date; vigie gives none")
def _(mine, theirs, entry, other, document):
    return mine is None and theirs < 631_152_000


@reviewed("date", "the first of several", "of several dates of one kind, feedparser takes the last, vigie the first")
def _(mine, theirs, entry, other, document):
    dates = re.findall(r"<(?:\w+:)?(published|updated|modified|issued|created|pubDate|date)\b", document.text())
    return len(dates) > len(set(dates)) or {"published", "pubDate"} <= set(dates)


def first_of_several(document, first, last):
    text = html.unescape(document.text())
    places = [text.find(re.sub(r"^http://127.0.0.1:8097", "", value or "\0")) for value in (first, last)]
    return -1 < places[0] < places[1]


class Tally:
    def __init__(self, args):
        self.args = args
        self.documents = self.entries = 0
        self.notes = collections.defaultdict(list)
        self.amount = collections.Counter()
        self.both, self.agree = collections.Counter(), collections.Counter()
        self.classes = collections.Counter()
        self.asserted = self.held = 0

    def note(self, kind, path, what, amount=1):
        self.notes[kind].append(f"{path}: {what}")
        self.amount[kind] += amount

    def agreement(self, told, document, field, mine, theirs, agrees, entry, other):
        if mine in (None, "") or theirs in (None, ""):
            # One of the two gives none: a difference too, unless both do.
            if mine in (None, "") and theirs in (None, ""):
                return
        self.both[field] += 1
        if agrees:
            self.agree[field] += 1
            return
        for of, name, _, rule in CLASSES:
            if of == field and rule(mine, theirs, entry, other, document):
                self.classes[field, name] += 1
                return
        self.note(field, told["path"], f"{mine!r} ≠ {theirs!r}")

    def expect(self, path, document, assertion):
        self.asserted += 1
        wrong = [(f, expected, got) for f, expected, got in outcomes(document, assertion) if got is not True]
        if wrong:
            self.note("expect", path, wrong)
        else:
            self.held += 1

    def print(self):
        show = self.args.show
        if show == "classes":
            for (field, name), count in sorted(self.classes.items()):
                reason = next(r for f, n, r, _ in CLASSES if (f, n) == (field, name))
                print(f"{count:6}  {field}: {name}: {reason}")
            return
        if show:
            print("\n".join(self.notes[show][: self.args.most]))
            return
        print(f"documents                       {self.documents}")
        print(f"panics, hangs                   {self.amount['failed']}")
        print(f"silent zeros                    {self.amount['zero']}")
        share = 100 * self.amount["lost"] / max(1, self.entries)
        print(f"non-empty entries lost          {self.amount['lost']} of {self.entries} ({share:.3f} %)")
        print(f"entries cut by the end, told    {self.amount['cut']}")
        print(f"documents of another number     {self.amount['number']} (their entries are not compared)")
        for field in FIELDS:
            both, agree = self.both[field], self.agree[field]
            known = sum(count for (of, _), count in self.classes.items() if of == field)
            print(f"{field:6} agrees                   {100 * agree / max(1, both):.2f} % of {both}; "
                  f"{100 * (agree + known) / max(1, both):.2f} % with {known} reviewed differences")
        if self.asserted:
            print(f"assertions of feedparser hold   {self.held} of {self.asserted} ({100 * self.held / self.asserted:.1f} %)")


def outcomes(document, assertion):
    """For each comparison its field, what is expected, and True or what vigie has."""
    for index, field, expected in assertion:
        if not isinstance(index, int) or index >= len(document.entries):
            yield field, expected, f"{len(document.entries)} entries"
            continue
        entry = document.entries[index]
        if field in ("published", "updated"):
            got = entry["published"] if field == "published" else entry["updated"] or entry["published"]
            wanted = calendar.timegm(expected) if isinstance(expected, tuple) else None
            same = seconds(got) == wanted
        elif field == "summary":
            # feedparser gives the content for a summary that is missing.
            got = entry["summary"] or entry["content"]
            same = text(expected) in (text(entry["summary"]), text(entry["content"]), text(got))
        elif field == "author":
            got = entry["author"]
            # vigie gives the name, or else the address.
            same = text(got) in (text(expected), text(re.sub(r"\s*\([^()]*@[^()]*\)$", "", str(expected))))
        elif field == "link":
            got = entry["link"]
            same = address(got) == address(expected)
        elif field == "id":
            got = entry["id"]
            same = (got or "") == str(expected).strip()
        else:
            got = entry[field]
            same = text(got) == text(expected)
        yield field, expected, True if same else got


if __name__ == "__main__":
    main()
