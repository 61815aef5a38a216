#!/usr/bin/env python3
"""Makes the links of docs/ those of a book: a preprocessor of mdBook, which reads and writes its JSON.

Pages are written as GitHub shows them, with links to whatever file of the repository they are about. In the book a
link to a page stays one, and a link to any other file leads to the repository, at the commit the book is built of;
where no repository is known, only its text is left. A page that is nothing but `{{#include FILE}}` is that file, with
its links. A link to a file that is not there is an error, in the README of any folder too.

The repository is GITHUB_SERVER_URL/GITHUB_REPOSITORY at GITHUB_SHA, which a workflow of GitHub Actions has.
"""

import json
import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "docs"

WHOLE_FILE = re.compile(r"\s*\{\{#include (\S+)\}\}\s*")
# Code, fenced or between backticks, has no links; what remains has.
CODE_OR_LINK = re.compile(
    r"(?P<code>^(?P<fence>```+|~~~+).*?^(?P=fence)[^\n]*$|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<text>!?\[(?:[^\[\]`]|`[^`]*`|\[[^\[\]`]*\](?:\([^()]*\))?)*\])\((?P<target>[^()\s]+)\)"
    r"|^(?P<name>\[[^\]^][^\]]*\]:\s+)(?P<reference>\S+)$",
    re.DOTALL | re.MULTILINE,
)
WITH_SCHEME = re.compile(r"[a-z][a-z+.-]*:", re.IGNORECASE)


class Book:
    """The chapters of a book, and what of the repository each of them shows."""

    def __init__(self, book):
        self.chapters = list(chapters_in(book["items"]))
        self.faults = []
        # From a file of the repository to the chapter that shows it. The list of pages stands beside each of them.
        self.pages = {f"{SOURCE}/SUMMARY.md": self.chapters[0]["path"]}
        for chapter in self.chapters:
            chapter["shows"] = posixpath.join(SOURCE, chapter["source_path"])
            if include := WHOLE_FILE.fullmatch(chapter["content"]):
                chapter["shows"] = posixpath.normpath(posixpath.join(posixpath.dirname(chapter["shows"]), include[1]))
                chapter["content"] = (ROOT / chapter["shows"]).read_text()
            # mdBook makes the README of a folder its index.
            self.pages[chapter["shows"]] = re.sub(r"README\.md$", "index.md", chapter["path"])

    def rewrite(self):
        for chapter in self.chapters:
            chapter["content"] = CODE_OR_LINK.sub(lambda found: self.rewritten(chapter, found), chapter["content"])
            del chapter["shows"]

    def check(self, file):
        """Whether what a README that is no page of the book links to is there."""
        CODE_OR_LINK.sub(lambda found: self.rewritten({"shows": file, "path": file}, found), (ROOT / file).read_text())

    def rewritten(self, chapter, found):
        if found["code"]:
            return found[0]
        written = found["target"] or found["reference"]
        if WITH_SCHEME.match(written) or written.startswith("#"):
            return found[0]
        target = self.target(chapter, written)
        if found["name"]:
            return found["name"] + (target or written)
        if target is None:
            return found["text"].lstrip("!")[1:-1]
        return f"{found['text']}({target})"

    def target(self, chapter, written):
        """Where a link leads in the book, or None if it leads nowhere."""
        path, hash_mark, fragment = written.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(chapter["shows"]), unquote(path)))
        here = posixpath.dirname(chapter["path"])
        if not (ROOT / file).exists():
            self.faults.append(f"{chapter['shows']}: the link to `{written}` leads to {file}, which is not there")
            return written
        # A folder is known by its page, as on GitHub.
        page = self.pages.get(file) or self.pages.get(posixpath.join(file, "README.md"))
        if page:
            return posixpath.relpath(page, here or ".") + hash_mark + fragment
        if file.startswith(SOURCE + "/") and (ROOT / file).is_file():
            return posixpath.relpath(posixpath.relpath(file, SOURCE), here or ".")
        if REPOSITORY:
            return f"{REPOSITORY}/{'tree' if (ROOT / file).is_dir() else 'blob'}/{COMMIT}/{file}{hash_mark}{fragment}"
        return None


def chapters_in(items):
    for item in items:
        if isinstance(item, dict) and "Chapter" in item:
            if item["Chapter"]["source_path"]:
                yield item["Chapter"]
            yield from chapters_in(item["Chapter"]["sub_items"])


def repository():
    """The address of the repository and the commit, as far as they are known."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    commit = os.environ.get("GITHUB_SHA")
    return (f"{server}/{name}", commit) if server and name and commit else (None, None)


REPOSITORY, COMMIT = repository()

if __name__ == "__main__":
    if sys.argv[1:2] == ["supports"]:
        sys.exit(0)
    _, read = json.load(sys.stdin)
    book = Book(read)
    book.rewrite()
    tracked = subprocess.run(["git", "ls-files", "-z", "*README.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    for file in tracked.stdout.split("\0"):
        if file and file not in book.pages:
            book.check(file)
    for fault in book.faults:
        print(fault, file=sys.stderr)
    if book.faults:
        sys.exit(1)
    json.dump(read, sys.stdout)
