#!/usr/bin/env python3
"""Scores `vigie detect` on series with labelled anomalies, as the Numenta Anomaly Benchmark does (v1.1).

    nab.py SERIES WINDOWS.json [--vigie target/release/vigie] [--budget 1/week]

SERIES is a folder of CSV files with `timestamp,value` (of a checkout of NAB, `data/realTweets`), WINDOWS.json the
labelled windows by file name (there, `labels/combined_windows.json`; names in it may have a folder before them).

Prints, per series and over all, the score of what `detect` flags, with the windows found and the flags outside of them,
for NAB's standard profile and for the one that punishes false alarms twice as much. 0 is a detector that says nothing,
100 one that flags each window at its beginning and nothing else (Lavin and Ahmad, "Evaluating Real-time Anomaly
Detection Algorithms", 2015). `swept` takes the one threshold on `score` that suits all series best, as the published
tables do.
"""

import argparse
import csv
import json
import math
import subprocess
from pathlib import Path

PROFILES = {"standard": 0.11, "fewer false alarms": 0.22}


def scaled(position):
    """NAB's sigmoid: 1 well before the end of a window, 0 at it, -1 well after."""
    return -1.0 if position > 3.0 else 2 / (1 + math.exp(min(5 * position, 700))) - 1


class Series:
    def __init__(self, path, windows, vigie, budget):
        command = [vigie, "detect", str(path), "--budget", budget]
        rows = list(csv.DictReader(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()))
        place = {row["timestamp"][:19].replace("T", " "): i for i, row in enumerate(rows)}
        spans = [(place[a[:19]], place[b[:19]]) for a, b in windows]
        first = math.floor(0.15 * min(len(rows), 5000))
        self.windows = {k for k, (_, end) in enumerate(spans) if end >= first}
        # Of each row after probation: its score, whether it is flagged, its window, and what flagging it is worth.
        self.rows = []
        last = None
        for i, row in enumerate(rows):
            inside = next((k for k, (begin, end) in enumerate(spans) if begin <= i <= end), None)
            if inside is not None:
                begin, end = spans[inside]
                width = end - begin + 1
                worth = scaled(-(end - i + 1) / width) / scaled(-1.0)
                last = (end, width) if i == end else last
            else:
                worth = -1.0 if last is None else scaled((i - last[0]) / (last[1] - 1))
            if i >= first:
                self.rows.append((float(row["score"]), row["spike"] == "true", inside, worth))


def total(series, fires, cost):
    """The normalised score of all rows that `fires` picks, windows found, flags outside."""
    score, found, outside, windows = 0.0, 0, 0, 0
    for one in series:
        best = {}
        for row in filter(fires, one.rows):
            if row[2] is None:
                score += row[3] * cost
                outside += 1
            else:
                best[row[2]] = max(best.get(row[2], -1.0), row[3])
        score += sum(best.get(k, -1.0) for k in one.windows)
        found += len(best)
        windows += len(one.windows)
    return 100 * (score + windows) / (2 * windows), found, outside


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("series", type=Path)
    parser.add_argument("windows", type=Path)
    parser.add_argument("--vigie", default="target/release/vigie")
    parser.add_argument("--budget", default="1/week")
    options = parser.parse_args()
    labelled = {Path(name).name: windows for name, windows in json.loads(options.windows.read_text()).items()}
    paths = [path for path in sorted(options.series.glob("*.csv")) if labelled.get(path.name)]
    series = {path.stem: Series(path, labelled[path.name], options.vigie, options.budget) for path in paths}
    every = list(series.values())
    levels = sorted({row[0] for one in every for row in one.rows}, reverse=True)
    for profile, cost in PROFILES.items():
        print(f"{profile}")
        for name, chosen in [*((name, [one]) for name, one in series.items()), ("all", every)]:
            score, found, outside = total(chosen, lambda row: row[1], cost)
            windows = sum(len(one.windows) for one in chosen)
            print(f"  {name:<24}{score:>6.1f}  {found} of {windows} windows, {outside} flags outside")
        best = max((total(every, lambda row: row[0] >= level, cost), level) for level in levels)
        (score, found, outside), level = best
        print(f"  {'swept':<24}{score:>6.1f}  {found} windows, {outside} flags outside, at a score of {level}")


if __name__ == "__main__":
    main()
