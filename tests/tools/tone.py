#!/usr/bin/env python3
"""Measures the tone that the program tells, on texts with labels.

    tone.py FOLDER [--vigie PROGRAM]

FOLDER is what `tone_data.py` writes; its files `LANGUAGE.held-DOMAIN.jsonl` are given to `vigie analyze`, with their
targets, and compared. Printed as Markdown: macro-F1 over the labels that a domain has, with a 95 % interval (bootstrap
over texts), precision, recall and F1 of negative; then how often what is said with a probability is so.
"""

import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--vigie", default="target/release/vigie", type=Path)
    arguments = arguments.parse_args()
    said = []
    print("| texts | number | macro-F1 | negative precision | recall | F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for path in sorted(arguments.folder.glob("*.held-*.jsonl")):
        rows = [json.loads(line) for line in path.open()]
        told = analyze(arguments.vigie.resolve(), path.name.split(".")[0], rows)
        labels = sorted({row["label"] for row in rows})
        pairs = [(row["label"], max(labels, key=p.get)) for row, p in zip(rows, told)]
        said += [(max(p.values()), row["label"] == max(p, key=p.get)) for row, p in zip(rows, told)]
        chance = random.Random(7)
        draws = sorted(macro(chance.choices(pairs, k=len(pairs)), labels) for _ in range(1000))
        right = pairs.count(("negative", "negative"))
        precision = right / max(1, sum(guess == "negative" for _, guess in pairs))
        recall = right / max(1, sum(label == "negative" for label, _ in pairs))
        both = 2 * precision * recall / max(1e-9, precision + recall)
        name = path.name.removesuffix(".jsonl").replace(".held-", " ")
        print(f"| {name} | {len(rows)} | {100 * macro(pairs, labels):.1f} ({100 * draws[25]:.1f} to "
              f"{100 * draws[974]:.1f}) | {precision:.2f} | {recall:.2f} | {both:.2f} |")
    print("\n| said with | texts | so |\n| --- | ---: | ---: |")
    for tenth in range(3, 10):
        within = [so for p, so in said if tenth == min(9, int(10 * p))]
        if within:
            print(f"| {10 * tenth} to {10 * tenth + 10} % | {len(within)} | {100 * sum(within) / len(within):.0f} % |")


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


def macro(pairs, labels):
    scores = []
    for label in labels:
        right = sum(a == b == label for a, b in pairs)
        scores.append(2 * right / max(1, sum(a == label for a, _ in pairs) + sum(b == label for _, b in pairs)))
    return sum(scores) / len(scores)


if __name__ == "__main__":
    main()
