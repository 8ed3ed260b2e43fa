#!/usr/bin/env python3
"""Measures the tone that the program tells, on texts with labels.

    tone.py FOLDER [--cases FILE]... [--vigie PROGRAM] [--share 0.63,0.21,0.16]

FOLDER is what `tone_data.py` writes; its files `LANGUAGE.held-DOMAIN.jsonl` are given to `vigie analyze`, with their
targets, and compared; --cases: tables like those of `tests/tone`, too. Printed as Markdown:
1. macro-F1 over the labels that a domain has, with a 95 % interval (bootstrap over texts), precision, recall and F1 of
   negative;
2. which part of each class is called negative, and the F1 that this gives where negatives, neutrals and positives have
   the shares of --share (those of the tweets to airlines that are widely used: 9,178, 3,099 and 2,363);
3. how often what is said with a probability is so.
"""

import argparse
import json
import random
import re
import subprocess
import tempfile
from pathlib import Path

LABELS = ["negative", "neutral", "positive"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--cases", type=Path, action="append", default=[])
    arguments.add_argument("--vigie", default="target/release/vigie", type=Path)
    arguments.add_argument("--share", default="0.63,0.21,0.16")
    arguments = arguments.parse_args()
    share = dict(zip(LABELS, map(float, arguments.share.split(","))))
    said, shares = [], []
    print("| texts | number | macro-F1 | negative precision | recall | F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, rows in sets(arguments.folder, arguments.cases):
        told = analyze(arguments.vigie.resolve(), name.split()[0], rows)
        labels = sorted({row["label"] for row in rows})
        pairs = [(row["label"], max(labels, key=p.get)) for row, p in zip(rows, told)]
        said += [(max(p.values()), row["label"] == max(p, key=p.get)) for row, p in zip(rows, told)]
        right = pairs.count(("negative", "negative"))
        precision = right / max(1, sum(guess == "negative" for _, guess in pairs))
        recall = right / max(1, sum(label == "negative" for label, _ in pairs))
        both = 2 * precision * recall / max(1e-9, precision + recall)
        print(f"| {name} | {len(rows)} | {interval(lambda p: 100 * macro(p, labels), pairs, 1)} | {precision:.2f} | "
              f"{recall:.2f} | {both:.2f} |")
        called = [f"{100 * called_negative(pairs, label):.0f} % of {sum(of == label for of, _ in pairs)}"
                  if label in labels else "" for label in LABELS]
        shares.append(f"| {name} | {' | '.join(called)} | {interval(lambda p: at_share(p, share), pairs, 2)} |")
    print("\n| called negative | of negatives | of neutrals | of positives | F1 at the shares |")
    print("| --- | ---: | ---: | ---: | ---: |", *shares, sep="\n")
    print("\n| said with | texts | so |\n| --- | ---: | ---: |")
    for tenth in range(3, 10):
        within = [so for p, so in said if tenth == min(9, int(10 * p))]
        if within:
            print(f"| {10 * tenth} to {10 * tenth + 10} % | {len(within)} | {100 * sum(within) / len(within):.0f} % |")


def sets(folder, cases):
    """Names that begin with the language, and rows."""
    for path in sorted(folder.glob("*.held-*.jsonl")):
        yield path.name.removesuffix(".jsonl").replace(".held-", " "), [json.loads(line) for line in path.open()]
    for path in cases:
        read = [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]
        for part, language in sorted({(part, language) for part, language, _, _ in read}):
            rows = [case(label, text) for p, l, label, text in read if (p, l) == (part, language)]
            yield f"{language} {path.stem}, {part}", rows


def case(label, marked):
    """A row of a text in which brackets stand around what is spoken of."""
    before, target, after = re.fullmatch(r"([^\[]*)\[(.*)\]([^\]]*)", marked).groups()
    return {"text": before + target + after, "label": label, "target": [len(before), len(before) + len(target)]}


def analyze(program, language, rows):
    lines = []
    for row in rows:
        line = {"text": row["text"], "language": language}
        if row["target"]:
            line["targets"] = [{"id": "it", "spans": [row["target"]]}]
        lines.append(json.dumps(line) + "\n")
    # Away from any feeds.toml.
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([program, "analyze"], input="".join(lines), capture_output=True, text=True, check=True,
                             cwd=folder)
    told = map(json.loads, run.stdout.splitlines())
    return [(view["matches"][0] if row["target"] else view)["sentiment"]["p"] for row, view in zip(rows, told)]


def interval(measure, pairs, digits):
    chance = random.Random(7)
    draws = sorted(measure(chance.choices(pairs, k=len(pairs))) for _ in range(1000))
    return f"{measure(pairs):.{digits}f} ({draws[25]:.{digits}f} to {draws[974]:.{digits}f})"


def macro(pairs, labels):
    scores = []
    for label in labels:
        right = sum(a == b == label for a, b in pairs)
        scores.append(2 * right / max(1, sum(a == label for a, _ in pairs) + sum(b == label for _, b in pairs)))
    return sum(scores) / len(scores)


def called_negative(pairs, of):
    guesses = [guess for label, guess in pairs if label == of]
    return guesses.count("negative") / max(1, len(guesses))


def at_share(pairs, share):
    """F1 of negative if each label that the pairs have had its share of them."""
    labels = {label for label, _ in pairs}
    whole = sum(share[label] for label in labels)
    parts = {label: called_negative(pairs, label) * share[label] / whole for label in labels}
    right = parts.get("negative", 0)
    return 2 * right / max(1e-9, sum(parts.values()) + share["negative"] / whole)


if __name__ == "__main__":
    main()
