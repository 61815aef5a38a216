//! `gatepost show`: the document of a subject, as it is or as it was.

use std::io::Write;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::Revision;

use crate::exit_status::ExitStatus;
use crate::plan::conflict::who;
use crate::policy_table::{PolicyTable, TableArgs};
use crate::visible::visible;

/// Print the document of a subject, as it is in a policy table or as it was
///
/// The document goes to standard output; its version, who made it, when and why, to standard error.
#[derive(clap::Args, Debug)]
pub(crate) struct ShowArgs {
    /// Whose document: `group:movies-group`, or `group:movies-group@3` for its third version
    #[arg(value_name = "SUBJECT[@VERSION]")]
    of: SubjectAt,

    #[command(flatten)]
    table: TableArgs,
}

/// A subject, and which of its versions is meant.
#[derive(Clone, Debug, Eq, PartialEq)]
struct SubjectAt {
    subject: Subject,
    version: Option<u64>,
}

impl FromStr for SubjectAt {
    type Err = anyhow::Error;

    /// What follows the last `@` is a version if it is a number: users may be called by an address.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parted = text.rsplit_once('@');
        let parted = parted.and_then(|(name, number)| Some((name, number.parse::<u64>().ok()?)));
        let (name, version) = parted.map_or((text, None), |(name, number)| (name, Some(number)));
        Ok(Self { subject: name.parse()?, version })
    }
}

impl ShowArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        let SubjectAt { subject, version } = &self.of;
        let revision = match version {
            Some(version) => revision(&table, subject, *version)?,
            None => match table.read()?.rows.remove(subject) {
                Some(row) => Revision {
                    version: row.version,
                    note: row.note,
                    document: Some(row.document),
                    candidate: row.candidate,
                },
                None => bail!("`{}` has no document", visible(&subject.to_string())),
            },
        };
        writeln!(stderr, "version {}{}", revision.version, who(&revision.note))?;
        match revision.document {
            None => writeln!(stderr, "it was taken away")?,
            Some(Ok(document)) => stdout.write_all(canonical(&document)?.as_bytes())?,
            Some(Err(fault)) => bail!("the document cannot be read: {fault}"),
        }
        if let Some(Ok(candidate)) = revision.candidate {
            writeln!(stderr, "its candidate:\n{}", canonical(&candidate)?.trim_end())?;
        }
        Ok(ExitStatus::Yes)
    }
}

/// The revision of that number.
///
/// # Errors
///
/// When there is none.
pub(super) fn revision(
    table: &PolicyTable,
    subject: &Subject,
    version: u64,
) -> anyhow::Result<Revision> {
    let mut revisions = table.history(subject)?;
    let found = revisions.iter().position(|one| one.version == version);
    let known: Vec<String> = revisions.iter().map(|one| one.version.to_string()).collect();
    let found = found.with_context(|| {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        format!("`{}` has no version {version}; it has: {known}", visible(&subject.to_string()))
    })?;
    Ok(revisions.swap_remove(found))
}

/// The text of a document that we write to files: the same for the same document.
///
/// # Errors
///
/// When it has no JSON text.
pub(crate) fn canonical(document: &PolicyDocument) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_after_the_last_at_is_a_version() {
        for (text, subject, version) in [
            ("group:a", "group:a", None),
            ("group:a@3", "group:a", Some(3)),
            ("user:a@b.example", "user:a@b.example", None),
            ("user:a@b.example@12", "user:a@b.example", Some(12)),
        ] {
            let subject = subject.parse().unwrap();
            assert_eq!(text.parse::<SubjectAt>().unwrap(), SubjectAt { subject, version });
        }
        assert!("nobody".parse::<SubjectAt>().is_err());
    }
}
