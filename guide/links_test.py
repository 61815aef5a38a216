#!/usr/bin/env python3
"""What becomes of the links of pages: `python3 guide/links_test.py`"""

import unittest

import links


def book(**pages):
    """A book of these pages below docs/, as mdBook hands it on: names without `.md`, and what is in them."""
    def chapter(name, content):
        path = f"{name.replace('__', '/')}.md"
        return {"Chapter": {"content": content, "path": path, "source_path": path, "sub_items": []}}

    return links.Book({"items": ["Separator", *(chapter(*page) for page in pages.items())]})


class Links(unittest.TestCase):
    def setUp(self):
        links.REPOSITORY, links.COMMIT = None, None

    def becomes(self, made, written):
        """That a page `test`, beside some real ones, has `made` where `written` stood; without faults."""
        made_of = book(introduction="{{#include ../README.md}}", test=written, diff="", lint__README="", inside__architecture="{{#include ../../ARCHITECTURE.md}}")
        made_of.rewrite()
        self.assertEqual(made_of.chapters[1]["content"], made)
        self.assertEqual(made_of.faults, [])

    def test_a_link_to_a_page_stays_one(self):
        self.becomes("[a](diff.md#the-sides)", "[a](diff.md#the-sides)")

    def test_a_folder_is_its_page_which_is_an_index(self):
        self.becomes("[a](lint/index.md) [b](lint/index.md)", "[a](lint/README.md) [b](lint/)")

    def test_a_file_that_a_page_includes_is_that_page(self):
        self.becomes("[a](inside/architecture.md#crates)", "[a](../ARCHITECTURE.md#crates)")

    def test_the_list_of_pages_is_the_first_page(self):
        self.becomes("[a](introduction.md)", "[a](SUMMARY.md)")

    def test_a_picture_stays_where_it_is(self):
        self.becomes("![a](images/matrix.png)", "![a](images/matrix.png)")

    def test_what_is_in_no_page_is_text_where_no_repository_is_known(self):
        self.becomes("see `Cargo.toml`", "see [`Cargo.toml`](../Cargo.toml)")

    def test_and_else_leads_to_the_repository_at_the_commit(self):
        links.REPOSITORY, links.COMMIT = "https://example.com/a/b", "c0ffee"
        self.becomes("[a](https://example.com/a/b/blob/c0ffee/Cargo.toml)", "[a](../Cargo.toml)")
        self.becomes("[a](https://example.com/a/b/tree/c0ffee/crates/core)", "[a](../crates/core)")

    def test_what_has_a_scheme_or_is_of_the_page_is_left_alone(self):
        text = "[a](https://example.com/x.md) <http://127.0.0.1:3000> [b](#here)\n\n[c]: https://example.com\n"
        self.becomes(text, text)

    def test_names_of_links_are_followed(self):
        self.becomes("[a][b]\n\n[b]: diff.md\n", "[a][b]\n\n[b]: diff.md\n")
        self.becomes("x[^1]\n\n[^1]: [a](diff.md), b\n", "x[^1]\n\n[^1]: [a](diff.md), b\n")

    def test_code_has_no_links(self):
        text = "`[a](nowhere.md)`\n\n```sh\n[b](nowhere.md)\n```\n"
        self.becomes(text, text)

    def test_a_link_to_nothing_is_a_fault_that_names_its_page(self):
        made_of = book(test="[a](nowhere.md)")
        made_of.rewrite()
        self.assertEqual(made_of.faults, ["docs/test.md: the link to `nowhere.md` leads to docs/nowhere.md, which is not there"])

    def test_brackets_and_backticks_without_an_end_are_read_in_no_time(self):
        text = "[" + "`a`" * 500 + "`" + "[x" * 500
        self.becomes(text, text)


if __name__ == "__main__":
    unittest.main()
