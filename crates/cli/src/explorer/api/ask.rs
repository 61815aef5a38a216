//! Why a call is allowed or denied.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use anyhow::Context as _;
use axum::Json;
use axum::extract::State;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::SubjectKind;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::spans::Spans;
use super::{Shared, aside};
use crate::explain::{Answer, LogLine, Party, Question, asked, parse_time};
use crate::explorer::Explorer;
use crate::explorer::body::{self, Body, Drafts};
use crate::explorer::fault::Fault;
use crate::explorer::world::World;
use crate::paint::Paint;
use crate::suite::{Expected, Suite};
use crate::unverified::{claims_of, read_token};

/// A call, as a form or a script has it.
// No `Debug`: it may hold a token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    #[serde(default)]
    groups: Vec<String>,
    user: Option<String>,
    client: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    claims: BTreeMap<String, String>,
    token: Option<String>,
    groups_claim: Option<String>,
    subjects: Option<Vec<String>>,
    log: Option<String>,
    method: Option<String>,
    path: Option<String>,
    page: Option<String>,
    source_ip: Option<IpAddr>,
    now: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    #[serde(default)]
    drafts: Drafts,
    /// What is to become of it, in a test.
    expect: Option<Expected>,
}

impl Call {
    /// Who asks.
    fn question(&self) -> Result<Question, Fault> {
        let claims = match self.token.as_deref().map(str::trim).filter(|token| !token.is_empty()) {
            None => None,
            Some(token) => Some(claims_in(token).map_err(|error| Fault::from(error).of("token"))?),
        };
        let now = self.now.as_deref().map(parse_time).transpose();
        let now = now.map_err(|error| Fault::from(anyhow::anyhow!(error)).of("now"))?;
        let kinds = match &self.subjects {
            None => Ok(vec![SubjectKind::Group]),
            Some(kinds) => kinds.iter().map(|kind| kind.parse::<SubjectKind>()).collect(),
        };
        let kinds =
            kinds.map_err(|error| Fault::from(anyhow::Error::from(error)).of("subjects"))?;
        let given = Party {
            groups: self.groups.clone(),
            user: self.user.clone(),
            client: self.client.clone(),
            scopes: self.scopes.clone(),
            claims: self.claims.clone().into_iter().collect(),
        };
        Ok(Question {
            given,
            claims,
            groups_claim: self.groups_claim.clone().unwrap_or_else(|| "cognito:groups".to_owned()),
            kinds,
            source_ip: self.source_ip,
            now,
            context: self.context.clone().into_iter().collect(),
        })
    }
}

/// The claims of a token; what is wrong with it is said without it.
fn claims_in(token: &str) -> anyhow::Result<Value> {
    let token = read_token(token.to_owned(), &mut std::io::empty())?;
    claims_of(&token).context("this is no token")
}

/// The call as a suite for `gatepost test`.
pub(super) async fn case(State(explorer): Shared, body: Body) -> Result<Json<Value>, Fault> {
    let call: Call = body::read(&body)?;
    let expect = call.expect.ok_or_else(|| {
        let what = "say what is to become of the call: `expect`, such as `allow` or `deny`";
        Fault::from(anyhow::anyhow!(what)).of("expect")
    })?;
    aside(explorer, move |explorer| Ok(json!({ "yaml": suite(explorer, &call, expect)? })))
        .await
        .map(Json)
}

fn suite(explorer: &Explorer, call: &Call, expect: Expected) -> Result<String, Fault> {
    let request = match (&call.page, &call.method, &call.path) {
        (Some(page), _, _) => format!("page {page}"),
        (None, Some(method), Some(path)) => format!("{method} {path}"),
        (None, _, _) => {
            let what = "say which call: `method` and `path`, or `page`";
            return Err(Fault::from(anyhow::anyhow!(what)).of("path"));
        }
    };
    let question = call.question()?;
    let Party { groups, user, client, scopes, claims } = question.party()?;
    // Of a token, what no document asks for is nobody's business.
    let world = explorer.world()?;
    let documents = world.entries.values().filter_map(|entry| entry.document.as_ref().ok());
    let asked: BTreeSet<&str> = documents.flat_map(PolicyDocument::claim_names).collect();
    let claims = claims.into_iter().filter(|(name, _)| {
        call.claims.contains_key(name)
            || (asked.contains(name.as_str()) && !matches!(name.as_str(), "sub" | "client_id"))
    });
    let mut principal = Map::new();
    put(&mut principal, "groups", json!(groups));
    put(&mut principal, "user", json!(user));
    put(&mut principal, "client", json!(client));
    put(&mut principal, "scopes", json!(scopes));
    put(&mut principal, "claims", json!(claims.collect::<BTreeMap<String, String>>()));
    let mut context = Map::new();
    put(&mut context, "source_ip", json!(call.source_ip));
    put(&mut context, "now", json!(call.now));
    put(&mut context, "keys", json!(call.context));
    let mut test = Map::new();
    put(&mut test, "principal", "caller".into());
    put(&mut test, "context", context.into());
    put(&mut test, "requests", json!({ request: expect.as_str() }));
    let mut suite = Map::new();
    put(&mut suite, "stage", json!(explorer.config.stage.as_ref().map(ToString::to_string)));
    suite.insert("principals".to_owned(), json!({ "caller": principal }));
    put(&mut suite, "tests", json!([test]));
    let yaml = serde_yaml_ng::to_string(&suite).map_err(anyhow::Error::from)?;
    Suite::parse(Path::new("the case"), &yaml)?;
    Ok(yaml)
}

/// Adds a member that says anything.
fn put(members: &mut Map<String, Value>, name: &str, value: Value) {
    let is_empty = match &value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if !is_empty {
        members.insert(name.to_owned(), value);
    }
}

pub(super) async fn explain(State(explorer): Shared, body: Body) -> Result<Json<Value>, Fault> {
    let mut call: Call = body::read(&body)?;
    let drafts = body::drafts(std::mem::take(&mut call.drafts))?;
    aside(explorer, move |explorer| {
        let world = explorer.world()?;
        if drafts.is_empty() {
            return answer(explorer, &world, &call);
        }
        answer(explorer, &world.with(&drafts)?, &call)
    })
    .await
    .map(Json)
}

fn answer(explorer: &Explorer, world: &World, call: &Call) -> Result<Value, Fault> {
    let log = call.log.as_deref().filter(|line| !line.trim().is_empty());
    let log = log.map(|line| LogLine::read(line, &mut std::io::empty())).transpose();
    let log = log.map_err(|error| Fault::from(error).of("log"))?;
    let (page, method, path) = (call.page.as_deref(), call.method.as_deref(), call.path.as_deref());
    let Some(asked) = asked(&explorer.stage()?, page, method, path)? else {
        let log = log.ok_or_else(|| {
            let what = "say which call: `method` and `path`, or `page`, or a `log` line";
            Fault::from(anyhow::anyhow!(what)).of("path")
        })?;
        return Ok(json!({ "log": log.json(None), "lines": log.lines(&Paint::default()) }));
    };
    let question = call.question()?;
    let caller = question.caller()?;
    let documents = world.documents()?;
    let claims = question.claims.as_ref();
    let answer = Answer::new(documents, &caller, &asked, claims, log.as_ref())?;
    let mut members = answer.json();
    add_places(world, &mut members);
    if let Some(members) = members.as_object_mut() {
        members.insert("lines".to_owned(), json!(answer.lines(&Paint::default())));
    }
    Ok(members)
}

/// Says of each statement where it stands.
fn add_places(world: &World, answer: &mut Value) {
    let mut texts: BTreeMap<String, Spans> = BTreeMap::new();
    let statements = answer.get_mut("statements").and_then(Value::as_array_mut);
    for statement in statements.into_iter().flatten() {
        let (Some(name), Some(number)) =
            (statement["subject"].as_str().map(str::to_owned), statement["statement"].as_u64())
        else {
            continue;
        };
        let spans = texts.entry(name.clone()).or_insert_with(|| {
            let entry = name.parse().ok().and_then(|subject| world.entries.get(&subject));
            Spans::of(entry.map_or("", |entry| &entry.text))
        });
        let place = spans.place(&name, usize::try_from(number).unwrap_or(usize::MAX));
        if let Some(members) = statement.as_object_mut() {
            members.insert("place".to_owned(), place);
        }
    }
}
