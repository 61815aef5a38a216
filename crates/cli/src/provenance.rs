//! Who changes policies, and from which revision of their source.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is checked out where `path` is, with `+dirty` if something there is not as it was committed.
///
/// `None` where there is no git, no repository or nothing committed.
pub(crate) fn source_revision(path: &Path) -> Option<String> {
    let folder = if path.is_dir() { path } else { path.parent()? };
    let head = commit(folder, "HEAD")?;
    let what = if path.is_dir() { ".".as_ref() } else { path.file_name()? };
    let what = what.to_str()?;
    let status = ["status", "--porcelain", "--untracked-files=all", "--", what];
    let is_dirty = !git(folder, &status)?.is_empty();
    Some(if is_dirty { format!("{head}+dirty") } else { head })
}

/// The commit of a revision.
pub(crate) fn commit(folder: &Path, revision: &str) -> Option<String> {
    git(
        folder,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &format!("{revision}^{{commit}}"),
        ],
    )
}

/// Whether `head` has the commit `other` in its past; `None` if that cannot be told.
///
/// A commit that a whole repository does not have is in the past of nothing there; one that has been
/// cut off (`git clone --depth`) may be.
pub(crate) fn contains(folder: &Path, head: &str, other: &str) -> Option<bool> {
    let is_id = |text: &str| {
        (40..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if !is_id(other) || !is_id(head) {
        return None;
    }
    if git(folder, &["cat-file", "-e", &format!("{other}^{{commit}}")]).is_none() {
        let is_shallow = git(folder, &["rev-parse", "--is-shallow-repository"])?;
        return (is_shallow == "false").then_some(false);
    }
    let status = command(folder)
        .args(["merge-base", "--is-ancestor", other, head])
        .stdout(Stdio::null())
        .status()
        .ok()?;
    match status.code() {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
    }
}

/// Whether a file is as git has it, so that nothing is lost when it is written over.
pub(crate) fn is_committed(path: &Path) -> bool {
    let Some((folder, name)) = parted(path) else { return false };
    // Of what git does not know it has nothing to say either.
    git(folder, &["ls-files", "--error-unmatch", "--", name]).is_some()
        && git(folder, &["status", "--porcelain", "--", name]).is_some_and(|text| text.is_empty())
}

/// A commit that changed a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FileCommit {
    pub(crate) id: String,
    /// When, as RFC 3339.
    pub(crate) time: String,
    /// Who, as git writes it: `Ada <ada@example.org>`.
    pub(crate) author: String,
    /// The first line of its message.
    pub(crate) subject: String,
}

/// The commits that changed the file at `path` under this name, the first one first; none where there
/// is no git or no repository.
pub(crate) fn commits_of(path: &Path) -> Vec<FileCommit> {
    let Some((folder, name)) = parted(path) else { return Vec::new() };
    let format = "--format=%H%x1f%cI%x1f%an <%ae>%x1f%s";
    let plain = ["--literal-pathspecs", "-c", "log.showSignature=false"];
    let log = [&plain[..], &["log", "--reverse", format, "--", name]].concat();
    let commit = |line: &str| {
        let mut parts = line.splitn(4, '\x1f').map(str::to_owned);
        let (id, time) = (parts.next()?, parts.next()?);
        Some(FileCommit { id, time, author: parts.next()?, subject: parts.next()? })
    };
    git(folder, &log).unwrap_or_default().lines().filter_map(commit).collect()
}

/// What the file at `path` held after the commit `id`; `None` if it was not there.
pub(crate) fn text_at(path: &Path, id: &str) -> Option<Vec<u8>> {
    let (folder, name) = parted(path)?;
    let output = command(folder).args(["cat-file", "blob", &format!("{id}:./{name}")]).output();
    output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
}

/// The folder of a file, and its name.
fn parted(path: &Path) -> Option<(&Path, &str)> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent()?;
    Some((if folder.as_os_str().is_empty() { Path::new(".") } else { folder }, name))
}

/// Whoever works here, as git knows them, or the system.
pub(crate) fn user(folder: &Path) -> String {
    let setting =
        |name: &str| git(folder, &["config", "--get", name]).filter(|text| !text.is_empty());
    match (setting("user.name"), setting("user.email")) {
        (Some(name), Some(email)) => format!("{name} <{email}>"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => {
            let user = env::var("USER").or_else(|_| env::var("USERNAME"));
            user.ok().filter(|user| !user.is_empty()).unwrap_or_else(|| "unknown".to_owned())
        }
    }
}

/// What git says on one line, if it succeeds.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = command(folder).args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).stdin(Stdio::null()).stderr(Stdio::null());
    command
}
