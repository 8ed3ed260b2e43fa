#!/usr/bin/env python3
"""What Python feedparser reads from saved documents, as the JSON lines that suites.py compares vigie with.

    oracle.py FOLDER > oracle.ndjson

Needs feedparser (`pip install feedparser`). One line a file below FOLDER: path, entries with title, link, id,
summary, content, author, published and updated as Unix seconds, and the date as written.
"""

import calendar
import json
import sys
from pathlib import Path

import feedparser


def seconds(parsed):
    try:
        return parsed and calendar.timegm(parsed)
    except (ValueError, OverflowError):
        return None


def entry(found):
    content = found.get("content")
    return {
        "title": found.get("title"),
        "link": found.get("link"),
        "id": found.get("id"),
        "published": seconds(found.get("published_parsed")) if "published" in found else None,
        "updated": seconds(found.get("updated_parsed")) if "updated" in found else None,
        "pub_raw": found.get("published") or found.get("updated"),
        "summary": found.get("summary"),
        "content": content[0].get("value") if content else None,
        "author": found.get("author"),
    }


folder = Path(sys.argv[1])
for path in sorted(p for p in folder.rglob("*") if p.is_file()):
    read = feedparser.parse(path.read_bytes())
    print(json.dumps({"path": str(path.relative_to(folder)), "entries": [entry(found) for found in read.entries]}))
