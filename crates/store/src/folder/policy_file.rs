//! Policy files, wherever they come from: a folder, or a folder as it stood in a revision.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gatepost_core::policy::{DocumentError, PolicyDocument};
use gatepost_core::subject::Subject;

use super::file_name::{FileNameError, subject_at};

/// What came of reading one policy file.
#[derive(Debug)]
pub struct FileOutcome {
    /// The file, below the folder's path as it was given.
    pub path: PathBuf,
    /// Whose document it holds, and the document.
    pub policy: Result<(Subject, PolicyDocument), FileFault>,
}

/// Why a file is no policy file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// What it holds is not a policy document.
    #[error(transparent)]
    Document(#[from] DocumentError),

    /// Its name is not that of a subject.
    #[error(transparent)]
    Name(#[from] FileNameError),

    /// A folder, or something else that cannot simply be read.
    #[error("not a file")]
    NotAFile,

    /// Another file is about the same subject.
    #[error("`{}` is about the same subject", other.display())]
    Repeated {
        /// The other file.
        other: PathBuf,
    },

    /// Longer than a document may be.
    #[error("the file is {bytes} bytes, over the limit of {max}", max = PolicyDocument::MAX_BYTES)]
    TooLarge {
        /// The length of the file, in bytes.
        bytes: u64,
    },

    /// The operating system would not let it be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// Reads those of `paths` that are of policy files, each with `read`, and returns them in the order
/// of their paths.
///
/// The paths are those of everything in the four folders; [`subject_at`] says what of it is a
/// policy file.
pub fn read_policy_files(
    paths: impl IntoIterator<Item = PathBuf>,
    mut read: impl FnMut(&Path) -> Result<Vec<u8>, FileFault>,
) -> Vec<FileOutcome> {
    let mut outcomes: Vec<FileOutcome> = paths
        .into_iter()
        .filter_map(|path| {
            let subject = subject_at(&path)?;
            let policy = subject.map_err(FileFault::from).and_then(|subject| {
                let document = PolicyDocument::parse(&read(&path)?)?;
                Ok((subject, document))
            });
            Some(FileOutcome { path, policy })
        })
        .collect();
    outcomes.sort_by(|one, other| one.path.cmp(&other.path));
    refuse_repeats(&mut outcomes);
    outcomes
}

/// The text of a file that may be a policy document.
///
/// # Errors
///
/// [`FileFault`] for what is no file, too large or cannot be read.
pub fn read_policy_file(path: &Path) -> Result<Vec<u8>, FileFault> {
    // Looked at before it is opened, because opening a pipe would wait for a writer.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(FileFault::NotAFile);
    }
    let limit = PolicyDocument::MAX_BYTES as u64;
    if metadata.len() > limit {
        return Err(FileFault::TooLarge { bytes: metadata.len() });
    }
    let mut text = Vec::new();
    // One byte more than allowed, for the parser to refuse if the file has grown since.
    File::open(path)?.take(limit + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// Turns every file about a subject that has two into a fault, since which of them is meant, or
/// whether both are, is not for us to guess.
fn refuse_repeats(outcomes: &mut [FileOutcome]) {
    let mut paths: BTreeMap<Subject, Vec<PathBuf>> = BTreeMap::new();
    for FileOutcome { path, policy } in outcomes.iter() {
        if let Ok((subject, _)) = policy {
            paths.entry(subject.clone()).or_default().push(path.clone());
        }
    }
    for FileOutcome { path, policy } in outcomes {
        let Ok((subject, _)) = policy else { continue };
        let others = paths.get(subject).into_iter().flatten();
        if let Some(other) = others.into_iter().find(|other| *other != path) {
            *policy = Err(FileFault::Repeated { other: other.clone() });
        }
    }
}
