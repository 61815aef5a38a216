//! The matrix as one page that loads nothing: for a browser, and for the wall.
//!
//! Every cell is told by shape as well as by colour, and in words for those who see neither. All that
//! comes from documents is escaped by `maud`.

use std::fmt::Write as _;

use gatepost_core::gateway::Segment;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::cell::{Kind, examples, reason};
use super::table::{Place, Row, Table};
use crate::counted::counted;
use crate::routes::Guard;

const STYLE: &str = include_str!("html/matrix.css");
const SHAPES: &str = include_str!("html/shapes.svg");

/// Nothing is loaded, and nothing is run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Up to how many columns a column is marked under the pointer: each takes a rule of its own.
const MARKED_COLUMNS: usize = 48;

pub(crate) fn page(table: &Table, date: &str) -> Markup {
    let title = if table.title.is_empty() { "Who may call what" } else { &table.title };
    let size = Size::of(table);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                title { (title) " - who may call what" }
                style { (PreEscaped(STYLE)) (PreEscaped(column_marks(table))) }
            }
            body.(size.class) style=(size.style) {
                (PreEscaped(SHAPES))
                main {
                    (head(table, title, date))
                    (matrix(table, &size))
                    (notes(table))
                    footer { "Each cell holds for every value of the route's parameters. Made by " code { "gatepost matrix" } "." }
                }
            }
        }
    }
}

/// How large things are: few columns are wide, and many still fit.
struct Size {
    class: &'static str,
    style: String,
    columns: usize,
}

impl Size {
    fn of(table: &Table) -> Self {
        let columns = table.columns.len();
        let class = match columns {
            0..=6 => "roomy",
            7..=20 => "medium",
            21..=48 => "dense",
            _ => "tiny",
        };
        let longest = table.columns.iter().map(|column| column.name.chars().count()).max();
        // Longer names are cut, and told in full under the pointer.
        let longest = longest.unwrap_or(0).clamp(6, 34);
        Self { class, style: format!("--columns:{columns};--longest:{longest}"), columns }
    }
}

fn head(table: &Table, title: &str, date: &str) -> Markup {
    let (families, pages) =
        (table.families(), table.rows.iter().filter(|row| row.is_page()).count());
    let routes = families.iter().map(|(_, rows)| rows.len()).sum::<usize>() - pages;
    html! {
        header {
            div.name {
                svg.logo viewBox="0 0 32 32" aria-hidden="true" { use href="#logo" {} }
                div {
                    h1 { (title) }
                    p { "Who may call what: " (counted(table.columns.len(), "subject")) ", " (counted(routes, "route"))
                        @if pages > 0 { ", " (counted(pages, "pattern")) " of pages" }
                    }
                }
            }
            dl {
                div { dt { "Policies" } dd { (table.policies) } }
                div { dt { "Routes" } dd { (table.routes) } }
                @if !date.is_empty() { div { dt { "Date" } dd { (date) } } }
            }
        }
    }
}

fn matrix(table: &Table, size: &Size) -> Markup {
    html! {
        ul.legend aria-label="Legend" {
            @for kind in kinds(table) {
                li { (shape(kind)) span { b { (kind.as_str()) } " " (kind.meaning()) } }
            }
        }
        table {
            caption.u { "Routes, and which subject may call them" }
            thead {
                tr {
                    th.corner scope="col" { span { "Route" } }
                    @for column in &table.columns {
                        th scope="col" title=(column.name) { span { (column.name) } }
                    }
                }
            }
            @for (_, rows) in table.families() {
                tbody {
                    @for row in rows { (line(table, row, size)) }
                }
            }
            tfoot {
                @for kind in kinds(table) {
                    tr {
                        th scope="row" { (shape(kind)) span { (kind.as_str()) } }
                        @for at in 0..table.columns.len() {
                            @let count = table.count(at, kind);
                            td.none[count == 0] { (count) }
                        }
                    }
                }
            }
        }
        @match table.preflights() {
            0 => {},
            count => p.aside {
                (counted(count, "OPTIONS method")) " without authorizer (CORS preflight) not shown."
            },
        }
        @if table.roots() > 0 {
            p.aside {
                mark { "root" } " The authorizer is named at the root of the document only, and API "
                "Gateway applies that to no method when it imports the document."
            }
        }
    }
}

fn line(table: &Table, row: &Row, size: &Size) -> Markup {
    html! {
        tr {
            th scope="row" title=[(!row.summary.is_empty()).then_some(&row.summary)] {
                span.route {
                    span.verb { (row.method) }
                    span.path { (path(row)) }
                    @if row.guard == Guard::Root { mark { "root" } }
                }
                @if !row.summary.is_empty() { span.summary { (row.summary) } }
            }
            @match row.guard {
                Guard::Operation | Guard::Root => (cells(table, row)),
                Guard::Public => {
                    td.open colspan=(size.columns) title="There is no authorizer: everyone may call this." {
                        span { "public" }
                    }
                }
                Guard::Other(what) => {
                    td.open colspan=(size.columns) title={ "Guarded by " (what) ": policies are not asked." } {
                        span { (what) }
                    }
                }
            }
        }
    }
}

fn cells(table: &Table, row: &Row) -> Markup {
    html! {
        @for ((column, access), note) in table.columns.iter().zip(&row.cells).zip(&row.notes) {
            @let kind = Kind::of(access);
            @let why = reason(row, column, access);
            @match note {
                None => td title=(why) { (shape(kind)) span.u { (kind.as_str()) } },
                Some(number) => td.(class(kind)) {
                    a id={ "cell-" (number) } href={ "#note-" (number) } title=(why) {
                        (shape(kind))
                        span.u { (kind.as_str()) ", note " }
                        sup { (number) }
                    }
                },
            }
        }
    }
}

/// The path, with what varies in it marked.
fn path(row: &Row) -> Markup {
    let Place::Route(template) = &row.place else { return html! { (row.place) } };
    let segments = template.segments();
    html! {
        @if segments.is_empty() { b { "/" } }
        @for (at, segment) in segments.iter().enumerate() {
            @match segment {
                Segment::Exact(_) if at == 0 => b { "/" (segment) },
                Segment::Exact(_) => { "/" (segment) },
                Segment::Parameter(_) | Segment::Greedy(_) => { "/" i { (segment) } },
            }
        }
    }
}

fn notes(table: &Table) -> Markup {
    let notes = table.notes();
    html! {
        @if !notes.is_empty() {
            section.notes {
                h2 { "When, exactly" }
                ol {
                    @for (number, row, column, access) in notes {
                        @let kind = Kind::of(access);
                        li id={ "note-" (number) } {
                            a.back href={ "#cell-" (number) } { (shape(kind)) span { (number) } }
                            div {
                                h3 { (column.name) span { " " (row.method) " " (row.place) } }
                                @for example in examples(column, access) { p { (example) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The kinds that are there.
fn kinds(table: &Table) -> Vec<Kind> {
    let is_there = |kind: &Kind| (0..table.columns.len()).any(|at| table.count(at, *kind) > 0);
    Kind::ALL.into_iter().filter(is_there).collect()
}

fn shape(kind: Kind) -> Markup {
    html! { svg aria-hidden="true" { use href={ "#" (class(kind)) } {} } }
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Allow => "allow",
        Kind::Partial => "partial",
        Kind::Conditional => "conditional",
        Kind::Deny => "deny",
        Kind::ExplicitDeny => "explicit",
        Kind::Unknown => "unknown",
    }
}

/// The rules that mark the name of the column under the pointer; a sheet of styles cannot count.
fn column_marks(table: &Table) -> String {
    let mut rules = String::new();
    if table.columns.len() <= MARKED_COLUMNS {
        for column in 2..table.columns.len() + 2 {
            // Writing to a text does not fail.
            let _ = write!(
                rules,
                "table:has(tbody td:nth-child({column}):hover) thead th:nth-child({column}) span{{color:var(--accent)}}"
            );
        }
    }
    rules
}
