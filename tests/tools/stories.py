#!/usr/bin/env python3
"""How many copies of real entries vigie takes for their story, and which different entries it takes for one.

    stories.py FILES-OR-FOLDERS... [--vigie PATH] [--entries 2000] [--per-source 12] [--seed 1] [--pairs 0]

Reads JSON lines with `title` and `text`, and `source` if there is one, saved feeds by `vigie parse` (the folder's
name is the source), or a file of plain text (.txt) with a sentence on each line, of which 3, 4, 6 and 10 in turn are an
entry, the first its title. Takes up to so many entries of each source, of different words, makes a copy of each in every
one of the ways below, and imports both, each copy as an entry of another source, into a fresh store for each way. Prints
which share of the copies is in its original's story, by way and by number of words; then how many pairs of
different originals are in one story, of how many pairs of one source and of different ones, and PAIRS of them, drawn by
chance, to be read. The copy of a text is no copy where that leaves fewer than eight words. Needs Python 3.9.
"""

import argparse
import collections
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CONFIG = """
[[brand]]
id = "all"
name = "measured"
query = "tag:measured"
"""
LENGTHS = [(8, 12), (12, 25), (25, 60), (60, 200), (200, None)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--vigie", default="target/release/vigie")
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--per-source", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=0)
    return parser.parse_args()


def read(paths, vigie):
    """(source, title, text) of each entry."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not file.is_file():
                continue
            if file == path and file.suffix == ".txt":
                yield from passages(file)
                continue
            if file.suffix in (".jsonl", ".ndjson"):
                lines, source = file.open(encoding="utf-8"), file.stem
            else:
                done = subprocess.run([vigie, "parse", file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                lines, source = done.stdout.decode().splitlines(), file.parent.name
            for line in lines:
                entry = json.loads(line)
                yield entry.get("source") or source, entry.get("title") or "", entry.get("text") or ""


def passages(file):
    """The same, of a file of sentences."""
    with file.open(encoding="utf-8") as lines:
        for size in itertools.cycle((3, 4, 6, 10)):
            passage = [line.strip() for line in itertools.islice(lines, size)]
            if not passage:
                return
            yield file.stem, passage[0], " ".join(passage[1:])


def chosen(entries, limit, per_source, chance):
    """Entries that differ in their words, of all sources alike."""
    seen, by_source = set(), collections.defaultdict(list)
    for source, title, text in entries:
        words = tuple(re.findall(r"\w+", f"{title} {text}".lower()))
        if len(words) >= LENGTHS[0][0] and words not in seen and len(by_source[source]) < per_source:
            seen.add(words)
            by_source[source].append((source, title, text))
    sources = list(by_source)
    chance.shuffle(sources)
    return list(itertools.chain.from_iterable(by_source[source] for source in sources))[:limit]


def replaced(share):
    def edit(title, text, other, chance):
        words, head = title.split() + text.split(), len(title.split())
        for place in chance.sample(range(len(words)), max(1, round(share * len(words)))):
            words[place] = chance.choice(other["words"])
        return " ".join(words[:head]), " ".join(words[head:])

    return edit


def cut(least, keep, mark):
    def edit(title, text, other, chance):
        words = text.split()
        if len(words) >= least:
            return title, " ".join(words[: keep(len(words))]) + mark
        return None

    return edit


def another_headline(title, text, other, chance):
    return (chance.choice(other["titles"]), text) if title and len(text.split()) >= 8 else None


WAYS = {
    "cut to a half": cut(24, lambda words: words // 2, " …"),
    "cut to a third": cut(60, lambda words: words // 3, " […] Read more"),
    "cut to 50 words": cut(100, lambda words: 50, "... Continue reading →"),
    "cut to 30 words": cut(100, lambda words: 30, "..."),
    "byline added": lambda title, text, *_: (title, f"By Jane Doe, LONDON (Reuters) - {text}"),
    "byline, other credit": lambda title, text, *_: (title, f"PARIS (AFP) – {text} © 2013 AFP. Tous droits réservés."),
    "tail": lambda title, text, *_: (title, f"{text} The post {title} appeared first on Example News. Read more"),
    "another headline": another_headline,
    "no headline": lambda title, text, *_: ("", text) if len(text.split()) >= 8 else None,
    "10 % of words replaced": replaced(0.1),
    "20 % of words replaced": replaced(0.2),
}


def stories(vigie, entries):
    """The story of each entry, by its key. `entries` are (key, source, title, text)."""
    with tempfile.TemporaryDirectory() as home:
        config, lines = Path(home, "feeds.toml"), Path(home, "entries.jsonl")
        config.write_text(CONFIG)
        with lines.open("w", encoding="utf-8") as out:
            # As documents come: what is of one source together.
            for key, source, title, text in sorted(entries, key=lambda entry: entry[1]):
                link = f"https://measured.example/{key}"
                entry = {"source": source, "id": link, "link": link, "title": title, "text": text}
                out.write(json.dumps(entry | {"published": "2026-01-05T00:00:00Z", "tags": ["measured"]}) + "\n")
        command = [vigie, "--config", config, "--now", "2026-01-06"]
        subprocess.run([*command, "import", lines], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([*command, "export", "tag:measured"], check=True, stdout=subprocess.PIPE)
    found = {}
    for line in done.stdout.decode().splitlines():
        entry = json.loads(line)
        found[entry["link"].removeprefix("https://measured.example/")] = entry["mentions"][0]["story"]
    return found


def main():
    options = arguments()
    chance = random.Random(options.seed)
    entries = chosen(read(options.paths, options.vigie), options.entries, options.per_source, chance)
    if not entries:
        sys.exit("no entries of eight words or more: give JSON lines with `title` and `text`, or saved feeds")
    other = {
        "words": [word for _, _, text in entries for word in text.split()],
        "titles": [title for _, title, _ in entries if len(title.split()) >= 3],
    }
    originals = [(str(number), re.sub(r"\W+", "-", source), title, text) for number, (source, title, text) in enumerate(entries)]
    words = [len(f"{title} {text}".split()) for _, title, text in entries]
    print(f"{len(entries)} entries of {len({source for source, _, _ in entries})} sources, seed {options.seed}\n")
    print("| copies in their original's story | " + " | ".join(f"{a}{f'–{b - 1}' if b else ' and more'} words" for a, b in LENGTHS) + " | 25 and more |")
    print("| --- |" + " ---: |" * (len(LENGTHS) + 1))
    total = collections.Counter()
    for way, edit in WAYS.items():
        copies = {}
        for number, (source, title, text) in enumerate(entries):
            made = edit(title, text, other, chance)
            if made and len(" ".join(made).split()) >= 8:
                copies[number] = (f"{number}c", f"{originals[number][1]}-copied", *made)
        found = stories(options.vigie, originals + list(copies.values()))
        right = {number: found[str(number)] == found[f"{number}c"] for number in copies}
        cells = []
        for least, beyond in [*LENGTHS, (25, None)]:
            of_length = [right[n] for n in copies if words[n] >= least and (beyond is None or words[n] < beyond)]
            cells.append(f"{100 * sum(of_length) / len(of_length):.1f} % of {len(of_length)}" if of_length else "")
            total[least, beyond, "right"] += sum(of_length)
            total[least, beyond, "all"] += len(of_length)
        print(f"| {way} | " + " | ".join(cells) + " |", flush=True)
    cells = (f"{100 * total[a, b, 'right'] / max(1, total[a, b, 'all']):.1f} % of {total[a, b, 'all']}" for a, b in [*LENGTHS, (25, None)])
    print("| all | " + " | ".join(cells) + " |\n")

    found = stories(options.vigie, originals)
    by_story = collections.defaultdict(list)
    for number in range(len(entries)):
        by_story[found[str(number)]].append(number)
    joined = [pair for numbers in by_story.values() for pair in itertools.combinations(numbers, 2)]
    within = [pair for pair in joined if entries[pair[0]][0] == entries[pair[1]][0]]
    sizes = collections.Counter(source for source, _, _ in entries).values()
    pairs_within = sum(size * (size - 1) // 2 for size in sizes)
    pairs_across = len(entries) * (len(entries) - 1) // 2 - pairs_within
    print(f"different entries in one story: {len(within)} of {pairs_within} pairs of one source, "
          f"{len(joined) - len(within)} of {pairs_across} pairs of two sources")
    for a, b in chance.sample(joined, min(options.pairs, len(joined))):
        print()
        for source, title, text in (entries[a], entries[b]):
            print(f"  {source}: {title} | {' '.join(text.split())[:200]}")


main()
