//! What a plan is made from: documents, an export of a table, or a plan that was saved.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use gatepost_core::json::Json;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::TableState;
use serde::{Deserialize, Serialize};

use super::saved::{self, SavedPlan};
use super::{Wanted, wanted_of_side};
use crate::provenance::{commit, source_revision};
use crate::side::{Owner, Side, SideDocument, Source};
use crate::visible::visible;

/// What stands first in an export.
const EXPORT: &str = "gatepost-export-1";

/// What is to be published.
pub(crate) enum Input {
    /// A plan that was saved.
    Saved(SavedPlan),
    /// Documents, and the folder they are in.
    Wanted(Wanted),
}

/// How documents count.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct InputArgs {
    /// Take rows away that have no file
    #[arg(long, conflicts_with = "candidate")]
    pub(crate) prune: bool,

    /// Write the documents as candidates, which are tried in the shadow and not enforced
    #[arg(long)]
    pub(crate) candidate: bool,
}

impl Input {
    /// Reads what is named.
    ///
    /// # Errors
    ///
    /// When there is no such place, or a document in it is at fault.
    pub(crate) fn read(
        source: &Source,
        args: InputArgs,
        state: &TableState,
    ) -> anyhow::Result<Self> {
        if let Source::Path(path) = source
            && path.is_file()
        {
            let text = std::fs::read(path).with_context(|| {
                format!("cannot read `{}`", visible(&path.display().to_string()))
            })?;
            let bundle = || format!("`{}`", visible(&path.display().to_string()));
            match format_of(&text).as_deref() {
                Some(saved::FORMAT) => {
                    ensure!(
                        !args.prune && !args.candidate,
                        "a plan says itself what is pruned and what are candidates"
                    );
                    return Ok(Self::Saved(SavedPlan::parse(&text).with_context(bundle)?));
                }
                Some(EXPORT) => {
                    let documents = Export::parse(&text).with_context(bundle)?.documents(path)?;
                    return Self::of(documents, source, args, state);
                }
                Some(_) | None => {}
            }
        }
        Self::of(Side::read(source)?, source, args, state)
    }

    fn of(
        side: Side,
        source: &Source,
        args: InputArgs,
        state: &TableState,
    ) -> anyhow::Result<Self> {
        ensure!(
            !(args.prune && side.is_one_file),
            "`--prune` needs all documents, and this is one of them"
        );
        let gone: Vec<Subject> =
            if args.prune { state.rows.keys().cloned().collect() } else { Vec::new() };
        let intents = wanted_of_side(side, args.candidate, gone)?;
        let folder = match source {
            Source::Path(path) if path.is_dir() => Some(path.clone()),
            Source::Path(_) | Source::Git { .. } | Source::Table(_) => None,
        };
        let source_revision = match source {
            Source::Path(path) => source_revision(path),
            Source::Git { revision, .. } => commit(Path::new("."), revision),
            Source::Table(_) => None,
        };
        let tests = folder.as_ref().map(|folder| folder.join("tests"));
        Ok(Self::Wanted(Wanted { intents, folder, tests, source_revision }))
    }
}

fn format_of(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        format: String,
    }
    serde_json::from_slice::<Named>(text).ok().map(|named| named.format)
}

/// Every current row of a table.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    format: String,
    table: String,
    rows: BTreeMap<String, ExportedRow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ExportedRow {
    version: u64,
    digest: String,
    updated_at: Option<String>,
    updated_by: Option<String>,
    comment: Option<String>,
    source_revision: Option<String>,
    document: Json,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    candidate: Option<Json>,
}

impl Export {
    /// The rows of a table.
    ///
    /// # Errors
    ///
    /// When a row cannot be read.
    pub(crate) fn new(table: &str, state: &TableState) -> anyhow::Result<Self> {
        let json = |document: &PolicyDocument| Json::parse(document.to_string().as_bytes());
        let mut rows = BTreeMap::new();
        for (subject, row) in &state.rows {
            let of_row = || format!("the row of `{}`", visible(&subject.to_string()));
            let document = row.document.as_ref().map_err(Clone::clone).with_context(of_row)?;
            let candidate = row.candidate.as_ref().and_then(|read| read.as_ref().ok());
            let note = row.note.clone();
            let row = ExportedRow {
                version: row.version,
                digest: row.digest.clone(),
                updated_at: note.updated_at,
                updated_by: note.updated_by,
                comment: note.comment,
                source_revision: note.source_revision,
                document: json(document)?,
                candidate: candidate.map(|candidate| json(candidate)).transpose()?,
            };
            rows.insert(subject.to_string(), row);
        }
        Ok(Self { format: EXPORT.to_owned(), table: table.to_owned(), rows })
    }

    fn parse(text: &[u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(text).context("this is no export")
    }

    /// Its documents, each of which must have the digest that it is said to have.
    fn documents(self, path: &Path) -> anyhow::Result<Side> {
        let mut documents = BTreeMap::new();
        for (name, row) in self.rows {
            let of_row = || format!("`{}`: the row of `{}`", path.display(), visible(&name));
            let subject: Subject = name.parse().with_context(of_row)?;
            let document = PolicyDocument::from_json(&row.document).with_context(of_row)?;
            ensure!(
                gatepost_store::digest_of(&document) == row.digest,
                "{}: its document is not the one that was exported",
                of_row()
            );
            let place = format!("{}, version {}", path.display(), row.version);
            let owner = Owner::Subject(subject);
            documents.insert(owner, SideDocument { document, place });
        }
        Ok(Side { documents, is_one_file: false })
    }
}
