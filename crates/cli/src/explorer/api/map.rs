//! Subjects against routes: the map, its cells, who may and what one may.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use gatepost_core::analysis::{RouteAccess, Scope, method_access, page_access};
use gatepost_core::policy::{PolicyDocument, ResourcePattern};
use gatepost_core::subject::Subject;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::documents::no_document;
use super::{Shared, aside, query};
use crate::explorer::Explorer;
use crate::explorer::body::{self, Body, Drafts};
use crate::explorer::fault::Fault;
use crate::explorer::world::World;
use crate::matrix::{Column, Columns, Kind, Row, Table, csv, json, reason, reason_of};

/// The map as it is.
pub(super) async fn map(State(explorer): Shared) -> Result<Json<Value>, Fault> {
    aside(explorer, |explorer| compact(explorer, &*explorer.world()?)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftsOnly {
    #[serde(default)]
    pub(super) drafts: Drafts,
}

/// The map as it would be.
pub(super) async fn map_of_drafts(
    State(explorer): Shared,
    body: Body,
) -> Result<Json<Value>, Fault> {
    let DraftsOnly { drafts } = body::read(&body)?;
    let drafts = body::drafts(drafts)?;
    aside(explorer, move |explorer| {
        let world = explorer.world()?;
        if drafts.is_empty() {
            return compact(explorer, &world);
        }
        // What the drafts leave as it is need not be decided once more. They may mend what is not.
        let _ = world.table(explorer.config.stage.as_ref());
        compact(explorer, &world.with(&drafts)?)
    })
    .await
}

fn compact(explorer: &Explorer, world: &World) -> Result<Json<Value>, Fault> {
    let table = world.table(explorer.config.stage.as_ref())?;
    let subjects = table.columns.iter().enumerate().map(|(at, column)| {
        json!({
            "subject": owner(column),
            "name": column.name,
            "counts": json::counts(table, at),
        })
    });
    let routes = table.rows.iter().map(route);
    let cells = table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|access| letter(access)).collect::<String>());
    Ok(Json(json!({
        "revision": world.revision,
        "subjects": subjects.collect::<Vec<_>>(),
        "routes": routes.collect::<Vec<_>>(),
        "cells": cells.collect::<Vec<_>>(),
    })))
}

/// The members of a route in a list of them.
fn route(row: &Row) -> Map<String, Value> {
    let members = [
        ("method", json!(row.method)),
        ("verbs", json!(row.verbs)),
        ("path", json!(row.place.to_string())),
        ("summary", json!(row.summary)),
        ("guard", json!(json::guard(row))),
    ];
    members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

fn letter(access: &RouteAccess) -> char {
    match Kind::of(access) {
        Kind::Allow => 'a',
        Kind::Conditional => 'c',
        Kind::Partial => 'p',
        Kind::Deny => 'd',
        Kind::ExplicitDeny => 'x',
        Kind::Unknown => 'u',
    }
}

/// The subject of a column.
fn owner(column: &Column) -> &str {
    column.documents.first().map_or("", |(name, _)| name)
}

/// The whole matrix, as the command writes it.
pub(super) async fn matrix(
    State(explorer): Shared,
    asked: Result<Query<Form>, QueryRejection>,
) -> Result<Response, Fault> {
    let Form { format } = query(asked)?;
    let write = match format.as_deref() {
        None | Some("json") => json::write,
        Some("csv") => csv::write,
        Some(_) => {
            return Err(Fault::from(anyhow::anyhow!("write `json` or `csv`")).of("format"));
        }
    };
    let kind = if format.as_deref() == Some("csv") {
        "text/csv; charset=utf-8"
    } else {
        "application/json"
    };
    let text = aside(explorer, move |explorer| {
        let world = explorer.world()?;
        let mut text = Vec::new();
        write(world.table(explorer.config.stage.as_ref())?, &mut text)
            .map_err(anyhow::Error::from)?;
        Ok(text)
    });
    Ok(([(CONTENT_TYPE, kind)], text.await?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    format: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    subject: Option<String>,
    verb: Option<String>,
    path: Option<String>,
    page: Option<String>,
}

/// One cell, and why it is so.
pub(super) async fn cell(
    State(explorer): Shared,
    asked: Result<Query<Place>, QueryRejection>,
) -> Result<Json<Value>, Fault> {
    let place = query(asked)?;
    let name = place.subject.as_deref().ok_or_else(|| missing("subject"))?;
    let subject = body::subject(name, "subject")?;
    aside(explorer, move |explorer| {
        let world = explorer.world()?;
        let table = world.table(explorer.config.stage.as_ref())?;
        let row = row(table, &place)?.ok_or_else(|| {
            let what = "there is no such route: `verb` and `path`, or `page`, as the map has them";
            Fault::new(StatusCode::NOT_FOUND, what).of("path")
        })?;
        let at = column_of(table, &subject)?;
        let value = table.columns.get(at).zip(row.cells.get(at));
        value.map(|(column, access)| Json(cell_value(row, column, access))).ok_or_else(|| {
            Fault::new(StatusCode::NOT_FOUND, "no policy is asked there: see `guard` of the map")
        })
    })
    .await
}

/// The row of a route, or of the pages that a pattern names, if there is one.
fn row<'a>(table: &'a Table, place: &Place) -> Result<Option<&'a Row>, Fault> {
    let mut rows = table.rows.iter();
    if let Some(page) = &place.page {
        return Ok(rows.find(|row| row.is_page() && row.place.to_string() == *page));
    }
    let verb = place.verb.as_deref().ok_or_else(|| missing("verb"))?;
    let path = place.path.as_deref().ok_or_else(|| missing("path"))?;
    Ok(rows.find(|row| row.verbs.contains(&verb) && row.place.to_string() == path))
}

fn column_of(table: &Table, subject: &Subject) -> Result<usize, Fault> {
    let name = subject.to_string();
    let at = table.columns.iter().position(|column| owner(column) == name);
    at.ok_or_else(|| no_document(subject))
}

fn missing(field: &str) -> Fault {
    Fault::from(anyhow::anyhow!("`{field}` is missing")).of(field)
}

fn cell_value(row: &Row, column: &Column, access: &RouteAccess) -> Value {
    with_sentence(column, access, reason(row, column, access))
}

/// The cell as the command writes it, but with the subject by its whole name.
fn with_sentence(column: &Column, access: &RouteAccess, sentence: String) -> Value {
    let mut cell = json::cell(column, access);
    if let Some(members) = cell.as_object_mut() {
        members.insert("subject".to_owned(), owner(column).into());
        members.insert("sentence".to_owned(), sentence.into());
    }
    cell
}

/// What every subject may do with a route, or with all calls or pages that a pattern with `*` names.
pub(super) async fn who(
    State(explorer): Shared,
    asked: Result<Query<Place>, QueryRejection>,
) -> Result<Json<Value>, Fault> {
    let place = query(asked)?;
    aside(explorer, move |explorer| {
        let world = explorer.world()?;
        // Without a list of routes, patterns can be asked for still.
        if let Ok(table) = world.table(explorer.config.stage.as_ref())
            && let Some(row) = row(table, &place)?
        {
            let cells = table.columns.iter().zip(&row.cells);
            let cells = cells.map(|(column, access)| cell_value(row, column, access));
            return Ok(Json(json!({
                "guard": json::guard(row),
                "subjects": cells.collect::<Vec<_>>(),
            })));
        }
        let pattern = pattern(&place)?;
        let many = pattern.as_str().contains(['*', '?']);
        let scope = Scope { stage: explorer.config.stage.clone(), ..Scope::default() };
        let documents = world.documents()?.iter();
        let Columns(columns) =
            Columns::of_each(documents.map(|(subject, held)| (subject, &held.document)));
        let name = match (&place.page, &place.verb, &place.path) {
            (Some(page), _, _) => format!("page {page}"),
            (None, Some(verb), Some(path)) => format!("{verb} {path}"),
            (None, _, _) => String::new(),
        };
        let decide = if place.page.is_some() { page_access } else { method_access };
        let cells = columns.iter().map(|column| {
            let access = decide(&column.documents(), &pattern, &scope);
            with_sentence(column, &access, reason_of(&name, many, column, &access))
        });
        Ok(Json(json!({ "guard": Value::Null, "subjects": cells.collect::<Vec<_>>() })))
    })
    .await
}

/// The pattern that a document would have for the place.
fn pattern(place: &Place) -> Result<ResourcePattern, Fault> {
    let (text, field) = match (&place.page, &place.verb, &place.path) {
        (Some(page), _, _) => (format!("page{page}"), "page"),
        (None, Some(verb), Some(path)) => (format!("{verb}{path}"), "path"),
        (None, None, _) => return Err(missing("verb")),
        (None, _, None) => return Err(missing("path")),
    };
    let fault = |error: &str| Fault::from(anyhow::anyhow!(error.to_owned())).of(field);
    if text.contains(['{', '}', '$']) {
        return Err(fault(
            "there is no such route; for any value of a parameter write `*`, as in /movies/*",
        ));
    }
    // As the one resource of a document, which is where patterns are read.
    let action = if field == "page" { "gatepost:ViewPage" } else { "execute-api:Invoke" };
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": text });
    let document = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let document = PolicyDocument::parse(document.as_bytes()).map_err(|error| {
        fault(error.faults().first().map_or("this is no pattern", |fault| fault.message.as_str()))
    })?;
    let mut patterns = document.statements().iter().flat_map(|one| one.resources().patterns());
    patterns.next().cloned().ok_or_else(|| fault("this is no pattern"))
}

/// What one subject may do with every route.
pub(super) async fn what(
    State(explorer): Shared,
    asked: Result<Query<Whose>, QueryRejection>,
) -> Result<Json<Value>, Fault> {
    let Whose { subject } = query(asked)?;
    let subject = body::subject(&subject, "subject")?;
    aside(explorer, move |explorer| {
        let world = explorer.world()?;
        let table = world.table(explorer.config.stage.as_ref())?;
        let at = column_of(table, &subject)?;
        let routes = table.rows.iter().map(|row| {
            let cell = table.columns.get(at).zip(row.cells.get(at));
            let cell = cell.map(|(column, access)| cell_value(row, column, access));
            let mut members = route(row);
            members.insert("cell".to_owned(), cell.into());
            members
        });
        Ok(Json(json!({ "subject": subject.to_string(), "routes": routes.collect::<Vec<_>>() })))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    subject: String,
}
