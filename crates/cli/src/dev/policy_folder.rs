//! The policies folder as `gatepost dev` follows it: the last good document of every file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatepost_core::analysis::{Level, LintSettings};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{FileOutcome, FolderError, FolderStore};

use crate::lint::{Entry, PolicyFile, Report, look};
use crate::visible::visible;

/// A folder of policy files.
#[derive(Debug)]
pub(super) struct PolicyFolder {
    root: PathBuf,
    good: BTreeMap<PathBuf, (Subject, PolicyDocument)>,
    /// Files that cannot be taken, and their texts.
    faulty: BTreeMap<PathBuf, String>,
}

/// What has become of the files since the folder was last read, in words.
#[derive(Debug, Default)]
pub(super) struct Reloaded {
    /// Those that cannot be taken, and why; but not again, if they have not changed either: what is
    /// told may go to a log in a folder that is watched, which is read again for it.
    pub(super) faults: Vec<String>,
    /// Those that could not be taken before, and now can.
    pub(super) mended: Vec<String>,
    /// Those whose documents are others since then.
    pub(super) changed: Vec<PathBuf>,
}

impl PolicyFolder {
    /// Reads the folder.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or any file is at fault: at the start there is no last good version,
    /// and the rest without a file that may hold a Deny would be wider than it is meant to be.
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        let mut folder =
            Self { root: root.to_owned(), good: BTreeMap::new(), faulty: BTreeMap::new() };
        let Reloaded { faults, .. } = folder.reload()?;
        anyhow::ensure!(faults.is_empty(), "mend these first:\n{}", faults.join("\n"));
        anyhow::ensure!(
            !folder.good.is_empty(),
            "no policies in `{}`: put one in groups/NAME.json, or name another folder with \
             `--policies`",
            root.display()
        );
        Ok(folder)
    }

    /// Reads the folder again. Documents of files that cannot be taken stay what they were; those of
    /// files that are gone go.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read; then nothing has changed.
    pub(super) fn reload(&mut self) -> Result<Reloaded, FolderError> {
        let mut reloaded = Reloaded::default();
        let mut faulty = BTreeMap::new();
        let mut good = BTreeMap::new();
        for FileOutcome { path, policy } in FolderStore::load(&self.root)? {
            match policy {
                Ok(policy) => {
                    if self.faulty.contains_key(&path) {
                        reloaded.mended.push(visible(&path.display().to_string()));
                    }
                    if self.good.get(&path) != Some(&policy) {
                        reloaded.changed.push(path.clone());
                    }
                    good.insert(path, policy);
                }
                Err(fault) => {
                    let last_good = self.good.remove_entry(&path);
                    let then = match last_good {
                        Some(_) => "its last good version stays in force",
                        None => "there is no document of it until this is mended",
                    };
                    good.extend(last_good);
                    let outcome = FileOutcome { path: path.clone(), policy: Err(fault) };
                    let file = PolicyFile::reread(outcome);
                    let text = file.source.text().to_owned();
                    if self.faulty.get(&path) != Some(&text) {
                        reloaded.faults.push(format!("{}\n         {then}", placed(&file)));
                    }
                    faulty.insert(path, text);
                }
            }
        }
        self.good = good;
        self.faulty = faulty;
        Ok(reloaded)
    }

    /// The traps in these files that are more than notes, with their places, a line for each.
    pub(super) fn findings(&self, files: &[PathBuf]) -> Vec<String> {
        let read = files.iter().filter_map(|path| {
            let policy = Ok(self.good.get(path)?.clone());
            Some(PolicyFile::reread(FileOutcome { path: path.clone(), policy }))
        });
        read.flat_map(|file| {
            let report = look(&[file], None, &LintSettings::default(), |_| true);
            report.entries.into_iter().filter(|entry| entry.level > Level::Note)
        })
        .map(|entry| format!("{:<8} {}", entry.level.as_str(), entry.line()))
        .collect()
    }

    /// How many documents are in force.
    pub(super) fn len(&self) -> usize {
        self.good.len()
    }

    /// The documents in force.
    pub(super) fn documents(&self) -> Vec<(Subject, PolicyDocument)> {
        self.good.values().cloned().collect()
    }
}

/// Every fault of a file with its place, a line for each.
fn placed(file: &PolicyFile) -> String {
    let mut report = Report::default();
    if let Err(fault) = &file.policy {
        report.add_fault(file, fault);
    }
    report.sort();
    report.entries.iter().map(Entry::line).collect::<Vec<_>>().join("\n         ")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"GET/a"}}"#;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("groups")).unwrap();
        for (name, text) in files {
            fs::write(root.path().join("groups").join(name), text).unwrap();
        }
        root
    }

    #[test]
    fn a_broken_file_keeps_its_last_good_document_and_says_where_the_fault_is() {
        let root = folder(&[("a.json", GOOD), ("b.json", GOOD)]);
        let mut policies = PolicyFolder::open(root.path()).unwrap();
        fs::write(root.path().join("groups/a.json"), r#"{"Statement":{"Effect":"Alow"}}"#).unwrap();
        let Reloaded { faults, mended, .. } = policies.reload().unwrap();
        assert_eq!((faults.len(), mended.len()), (1, 0));
        let place = "a.json:1:24: `/Statement/Effect` must be `Allow`";
        assert!(faults[0].contains(place), "{}", faults[0]);
        assert_eq!(policies.documents().len(), 2);
        assert_eq!(policies.reload().unwrap().faults, Vec::<String>::new(), "it has been told");

        fs::write(root.path().join("groups/a.json"), GOOD).unwrap();
        let Reloaded { faults, mended, .. } = policies.reload().unwrap();
        assert_eq!((faults.len(), mended.len()), (0, 1));
        assert!(mended[0].ends_with("a.json"), "{}", mended[0]);
        assert!(policies.reload().unwrap().mended.is_empty());
    }

    #[test]
    fn a_document_that_is_new_is_told_with_what_is_doubtful_in_it() {
        let root = folder(&[("a.json", GOOD)]);
        let mut policies = PolicyFolder::open(root.path()).unwrap();
        assert_eq!(policies.reload().unwrap().changed, Vec::<PathBuf>::new());
        let misspelt = GOOD.replace(r#""*""#, r#""execute-api:Invok""#);
        fs::write(root.path().join("groups/a.json"), misspelt).unwrap();
        let changed = policies.reload().unwrap().changed;
        let findings = policies.findings(&changed);
        let place = "a.json:1:41: `/Statement/Action`";
        assert!(
            findings[0].starts_with("warning  ") && findings[0].contains(place),
            "{findings:?}"
        );
        assert_eq!(policies.reload().unwrap().changed, Vec::<PathBuf>::new(), "it has been told");
    }

    #[test]
    fn a_file_that_is_gone_takes_its_rights_with_it() {
        let root = folder(&[("a.json", GOOD), ("b.json", GOOD)]);
        let mut policies = PolicyFolder::open(root.path()).unwrap();
        fs::remove_file(root.path().join("groups/a.json")).unwrap();
        assert_eq!(policies.reload().unwrap().faults, Vec::<String>::new());
        assert_eq!(policies.documents().len(), 1);
    }

    #[test]
    fn a_broken_file_at_the_start_is_an_error() {
        let root = folder(&[("a.json", GOOD), ("b.json", "{")]);
        let error = PolicyFolder::open(root.path()).unwrap_err().to_string();
        assert!(error.starts_with("mend these first:\n") && error.contains("b.json"), "{error}");
    }

    #[test]
    fn an_empty_folder_is_an_error_that_says_what_to_do() {
        let error = PolicyFolder::open(folder(&[]).path()).unwrap_err().to_string();
        assert!(error.contains("groups/NAME.json"), "{error}");
    }
}
