"""Tables of the guide that a script makes: each between `<!-- NAME -->` and `<!-- end -->` of its page."""

import re
import sys


def table(head, rows):
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])


def hold(document, made, script, write):
    """Writes the tables into the page, or ends with a message if they are not those that stand there."""
    name = f"docs/{document.name}"
    before = text = document.read_text()
    for place, content in made.items():
        pattern = rf"(<!-- {place} -->\n).*?(<!-- end -->)"
        text, replaced = re.subn(pattern, lambda match: f"{match[1]}{content}\n{match[2]}", text, flags=re.DOTALL)
        if not replaced:
            sys.exit(f"{name} has no place for the table `{place}`")
    if write:
        document.write_text(text)
    elif text != before:
        sys.exit(f"{name} has other tables than `{script} --write` makes")
