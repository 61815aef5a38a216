//! Tests of policies: who may call what, as tables in YAML beside the documents.

mod coverage;
mod format;
mod junit;
mod outcome;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};
use gatepost_core::gateway::StageArn;
use gatepost_core::json::Json;
use gatepost_core::policy::{Context, ContextValue, Decision};

pub(crate) use self::format::Expected;
use self::format::{ContextFile, PrincipalFile, SuiteFile};
pub(crate) use self::junit::junit;
pub(crate) use self::outcome::Run;

use crate::development::STAGE;
use crate::explain::{Asked, Caller, Party, RequestContext, no_claim};

/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The cases of one file.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) path: PathBuf,
    pub(crate) cases: Vec<Case>,
}

/// One call or page of one principal, and what is to become of it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) principal: String,
    pub(crate) caller: Caller,
    pub(crate) asked: Asked,
    pub(crate) expected: Expected,
}

impl Expected {
    /// Whether `decision` is what is expected.
    pub(crate) fn is_met_by(self, decision: Decision) -> bool {
        match self {
            Self::Allow => decision == Decision::Allow,
            Self::Deny => decision != Decision::Allow,
            Self::ExplicitDeny => decision == Decision::ExplicitDeny,
            Self::ImplicitDeny => decision == Decision::ImplicitDeny,
        }
    }
}

impl Suite {
    /// The suites in a folder, none if there is no such folder.
    ///
    /// # Errors
    ///
    /// As [`files_in`](Self::files_in) and [`read_all`](Self::read_all).
    pub(crate) fn all_in(folder: &Path) -> anyhow::Result<Vec<Self>> {
        Self::read_all(&Self::files_in(folder)?)
    }

    /// The files of suites in a folder, sorted; none if there is no such folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub(crate) fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        if folder.is_dir() {
            let entries = std::fs::read_dir(folder);
            for entry in entries.with_context(|| format!("cannot read `{}`", folder.display()))? {
                let path = entry?.path();
                let is_yaml =
                    path.extension().is_some_and(|suffix| suffix == "yaml" || suffix == "yml");
                let name = path.file_name().unwrap_or_default();
                if is_yaml && !name.as_encoded_bytes().starts_with(b".") {
                    files.push(path);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// The suites of every file.
    ///
    /// # Errors
    ///
    /// The faults of all that have any.
    pub(crate) fn read_all(files: &[PathBuf]) -> anyhow::Result<Vec<Self>> {
        let (mut suites, mut faults) = (Vec::new(), Vec::new());
        for file in files {
            match Self::read(file) {
                Ok(suite) => suites.push(suite),
                Err(fault) => faults.push(format!("{fault:#}")),
            }
        }
        ensure!(faults.is_empty(), "{}", faults.join("\nerror: "));
        Ok(suites)
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The first fault of its YAML with its line, or else the first fault of its meaning with the
    /// member it is in.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = || path.display().to_string();
        let size = std::fs::metadata(path).with_context(|| format!("cannot read `{}`", name()))?;
        let bytes = size.len();
        ensure!(
            bytes <= MAX_BYTES,
            "`{}` is {bytes} bytes, over the limit of {MAX_BYTES}: split it into several files",
            name()
        );
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("cannot read `{}`", name()))?;
        Self::parse(path, &text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn parse(path: &Path, text: &str) -> anyhow::Result<Self> {
        let name = || path.display().to_string();
        // With the place in its own words: a path of members, line and column.
        let file: SuiteFile =
            serde_yaml_ng::from_str(text).map_err(|error| anyhow!("{}: {error}", name()))?;
        let cases = cases(&file).with_context(name)?;
        ensure!(
            !cases.is_empty(),
            "{}: it tests nothing: write `tests` or `matrices` (docs/test.md shows both)",
            name()
        );
        Ok(Self { path: path.to_owned(), cases })
    }
}

fn cases(file: &SuiteFile) -> anyhow::Result<Vec<Case>> {
    let stage: StageArn = match &file.stage {
        Some(stage) => stage.parse().context("stage")?,
        None => STAGE.parse()?,
    };
    let base = file.context.as_ref();
    let caller = |name: &str, context: Option<&ContextFile>| -> anyhow::Result<Caller> {
        let Some((_, principal)) = file.principals.0.iter().find(|(known, _)| known == name) else {
            let known: Vec<&str> =
                file.principals.0.iter().map(|(name, _)| name.as_str()).collect();
            bail!("there is no principal `{name}`: write one of {}", known.join(", "));
        };
        let context = context_of(base, context)?;
        party_of(principal).caller(context).with_context(|| format!("principals.{name}"))
    };
    let asked = |request: &str| -> anyhow::Result<Asked> {
        let (verb, path) = request.split_once(' ').with_context(|| {
            format!(
                "`{request}` is no request: write a verb and a path, as in `GET /movies`, or `page` \
                 and a path"
            )
        })?;
        Asked::request(&stage, verb, path.trim_start())
    };
    let mut cases = Vec::new();
    for (index, table) in file.tests.iter().enumerate() {
        let place = format!("tests[{index}]");
        let caller = caller(&table.principal, table.context.as_ref());
        let caller = caller.with_context(|| place.clone())?;
        for (request, expected) in &table.requests.0 {
            cases.push(Case {
                principal: table.principal.clone(),
                caller: caller.clone(),
                asked: asked(request).with_context(|| format!("{place}.requests"))?,
                expected: *expected,
            });
        }
    }
    for (index, matrix) in file.matrices.iter().enumerate() {
        let place = format!("matrices[{index}]");
        let (names, count) = (&matrix.principals, matrix.principals.len());
        ensure!(count > 0, "{place}.principals: name at least one principal");
        let callers = names.iter().map(|name| caller(name, matrix.context.as_ref()));
        let callers: Vec<Caller> =
            callers.collect::<Result<_, _>>().with_context(|| place.clone())?;
        for (request, cells) in &matrix.requests.0 {
            let place = || format!("{place}.requests.\"{request}\"");
            let asked = asked(request).with_context(place)?;
            ensure!(
                cells.len() == count,
                "{}: {} cells for {count} principals: write one for each of {}",
                place(),
                cells.len(),
                names.join(", ")
            );
            for ((name, caller), expected) in names.iter().zip(&callers).zip(cells) {
                cases.push(Case {
                    principal: name.clone(),
                    caller: caller.clone(),
                    asked: asked.clone(),
                    expected: *expected,
                });
            }
        }
    }
    Ok(cases)
}

fn party_of(principal: &PrincipalFile) -> Party {
    Party {
        groups: principal.groups.clone(),
        user: principal.user.clone(),
        client: principal.client.clone(),
        scopes: principal.scopes.clone(),
        claims: principal.claims.0.clone(),
    }
}

/// What `own` says, and what `base` says of the rest.
fn context_of(base: Option<&ContextFile>, own: Option<&ContextFile>) -> anyhow::Result<Context> {
    let files = || [own, base].into_iter().flatten();
    let said = RequestContext {
        source_ip: files().find_map(|file| file.source_ip),
        now: files().find_map(|file| file.now.as_ref().map(|now| now.0)),
        user_agent: files().find_map(|file| file.user_agent.clone()),
    };
    let mut context = said.keys();
    for file in [base, own].into_iter().flatten() {
        for (key, value) in &file.keys.0 {
            no_claim(key).context("context.keys")?;
            let value = context_value(value).with_context(|| {
                format!(
                    "context.keys.{key}: write a text, a number, true or false, or a list of these"
                )
            })?;
            context.insert(key, value);
        }
    }
    Ok(context)
}

fn context_value(json: &Json) -> Option<ContextValue> {
    let scalar = |json: &Json| match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    match json {
        Json::Array(values) => {
            values.iter().map(scalar).collect::<Option<Vec<_>>>().map(ContextValue::from)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
            scalar(json).map(ContextValue::from)
        }
    }
}
