//! Whose rights a matrix shows.

use std::path::Path;

use anyhow::Context as _;
use gatepost_core::policy::{PolicyDocument, StatementPlace};
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_store::{FileOutcome, FolderStore};

/// The columns of a matrix.
#[derive(Debug)]
pub(crate) struct Columns(pub(crate) Vec<Column>);

/// Documents that count together.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// A few words: a group by its name, others with their kind.
    pub(crate) name: String,
    /// Each with the name of its subject, or of its file.
    pub(crate) documents: Vec<(String, PolicyDocument)>,
}

impl Column {
    fn of(policies: &[&(Subject, PolicyDocument)]) -> Self {
        let names = policies.iter().map(|(subject, _)| match subject.kind() {
            SubjectKind::Group => subject.name().to_owned(),
            SubjectKind::Client | SubjectKind::Scope | SubjectKind::User => subject.to_string(),
        });
        let name = names.collect::<Vec<_>>().join(" + ");
        let documents =
            policies.iter().map(|(subject, document)| (subject.to_string(), document.clone()));
        Self { name, documents: documents.collect() }
    }

    pub(crate) fn documents(&self) -> Vec<&PolicyDocument> {
        self.documents.iter().map(|(_, document)| document).collect()
    }

    /// The name of the document that a statement stands in.
    pub(crate) fn document_of(&self, place: &StatementPlace) -> &str {
        self.documents.get(place.document).map_or("", |(name, _)| name)
    }
}

impl Columns {
    /// A column for each document.
    pub(crate) fn of_each<'a>(
        policies: impl IntoIterator<Item = (&'a Subject, &'a PolicyDocument)>,
    ) -> Self {
        let column = |(subject, document): (&Subject, &PolicyDocument)| {
            Column::of(&[&(subject.clone(), document.clone())])
        };
        Self(policies.into_iter().map(column).collect())
    }

    /// Reads the subjects that are asked for, or else all.
    ///
    /// # Errors
    ///
    /// When a document cannot be read, since it may hold a Deny; or a subject has none.
    pub(crate) fn load(
        policies: &Path,
        subjects: &[Subject],
        groups: &[String],
    ) -> anyhow::Result<Self> {
        let cannot_read = || format!("cannot read `{}`", policies.display());
        if !std::fs::metadata(policies).with_context(cannot_read)?.is_dir() {
            anyhow::ensure!(
                subjects.is_empty() && groups.is_empty(),
                "`{}` is one document: there are no subjects to choose from",
                policies.display()
            );
            let text = std::fs::read(policies).with_context(cannot_read)?;
            let document = PolicyDocument::parse(&text).with_context(cannot_read)?;
            let name = policies.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let documents = vec![(policies.display().to_string(), document)];
            return Ok(Self(vec![Column { name, documents }]));
        }
        let known = read_folder(policies)?;
        if subjects.is_empty() && groups.is_empty() {
            return Ok(Self(known.iter().map(|policy| Column::of(&[policy])).collect()));
        }
        let find = |subject: &Subject| {
            known.iter().find(|(other, _)| other == subject).with_context(|| {
                let known: Vec<_> = known.iter().map(|(subject, _)| subject.to_string()).collect();
                format!("`{subject}` has no document; there are {}", known.join(", "))
            })
        };
        let mut columns = Vec::new();
        for subject in subjects {
            columns.push(Column::of(&[find(subject)?]));
        }
        for names in groups {
            let mut policies = Vec::new();
            for name in names.split(',') {
                let group = Subject::new(SubjectKind::Group, name.trim());
                policies.push(find(&group.with_context(|| format!("`--groups {names}`"))?)?);
            }
            columns.push(Column::of(&policies));
        }
        Ok(Self(columns))
    }
}

fn read_folder(root: &Path) -> anyhow::Result<Vec<(Subject, PolicyDocument)>> {
    let (mut known, mut faults) = (Vec::new(), Vec::new());
    for FileOutcome { path, policy } in FolderStore::load(root)? {
        match policy {
            Ok(policy) => known.push(policy),
            Err(fault) => faults.push(format!("`{}`: {fault}", path.display())),
        }
    }
    anyhow::ensure!(faults.is_empty(), "mend these first:\n{}", faults.join("\n"));
    anyhow::ensure!(
        !known.is_empty(),
        "no policies in `{}`: put one in groups/NAME.json, or name another folder with \
         `--policies`",
        root.display()
    );
    Ok(known)
}
