//! The matrix for programs.

use std::io::{self, Write};

use gatepost_core::analysis::{RouteAccess, RouteExample, WitnessTarget};
use serde_json::{Map, Value, json};

use super::cell::Kind;
use super::columns::Column;
use super::table::{Row, Table};
use crate::routes::Guard;

pub(crate) fn write(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", matrix(table))
}

/// The whole of it.
pub(crate) fn matrix(table: &Table) -> Value {
    let subjects: Vec<Value> =
        table.columns.iter().enumerate().map(|(at, column)| subject(table, at, column)).collect();
    let routes: Vec<Value> = table.rows.iter().map(|row| route(table, row)).collect();
    json!({
        "title": table.title,
        "policies": table.policies,
        "routes_file": table.routes,
        "subjects": subjects,
        "routes": routes,
    })
}

fn subject(table: &Table, at: usize, column: &Column) -> Value {
    let documents: Vec<&str> = column.documents.iter().map(|(name, _)| name.as_str()).collect();
    json!({ "name": column.name, "documents": documents, "counts": counts(table, at) })
}

/// How many routes are of each kind for a column.
pub(crate) fn counts(table: &Table, at: usize) -> Value {
    let count = |kinds: &[Kind]| kinds.iter().map(|kind| table.count(at, *kind)).sum::<usize>();
    json!({
        "allow": count(&[Kind::Allow]),
        "conditional": count(&[Kind::Conditional]),
        "deny": count(&[Kind::Deny, Kind::ExplicitDeny]),
        "partial": count(&[Kind::Partial]),
        "unknown": count(&[Kind::Unknown]),
    })
}

fn route(table: &Table, row: &Row) -> Value {
    let cells: Vec<Value> =
        table.columns.iter().zip(&row.cells).map(|(column, access)| cell(column, access)).collect();
    json!({
        "verbs": row.verbs,
        "path": row.place.to_string(),
        "summary": row.summary,
        "guard": guard(row),
        "cells": cells,
    })
}

/// One word for what stands before a row.
pub(crate) fn guard(row: &Row) -> &'static str {
    match row.guard {
        _ if row.is_page() => "page_pass",
        Guard::Operation => "authorizer",
        Guard::Root => "root",
        Guard::Other(_) => "other",
        Guard::Public => "public",
    }
}

/// One cell, with the requests that show it.
pub(crate) fn cell(column: &Column, access: &RouteAccess) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("subject", column.name.clone().into());
    put("decision", access.decision.as_str().into());
    put("explicit", access.explicit.into());
    for (name, request) in [("allowed", &access.allowed), ("denied", &access.denied)] {
        if let Some(request) = request {
            put(name, example(column, request));
        }
    }
    if let Some(unknown) = access.unknown {
        put("unknown", unknown.to_string().into());
    }
    Value::Object(members)
}

fn example(column: &Column, example: &RouteExample) -> Value {
    let (method, path) = match &example.witness.target {
        WitnessTarget::Method(method) => (method.to_string(), method.path()),
        WitnessTarget::Page(page) => (format!("page/{page}"), page.as_str()),
    };
    let statements = example.verdict.statements.iter().map(|place| {
        let document = column.document_of(place);
        json!({ "document": document, "statement": place.statement, "sid": place.sid })
    });
    let statements: Vec<Value> = statements.collect();
    let context: Map<String, Value> = example
        .witness
        .context
        .iter()
        .map(|(key, values)| (key.to_owned(), json!(values)))
        .collect();
    json!({
        "path": format!("/{path}"),
        "resource": method,
        "context": context,
        "decision": example.verdict.decision.as_str(),
        "statements": statements,
        "when": example.when.as_ref().map(ToString::to_string),
    })
}
