#!/usr/bin/env python3
"""How often vigie is wrong about the language of a text, by language.

    language.py TEXTS.tsv [--words 4] [--vigie target/release/vigie]

A line of TEXTS.tsv is the language (`fr` or `french`), a tab and a text. With --words N each text is cut into pieces of
N words, as long as titles are, of which those with three words of two letters and more are asked about. What is
unknown counts as wrong, and is told apart.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter

NAMES = {
    "english": "en", "french": "fr", "spanish": "es", "german": "de", "italian": "it", "dutch": "nl",
    "portuguese": "pt",
}  # fmt: skip


def pieces(text, count):
    if not count:
        return [text]
    words = text.split()
    cuts = (words[at : at + count] for at in range(0, len(words) - count + 1, count))
    return [" ".join(cut) for cut in cuts if sum(bool(re.search(r"[^\W\d_]{2}", word)) for word in cut) >= 3]


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("texts")
parser.add_argument("--words", type=int, default=0)
parser.add_argument("--vigie", default="target/release/vigie")
options = parser.parse_args()

asked = []
with open(options.texts, encoding="utf-8", newline="\n") as lines:
    for line in lines:
        language, tab, text = line.rstrip("\n").partition("\t")
        if not tab:
            sys.exit(f"{options.texts}: no tab in `{line.strip()}`: write a language, a tab and a text")
        asked += [(NAMES.get(language, language), piece) for piece in pieces(text, options.words)]

# `analyze` answers one line per line.
told = "".join(json.dumps({"text": text}) + "\n" for _, text in asked)
answer = subprocess.run([options.vigie, "analyze", "--json"], input=told, stdout=subprocess.PIPE, text=True, check=True)
found = [json.loads(line)["language"] for line in answer.stdout.splitlines()]
assert len(found) == len(asked), f"{len(asked)} texts, {len(found)} answers"

texts, wrong, unknown = Counter(), Counter(), Counter()
for (language, _), guess in zip(asked, found):
    for key in (language, "all"):
        texts[key] += 1
        wrong[key] += guess != language
        unknown[key] += guess is None
print("language  texts  wrong %  of which unknown")
for key in sorted(texts, key=lambda key: (key == "all", key)):
    print(f"{key:8} {texts[key]:6} {100 * wrong[key] / texts[key]:8.1f} {100 * unknown[key] / texts[key]:10.1f}")
