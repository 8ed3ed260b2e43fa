#!/usr/bin/env python3
"""Lays out public sentiment data sets as `tests/train` reads them.

    tone_data.py SETS FOLDER

SETS holds, each in its own folder as its makers publish it, those of these that are at hand:

umsab/english, umsab/french  UMSAB (Barbieri et al., LREC 2022): train_text.txt, train_labels.txt, val_…
semeval                      SemEval 2013 to 2016 task 4A as tables `label, set, text`
newsmtsc                     NewsMTSC (Hamborg and Donnay, EACL 2021): train.jsonl
brands_products              "Brands and product emotions": a table of tweets, product, emotion
allocine                     French reviews: tables `text,label` and `label<TAB>text`
deft2017                     DEFT 2017, task 1: a table `number, text, label`

FOLDER gets `LANGUAGE.DOMAIN.jsonl`, to learn from, and `LANGUAGE.held-DOMAIN.jsonl`, to measure on: UMSAB's
validation sets, and a twelfth of each other domain (600 texts at most). What shares half of its runs of four words
with held texts is in neither. `LANGUAGE.made.jsonl` is made up of the patterns in `tests/tone/made.LANGUAGE.txt`.
"""

import csv
import json
import random
import re
import sys
from pathlib import Path

NAMES = ["negative", "neutral", "positive"]
PATTERNS = Path(__file__).resolve().parent.parent / "tone"
# Texts of one pattern, and what may stand around it.
OF_A_PATTERN = 20
BEFORE = {"en": ["update: ", "honestly, ", "one year later: ", "so, ", "ok, ", "ugh, ", "hi, ", "just saying: "],
          "fr": ["bilan : ", "franchement, ", "un an après : ", "bon, ", "alors, ", "bonjour, ", "au fait : ", "voilà, "]}
AFTER = ["", ".", "!", "...", " @user", " http", " #review"]
SYLLABLES = "ba ca do fe gra lu mi no pri ra so ta ve zo kin lor mar tel vis xan".split()


def main():
    sets, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    csv.field_size_limit(1 << 24)
    read = {"en.held-umsab": umsab(sets / "umsab" / "english", "val"),
            "fr.held-umsab": umsab(sets / "umsab" / "french", "val"),
            "en.posts-umsab": umsab(sets / "umsab" / "english", "train"),
            "fr.posts-umsab": umsab(sets / "umsab" / "french", "train"),
            "en.posts-semeval": semeval(sets / "semeval"),
            "en.news": newsmtsc(sets / "newsmtsc" / "train.jsonl"),
            "en.brands": brands(sets / "brands_products"),
            "fr.reviews": allocine(sets / "allocine"),
            "fr.posts-deft": deft(sets / "deft2017" / "task1-train.csv")}
    domains = {name: [{"text": text, "label": label, "target": target[0] if target else None}
                      for text, label, *target in lines] for name, lines in read.items()}
    held = runs_of(rows for name, rows in domains.items() if "held" in name)
    chance = random.Random(7)
    for name in [name for name in domains if "held" not in name]:
        rows = [row for row in domains[name] if not is_near(row, held)]
        chance.shuffle(rows)
        count = min(600, len(rows) // 12)
        domains[name], domains[name.replace(".", ".held-")] = rows[count:], rows[:count]
    held = runs_of(rows for name, rows in domains.items() if "held" in name)
    for name, rows in domains.items():
        if "held" not in name:
            rows = [row for row in rows if not is_near(row, held)]
        with (folder / f"{name}.jsonl").open("w") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        print(f"{name}: {len(rows)}")
    for language in BEFORE:
        with (folder / f"{language}.made.jsonl").open("w") as out:
            out.writelines(json.dumps(row) + "\n" for row in made_up(language))


def made_up(language):
    """Each pattern some times, its places filled by chance."""
    chance = random.Random(7)
    places, patterns = {}, []
    for line in (PATTERNS / f"made.{language}.txt").read_text().splitlines():
        if line.startswith("{"):
            place, words = line[1:].split("}: ")
            places[place] = words.split(" | ")
        elif line[0] in "+-=":
            patterns.append((NAMES["-=+".index(line[0])], line[2:]))
    for label, pattern in patterns:
        seen = set()
        for _ in range(OF_A_PATTERN):
            filled = re.sub(r"{(\w+)}", lambda place: chance.choice(places[place[1]]), pattern)
            # No name is to have a tone.
            filled = filled.replace("Acme", "".join(chance.choices(SYLLABLES, k=3)).capitalize())
            filled = chance.choice(BEFORE[language]) + filled if chance.random() < 0.3 else filled
            filled = filled[0].upper() + filled[1:] if chance.random() < 0.5 else filled
            before, name, after = re.split(r"\[(.*)\]", filled)
            # Whoever gives a place gives a handle with its sign or without.
            start = len(before) + (name[0] == "@" and chance.random() < 0.5)
            text = before + name + after + chance.choice(AFTER)
            if text not in seen:
                seen.add(text)
                target = [start, len(before) + len(name)] if chance.random() < 0.7 else None
                yield {"text": text, "label": label, "target": target}


def runs(text):
    words = [word for word in re.findall(r"\w+", text.lower()) if word not in ("user", "http", "https")]
    return {" ".join(words[at:at + 4]) for at in range(max(1, len(words) - 3))}


def runs_of(domains):
    return {run for rows in domains for row in rows for run in runs(row["text"])}


def is_near(row, held):
    own = runs(row["text"])
    return 2 * len(own & held) >= len(own)


def umsab(folder, part):
    texts = (folder / f"{part}_text.txt").read_text().split("\n")
    for text, label in zip(texts, (folder / f"{part}_labels.txt").read_text().split()):
        yield text, NAMES[int(label)]


def semeval(folder):
    for path in sorted(folder.glob("*.tsv")):
        for row in path.read_text().split("\n")[1:]:
            if row.count("\t") >= 2:
                label, _, text = row.split("\t", 2)
                yield text, label


def newsmtsc(path):
    for line in path.read_text().splitlines():
        read = json.loads(line)
        for target in read["targets"]:
            label = {2: "negative", 4: "neutral", 6: "positive"}[int(target["polarity"])]
            yield read["sentence_normalized"], label, [target["from"], target["to"]]


def brands(folder):
    labels = {"Positive emotion": "positive", "Negative emotion": "negative",
              "No emotion toward brand or product": "neutral"}
    for path in folder.glob("*.csv"):
        with path.open(encoding="latin-1", newline="") as table:
            for text, product, emotion in list(csv.reader(table))[1:]:
                if emotion not in labels:
                    continue
                at = text.lower().find(product.lower()) if product else -1
                span = [[at, at + len(product)]] if at >= 0 else []
                yield text, labels[emotion], *span


def allocine(folder):
    for path in sorted(folder.iterdir()):
        with path.open(newline="") as table:
            if path.suffix == ".csv":
                rows = [(row[0], row[1]) for row in list(csv.reader(table))[1:]]
            else:
                rows = [tuple(reversed(line.rstrip("\n").split("\t", 1))) for line in table if "\t" in line]
        yield from ((text, NAMES[2 * int(label)]) for text, label in rows)


def deft(path):
    labels = {"objective": "neutral", "negative": "negative", "positive": "positive"}
    for line in path.read_text(errors="replace").splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[2].strip() in labels:
            yield parts[1], labels[parts[2].strip()]


if __name__ == "__main__":
    main()
