//! The matrix itself: what each subject may do with each route, and which pages it may see.

use std::fmt;
use std::sync::Arc;

use gatepost_core::analysis::{RouteAccess, Scope};
use gatepost_core::gateway::{PathTemplate, Segment};

use super::cell::Kind;
use super::columns::{Column, Columns};
use super::decided::{Decided, Known, calls, decide, verbs_of};
use crate::routes::{Guard, Route, RouteList};

/// A matrix, ready to be written.
#[derive(Debug)]
pub(crate) struct Table {
    /// The name of the API; may be empty.
    pub(crate) title: String,
    /// Where the policies come from.
    pub(crate) policies: String,
    /// Where the routes come from.
    pub(crate) routes: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// The answers that the rows are made of, by column.
    decided: Vec<Arc<Decided>>,
}

/// A route, or those of its verbs that are alike; or the pages that a pattern names.
#[derive(Debug)]
pub(crate) struct Row {
    /// `GET` or `ANY`; where the verbs of an ANY are not alike, `GET, HEAD` and `ANY but GET, HEAD`.
    /// `page` for pages.
    pub(crate) method: String,
    /// Every verb it is about; none for pages.
    pub(crate) verbs: Vec<&'static str>,
    pub(crate) place: Place,
    pub(crate) summary: String,
    pub(crate) guard: Guard,
    /// One for each column, or none where the policies are not asked.
    pub(crate) cells: Vec<Arc<RouteAccess>>,
    /// The numbers of the footnotes of the cells that have one.
    pub(crate) notes: Vec<Option<usize>>,
}

/// Where a row's requests go.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// The pages of a pattern, as requests have them: `/app/*`.
    Pages(String),
    /// A route of the API.
    Route(PathTemplate),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pages(pages) => f.write_str(pages),
            Self::Route(template) => template.fmt(f),
        }
    }
}

impl Row {
    /// The first segment of the path: `/movies`. All pages are of one family.
    pub(crate) fn family(&self) -> String {
        match &self.place {
            Place::Pages(_) => "page".to_owned(),
            Place::Route(template) => {
                template.segments().first().map_or_else(|| "/".to_owned(), |one| format!("/{one}"))
            }
        }
    }

    pub(crate) fn is_page(&self) -> bool {
        matches!(self.place, Place::Pages(_))
    }

    /// Whether it is what a browser asks before a request to another origin, which everyone may.
    pub(crate) fn is_preflight(&self) -> bool {
        self.verbs == ["OPTIONS"] && self.guard == Guard::Public
    }

    pub(crate) fn has_parameters(&self) -> bool {
        match &self.place {
            Place::Pages(pages) => pages.contains(['*', '?', '$']),
            Place::Route(template) => {
                template.segments().iter().any(|segment| segment.parameter().is_some())
            }
        }
    }
}

impl Table {
    /// Decides every cell, but for those of columns that are known from a table of the same routes
    /// and scope.
    pub(crate) fn new(columns: Columns, list: &RouteList, scope: &Scope, known: &Known) -> Self {
        let Columns(columns) = columns;
        let calls = calls(list);
        let decided = decide(&columns, &calls, scope, known);
        let mut rows = Vec::new();
        let mut answered = 0;
        for route in &list.routes {
            let verbs = verbs_of(route, list);
            let cells = |number: usize| -> Vec<Arc<RouteAccess>> {
                let asked = route.guard.asks_policies();
                let answers = decided.iter().filter(|_| asked);
                answers.filter_map(|decided| decided.calls.get(number).cloned()).collect()
            };
            let cells = verbs.iter().enumerate().map(|(at, verb)| (*verb, cells(answered + at)));
            rows.extend(rows_of(route, cells.collect()));
            if route.guard.asks_policies() {
                answered += verbs.len();
            }
        }
        rows.extend(page_rows(&decided));
        rows.sort_by_cached_key(order);
        let (title, policies, routes) = (list.title.clone(), String::new(), String::new());
        let mut table = Self { title, policies, routes, columns, rows, decided };
        table.number();
        table
    }

    /// What need not be decided again.
    pub(crate) fn known(&self) -> Known {
        Known::of(&self.columns, &self.decided)
    }

    /// Keeps the rows that have a cell as `wanted`.
    pub(crate) fn keep(&mut self, wanted: impl Fn(&RouteAccess) -> bool) {
        self.rows.retain(|row| row.cells.iter().any(|access| wanted(access)));
        self.number();
    }

    /// Numbers the footnotes, row by row.
    fn number(&mut self) {
        let mut last = 0;
        for row in &mut self.rows {
            let number = |access: &Arc<RouteAccess>| {
                let has_note = Kind::of(access).has_note();
                last += usize::from(has_note);
                has_note.then_some(last)
            };
            row.notes = row.cells.iter().map(number).collect();
        }
    }

    /// The rows that people want to see, by the first segments of their paths.
    pub(crate) fn families(&self) -> Vec<(String, Vec<&Row>)> {
        let mut families: Vec<(String, Vec<&Row>)> = Vec::new();
        for row in self.rows.iter().filter(|row| !row.is_preflight()) {
            match families.last_mut() {
                Some((name, rows)) if *name == row.family() => rows.push(row),
                Some(_) | None => families.push((row.family(), vec![row])),
            }
        }
        families
    }

    /// How many rows [`families`](Self::families) leaves out.
    pub(crate) fn preflights(&self) -> usize {
        self.rows.iter().filter(|row| row.is_preflight()).count()
    }

    /// How many rows take their authorizer from the root of the document.
    pub(crate) fn roots(&self) -> usize {
        self.rows.iter().filter(|row| row.guard == Guard::Root).count()
    }

    /// The cells with footnotes, in the order of their numbers.
    pub(crate) fn notes(&self) -> Vec<(usize, &Row, &Column, &RouteAccess)> {
        let notes = self.rows.iter().flat_map(|row| {
            let cells = row.notes.iter().zip(&self.columns).zip(&row.cells);
            cells.filter_map(move |((number, column), access)| {
                Some(((*number)?, row, column, access.as_ref()))
            })
        });
        notes.collect()
    }

    /// How many routes are of this kind for a column.
    pub(crate) fn count(&self, column: usize, kind: Kind) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.cells.get(column));
        cells.filter(|access| Kind::of(access) == kind).count()
    }
}

/// One row, or one for each set of verbs that are alike for every column.
fn rows_of(route: &Route, cells: Vec<(&'static str, Vec<Arc<RouteAccess>>)>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (verb, cells) in cells {
        let kinds =
            |cells: &[Arc<RouteAccess>]| cells.iter().map(|one| Kind::of(one)).collect::<Vec<_>>();
        let is_like = |row: &&mut Row| kinds(&row.cells) == kinds(&cells);
        match rows.iter_mut().find(is_like) {
            Some(row) => row.verbs.push(verb),
            None => rows.push(Row {
                method: String::new(),
                verbs: vec![verb],
                place: Place::Route(route.template.clone()),
                summary: route.summary.clone(),
                guard: route.guard,
                cells,
                notes: Vec::new(),
            }),
        }
    }
    // Of verbs that are not alike, those that most are like come last, and are called by the rest.
    rows.sort_by_key(|row| row.verbs.len());
    let mut named = Vec::new();
    let last = rows.len().saturating_sub(1);
    for (at, row) in rows.iter_mut().enumerate() {
        row.method = match at {
            0 if last == 0 => route.verb.to_string(),
            _ if at == last && row.verbs.len() > named.len() => {
                format!("ANY but {}", named.join(", "))
            }
            _ => row.verbs.join(", "),
        };
        named.extend(row.verbs.iter().copied());
    }
    rows
}

/// A row for each pattern of pages that a document has.
fn page_rows(decided: &[Arc<Decided>]) -> Vec<Row> {
    let patterns = decided.first().into_iter().flat_map(|first| first.pages.keys());
    let row = |page: &String| Row {
        method: "page".to_owned(),
        verbs: Vec::new(),
        place: Place::Pages(format!("/{page}")),
        summary: String::new(),
        guard: Guard::Operation,
        cells: decided.iter().filter_map(|decided| decided.pages.get(page).cloned()).collect(),
        notes: Vec::new(),
    };
    patterns.map(row).collect()
}

/// Routes before pages. Paths by their segments, so that a family is together and a path comes before those below it;
/// reading before writing, and what is left of an ANY last.
fn order(row: &Row) -> (bool, Vec<(u8, String)>, usize) {
    const VERBS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let place = |segment: &Segment| match segment {
        Segment::Exact(text) => (0, text.clone()),
        Segment::Parameter(name) => (1, name.clone()),
        Segment::Greedy(name) => (2, name.clone()),
    };
    let path = match &row.place {
        Place::Pages(pages) => vec![(0, pages.clone())],
        Place::Route(template) => template.segments().iter().map(place).collect(),
    };
    let verb = VERBS.iter().position(|verb| *verb == row.method);
    (row.is_page(), path, verb.unwrap_or(VERBS.len()))
}
