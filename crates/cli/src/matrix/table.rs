//! The matrix itself: what each subject may do with each route, and which pages it may see.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZero;

use gatepost_core::analysis::{RouteAccess, RouteRequests, Scope, page_access, route_access};
use gatepost_core::gateway::{PathTemplate, Segment, VERBS};
use gatepost_core::policy::{PolicyDocument, ResourcePattern};
use gatepost_emulator::gateway::MethodVerb;

use super::cell::Kind;
use super::columns::{Column, Columns};
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
    pub(crate) cells: Vec<RouteAccess>,
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
    /// Decides every cell.
    pub(crate) fn new(columns: Columns, list: &RouteList, scope: &Scope) -> Self {
        let Columns(columns) = columns;
        let decide = |routes: &[Route]| -> Vec<Row> {
            routes.iter().flat_map(|route| rows_of(route, list, &columns, scope)).collect()
        };
        // The routes have nothing to do with each other, and of a large API there are many.
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let chunk = list.routes.len().div_ceil(processors).max(1);
        let mut rows: Vec<Row> = std::thread::scope(|threads| {
            let threads: Vec<_> = list
                .routes
                .chunks(chunk)
                .map(|routes| threads.spawn(move || decide(routes)))
                .collect();
            let rows = threads.into_iter().map(|thread| match thread.join() {
                Ok(rows) => rows,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            rows.flatten().collect()
        });
        rows.extend(page_rows(&columns, scope));
        rows.sort_by_cached_key(order);
        let (title, policies, routes) = (list.title.clone(), String::new(), String::new());
        let mut table = Self { title, policies, routes, columns, rows };
        table.number();
        table
    }

    /// Keeps the rows that have a cell as `wanted`.
    pub(crate) fn keep(&mut self, wanted: impl Fn(&RouteAccess) -> bool) {
        self.rows.retain(|row| row.cells.iter().any(&wanted));
        self.number();
    }

    /// Numbers the footnotes, row by row.
    fn number(&mut self) {
        let mut last = 0;
        for row in &mut self.rows {
            let number = |access: &RouteAccess| {
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
                Some(((*number)?, row, column, access))
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

/// The verbs that a route is for: those of `ANY` are what the path has no method of its own for.
fn verbs_of(route: &Route, list: &RouteList) -> Vec<&'static str> {
    match route.verb {
        MethodVerb::One(verb) => vec![verb],
        MethodVerb::Any => {
            let is_own = |verb: &&str| {
                let own = MethodVerb::one(verb);
                let mut same = list.routes.iter().filter(|r| r.template == route.template);
                !same.any(|other| Some(other.verb) == own)
            };
            VERBS.into_iter().filter(is_own).collect()
        }
    }
}

/// One row, or one for each set of verbs that are alike for every column.
fn rows_of(route: &Route, list: &RouteList, columns: &[Column], scope: &Scope) -> Vec<Row> {
    let others: Vec<&PathTemplate> =
        list.paths.iter().filter(|other| **other != route.template).collect();
    let mut rows: Vec<Row> = Vec::new();
    for verb in verbs_of(route, list) {
        let requests = RouteRequests { verb, template: &route.template, others: &others };
        let asked = if route.guard.asks_policies() { columns } else { &[] };
        let decide = |column: &Column| route_access(&column.documents(), &requests, scope);
        let cells: Vec<RouteAccess> = asked.iter().map(decide).collect();
        let is_like =
            |row: &&mut Row| row.cells.iter().map(Kind::of).eq(cells.iter().map(Kind::of));
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
fn page_rows(columns: &[Column], scope: &Scope) -> Vec<Row> {
    let documents = columns.iter().flat_map(Column::documents);
    let statements = documents.flat_map(PolicyDocument::statements);
    let patterns = statements.flat_map(|statement| statement.resources().patterns());
    let pages: BTreeMap<&str, &ResourcePattern> = patterns
        .filter_map(|pattern| Some((pattern.as_str().strip_prefix("page/")?, pattern)))
        .collect();
    let row = |(page, pattern): (&str, &ResourcePattern)| Row {
        method: "page".to_owned(),
        verbs: Vec::new(),
        place: Place::Pages(format!("/{page}")),
        summary: String::new(),
        guard: Guard::Operation,
        cells: columns
            .iter()
            .map(|column| page_access(&column.documents(), pattern, scope))
            .collect(),
        notes: Vec::new(),
    };
    pages.into_iter().map(row).collect()
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
