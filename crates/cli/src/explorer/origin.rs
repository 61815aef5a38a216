//! Where the documents come from, and everything that stands there now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{FileOutcome, FolderStore, TableState, read_policy_file, subject_at};
use sha2::{Digest as _, Sha256};

use super::world::{Beside, DocumentFault, Entry, RoutesFile, World};
use crate::command::canonical;
use crate::policy_table::{PolicyTable, TableArgs};
use crate::provenance::commit;
use crate::routes::RouteList;
use crate::side::{Side, Source};
use crate::suite::Suite;
use crate::visible::visible;

/// A source of documents, ready to be read.
pub(crate) struct Origin {
    /// As it was asked for.
    pub(super) source: Source,
    pub(super) kind: Kind,
    /// The file of routes that was asked for.
    routes: Option<PathBuf>,
    read_routes: ReadRoutes,
}

/// Reads the text of a file of routes.
pub(crate) type ReadRoutes = Box<dyn Fn(&str) -> anyhow::Result<RouteList> + Send + Sync>;

/// What a source is.
pub(super) enum Kind {
    /// A folder of policies.
    Folder(PathBuf),
    /// The same as it stood in a revision, in a folder that goes when this does.
    Git(tempfile::TempDir),
    /// A table.
    Table(Box<PolicyTable>),
}

/// Where the tests of documents are that are in a table.
const TESTS: &str = "policies/tests";

impl Origin {
    /// Makes a source ready; a revision is read once.
    ///
    /// # Errors
    ///
    /// When there is no such place.
    pub(crate) fn open(source: Source, routes: Option<PathBuf>) -> anyhow::Result<Self> {
        let kind = match &source {
            Source::Path(path) => {
                let name = || format!("`{}`", visible(&path.display().to_string()));
                let metadata =
                    std::fs::metadata(path).with_context(|| format!("cannot read {}", name()))?;
                anyhow::ensure!(
                    metadata.is_dir(),
                    "{} is one file: name the folder with groups/, users/, clients/ or scopes/",
                    name()
                );
                Kind::Folder(path.clone())
            }
            Source::Git { revision, path } => {
                let folder = tempfile::tempdir()?;
                Side::check_out(revision, path, folder.path())?;
                Kind::Git(folder)
            }
            Source::Table(name) => Kind::Table(Box::new(PolicyTable::open(&TableArgs::of(name))?)),
        };
        let read_routes: ReadRoutes = Box::new(|text| Ok(RouteList::parse(text)?));
        Ok(Self { source, kind, routes, read_routes })
    }

    /// The same with the routes of another kind of file.
    #[must_use]
    pub(crate) fn with_routes(mut self, path: PathBuf, read: ReadRoutes) -> Self {
        self.routes = Some(path);
        self.read_routes = read;
        self
    }

    /// The folder that is followed as files are saved.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Folder(folder) => Some(folder),
            Kind::Git(_) | Kind::Table(_) => None,
        }
    }

    /// The folder of the tests.
    pub(super) fn tests(&self) -> PathBuf {
        match &self.kind {
            Kind::Folder(folder) => folder.join("tests"),
            Kind::Git(folder) => folder.path().join("tests"),
            Kind::Table(_) => PathBuf::from(TESTS),
        }
    }

    /// The file of routes, whether there is one or not.
    pub(super) fn routes(&self) -> Option<PathBuf> {
        let default = |folder: &Path| folder.join("routes/openapi.yaml");
        self.routes.clone().or_else(|| match &self.kind {
            Kind::Folder(folder) => Some(default(folder)),
            Kind::Git(folder) => Some(default(folder.path())),
            Kind::Table(_) => None,
        })
    }

    /// Whether older versions of documents can be seen.
    pub(super) fn has_history(&self) -> bool {
        match &self.kind {
            Kind::Folder(folder) => commit(folder, "HEAD").is_some(),
            Kind::Git(_) => false,
            Kind::Table(_) => true,
        }
    }

    /// How a path is called to people: what stands in a revision by its name there.
    fn shown(&self, path: &Path) -> PathBuf {
        match &self.kind {
            Kind::Git(folder) => path.strip_prefix(folder.path()).map_or_else(
                |_| path.to_owned(),
                |below| Path::new(&self.source.to_string()).join(below),
            ),
            Kind::Folder(_) | Kind::Table(_) => path.to_owned(),
        }
    }

    /// Reads everything.
    ///
    /// # Errors
    ///
    /// When the folder or the table cannot be read at all. Faults of documents, routes and tests are
    /// part of the world.
    pub(super) fn read(&self) -> anyhow::Result<World> {
        let (root, entries, faults) = match &self.kind {
            Kind::Folder(folder) => self.of_files(folder)?,
            Kind::Git(folder) => self.of_files(folder.path())?,
            Kind::Table(table) => {
                let (entries, faults) = of_rows(table, &table.read()?)?;
                (PathBuf::from(self.source.to_string()), entries, faults)
            }
        };
        let mut suites = Suite::all_in(&self.tests()).map_err(|error| format!("{error:#}"));
        for suite in suites.iter_mut().flatten() {
            suite.path = self.shown(&suite.path);
        }
        let beside = Beside { routes: self.read_routes(), suites, tests: self.tests_digest() };
        Ok(World::new(root, entries, faults, beside))
    }

    /// What changes with any test.
    fn tests_digest(&self) -> String {
        let files = Suite::files_in(&self.tests()).unwrap_or_default();
        let texts = files.iter().map(|file| std::fs::read(file).unwrap_or_default());
        digest(texts.map(|text| digest(&text)).collect::<String>().as_bytes())
    }

    fn read_routes(&self) -> Result<RoutesFile, String> {
        let Some(path) = self.routes() else {
            return Err("which routes? name an OpenAPI 3 document with `--routes`".to_owned());
        };
        let shown = self.shown(&path);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            format!(
                "cannot read the routes in `{}`: name an OpenAPI 3 document with `--routes`: {error}",
                shown.display()
            )
        })?;
        let list = (self.read_routes)(&text)
            .map_err(|error| format!("the routes in `{}`: {error:#}", shown.display()))?;
        Ok(RoutesFile { shown, text, list })
    }

    fn of_files(
        &self,
        root: &Path,
    ) -> anyhow::Result<(PathBuf, BTreeMap<Subject, Entry>, Vec<DocumentFault>)> {
        let (mut entries, mut faults) = (BTreeMap::new(), Vec::new());
        for FileOutcome { path, policy } in FolderStore::load(root)? {
            let shown = self.shown(&path);
            // What is shown and what is decided by is one text, whatever is saved meanwhile.
            let text = read_policy_file(&path);
            let document = match (policy, &text) {
                (Ok((subject, _)), Ok(text)) => PolicyDocument::parse(text)
                    .map_err(Into::into)
                    .map(|document| (subject, document)),
                (Ok(_), Err(fault)) => Err(std::io::Error::other(fault.to_string()).into()),
                (Err(fault), _) => Err(fault),
            };
            let (subject, document) = match document {
                Ok((subject, document)) => (Some(subject), Ok(document)),
                Err(fault) => {
                    let line = visible(&format!("`{}`: {fault}", shown.display()));
                    let subject = subject_at(&path).and_then(Result::ok);
                    faults.push(DocumentFault { subject: subject.clone(), line });
                    (subject, Err(fault.to_string()))
                }
            };
            let Some(subject) = subject.filter(|subject| !entries.contains_key(subject)) else {
                continue;
            };
            // What a link leads to is shown if it is a document, and is somebody's secret if not.
            let is_shown = document.is_ok() || is_below(&path, root);
            let text = text.ok().filter(|_| is_shown).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            let tag = digest(text.as_bytes());
            let entry =
                Entry { place: shown, file: Some(path), text, tag, document, ..Entry::default() };
            entries.insert(subject, entry);
        }
        Ok((self.shown(root), entries, faults))
    }
}

fn of_rows(
    table: &PolicyTable,
    state: &TableState,
) -> anyhow::Result<(BTreeMap<Subject, Entry>, Vec<DocumentFault>)> {
    let place = PathBuf::from(format!("dynamodb:{}", table.name));
    let (mut entries, mut faults) = (BTreeMap::new(), Vec::new());
    for (subject, row) in &state.rows {
        let document = match &row.document {
            Ok(document) => Ok(document.as_ref().clone()),
            Err(fault) => {
                let line = visible(&format!("the row of `{subject}`: {fault}"));
                faults.push(DocumentFault { subject: Some(subject.clone()), line });
                Err(fault.to_string())
            }
        };
        let text = document.as_ref().map_or_else(|_| Ok(String::new()), canonical)?;
        let candidate = match &row.candidate {
            Some(Ok(candidate)) => Some(canonical(candidate)?),
            Some(Err(_)) | None => None,
        };
        let of_candidate = candidate.as_deref().unwrap_or_default();
        let tag = digest(format!("{} {} {of_candidate}", row.version, row.digest).as_bytes());
        let version = Some(row.version);
        let place = place.clone();
        let entry = Entry { place, file: None, text, tag, version, candidate, document };
        entries.insert(subject.clone(), entry);
    }
    Ok((entries, faults))
}

/// Whether a file is in a folder, wherever links to it stand.
pub(super) fn is_below(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(file).zip(real(folder)).is_some_and(|(file, folder)| file.starts_with(folder))
}

/// What tells one text from another.
pub(super) fn digest(text: &[u8]) -> String {
    hex::encode(Sha256::digest(text))
}
