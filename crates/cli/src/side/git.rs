//! Policies as they stood in a git revision, read without a checkout by the `git` program.
//!
//! Git itself and not a library of it: whoever compares revisions has it, it knows every kind of
//! repository there is (worktrees, alternates, partial clones), and it costs no dependency. What
//! comes from the command line reaches it only as one argument of `rev-parse --verify`, behind the
//! name of a tree or, for the revision, refused if it begins with `-`; from there on objects are
//! called by their ids.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::SubjectKind;
use gatepost_store::{FileFault, folder_of, read_policy_files, subject_at};

use super::{Found, no_store};
use crate::visible::visible;

/// Reads the folder or the file at `path` in `revision`.
///
/// # Errors
///
/// When there is no git, no repository, no such revision or no such path in it.
pub(super) fn read(revision: &str, path: &str) -> anyhow::Result<Found> {
    let (object, path) = object_at(revision, path)?;
    if is_tree(&object)? {
        return read_folder(&object, path);
    }
    let mut contents = Contents::open()?;
    let document = contents.read(&object).and_then(|text| Ok(PolicyDocument::parse(&text)?));
    contents.close()?;
    Ok(Found::File { path: path.into(), document })
}

/// The folder or file at `path` in `revision`, and the path as git counts it.
fn object_at<'a>(revision: &str, path: &'a str) -> anyhow::Result<(String, &'a str)> {
    let Some(tree) = object_named(&format!("{revision}^{{tree}}"))? else {
        bail!("there is no revision `{}` in this repository", visible(revision));
    };
    let path = match path.trim_end_matches('/') {
        "." => "./",
        _ if path.starts_with('/') => path,
        trimmed => trimmed,
    };
    let Some(object) = object_named(&format!("{tree}:{path}"))? else {
        bail!(
            "there is no `{}` in that revision (a path counts from the top of the repository, or \
             from here if it begins with `./`)",
            visible(path)
        );
    };
    match ask(&["cat-file", "-t", &object])?.trim_ascii() {
        b"tree" | b"blob" => Ok((object, path)),
        _ => bail!("`{}` is neither a folder nor a file there", visible(path)),
    }
}

fn is_tree(object: &str) -> anyhow::Result<bool> {
    Ok(ask(&["cat-file", "-t", object])?.trim_ascii() == b"tree")
}

fn read_folder(tree: &str, path: &str) -> anyhow::Result<Found> {
    let mut entries = BTreeMap::new();
    let mut is_store = false;
    for folder in list(tree)? {
        if !SubjectKind::ALL.into_iter().any(|kind| folder.name == folder_of(kind)) {
            continue;
        }
        is_store = true;
        if folder.mode != TREE {
            bail!("`{}` is no folder there", folder.name);
        }
        let root = Path::new(path).join(&folder.name);
        for entry in list(&folder.id)? {
            entries.insert(root.join(&entry.name), entry);
        }
    }
    if !is_store {
        return Err(no_store());
    }
    let mut contents = Contents::open()?;
    let paths: Vec<PathBuf> = entries.keys().cloned().collect();
    let outcomes = read_policy_files(paths, |path| {
        let entry = entries.get(path).ok_or(FileFault::NotAFile)?;
        match entry.mode.as_str() {
            "100644" | "100755" | "100664" => contents.read(&entry.id),
            // What it points to may be outside of the repository.
            "120000" => Err(io::Error::other("a symbolic link, which is not followed here").into()),
            _ => Err(FileFault::NotAFile),
        }
    });
    contents.close()?;
    Ok(Found::Folder(outcomes))
}

/// Writes a folder of policies as it stood in `revision` to the folder `into`, which is empty: its
/// documents, tests and routes.
///
/// # Errors
///
/// As [`read`], and when it cannot be written.
pub(super) fn check_out(revision: &str, path: &str, into: &Path) -> anyhow::Result<()> {
    let (object, path) = object_at(revision, path)?;
    ensure!(is_tree(&object)?, "`{}` is no folder there", visible(path));
    let mut contents = Contents::open()?;
    for folder in list(&object)? {
        let is_kind = SubjectKind::ALL.into_iter().any(|kind| folder.name == folder_of(kind));
        if folder.mode != TREE || !(is_kind || ["routes", "tests"].contains(&folder.name.as_str()))
        {
            continue;
        }
        let root = into.join(&folder.name);
        std::fs::create_dir(&root)?;
        for Entry { mode, id, name } in list(&folder.id)? {
            let path = root.join(&name);
            if !mode.starts_with("100") {
                // As when documents are read: none is left out.
                let is_document = is_kind && subject_at(&path).is_some();
                ensure!(
                    !is_document,
                    "`{}` is no file, and links are not followed",
                    visible(&name)
                );
                continue;
            }
            let is_name = Path::new(&name).file_name() == Some(name.as_ref());
            ensure!(is_name, "`{}` is no name of a file", visible(&name));
            let limit = if is_kind { PolicyDocument::MAX_BYTES as u64 } else { MAX_BESIDE };
            let text = contents.read_up_to(limit, &id).with_context(|| visible(&name))?;
            std::fs::write(path, text)?;
        }
    }
    contents.close()?;
    Ok(())
}

/// The largest file of routes or tests, in bytes.
const MAX_BESIDE: u64 = 16 * 1024 * 1024;

/// The mode of a folder in a folder.
const TREE: &str = "040000";

/// What stands in a folder.
struct Entry {
    mode: String,
    id: String,
    name: String,
}

/// Everything in a folder.
fn list(tree: &str) -> anyhow::Result<Vec<Entry>> {
    let listing = ask(&["ls-tree", "-z", "--full-tree", tree])?;
    let mut entries = Vec::new();
    for line in listing.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let name = line.splitn(2, |&byte| byte == b'\t').nth(1).unwrap_or_default();
        let Ok(line) = std::str::from_utf8(line) else {
            // A name in another encoding matters if it is one of a policy file.
            if name.to_ascii_lowercase().ends_with(b".json") {
                bail!("the name `{}` is not UTF-8", name.escape_ascii());
            }
            continue;
        };
        let (about, name) = line.split_once('\t').context("git's listing cannot be understood")?;
        let mut words = about.split(' ');
        let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) else {
            bail!("git's listing cannot be understood");
        };
        let [mode, id, name] = [mode, id, name].map(str::to_owned);
        entries.push(Entry { mode, id, name });
    }
    Ok(entries)
}

/// The id of the object that `name` names, if there is one.
fn object_named(name: &str) -> anyhow::Result<Option<String>> {
    let output = git(&["rev-parse", "--verify", "--quiet", name])
        .stdin(Stdio::null())
        .output()
        .map_err(no_git)?;
    let id = output.stdout.trim_ascii();
    if output.status.success() {
        // A revision such as `^main` names what is left out, and no object.
        let is_id = !id.is_empty() && id.iter().all(u8::is_ascii_hexdigit);
        return Ok(is_id.then(|| String::from_utf8_lossy(id).into_owned()));
    }
    let why = String::from_utf8_lossy(&output.stderr);
    match why.trim() {
        "" | "fatal: Needed a single revision" => Ok(None),
        why => bail!("git says: {}", visible(why)),
    }
}

/// What git answers.
fn ask(arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = git(arguments).stdin(Stdio::null()).output().map_err(no_git)?;
    if !output.status.success() {
        bail!("git says: {}", visible(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(output.stdout)
}

fn git(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // Its words are told apart in one place.
    command.env("LC_ALL", "C").args(arguments);
    command
}

fn no_git(error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::NotFound {
        anyhow::anyhow!("revisions are read with `git`, and there is no such program here")
    } else {
        anyhow::Error::from(error).context("cannot run `git`")
    }
}

/// A `git cat-file --batch`, which answers ids with contents for as long as it is asked.
struct Contents {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Contents {
    fn open() -> anyhow::Result<Self> {
        let mut process = git(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(no_git)?;
        let questions = process.stdin.take().context("`git` cannot be asked")?;
        let answers = BufReader::new(process.stdout.take().context("`git` cannot be heard")?);
        Ok(Self { process, questions, answers })
    }

    /// The contents of a blob that may be a document.
    fn read(&mut self, id: &str) -> Result<Vec<u8>, FileFault> {
        self.read_up_to(PolicyDocument::MAX_BYTES as u64, id)
    }

    /// The contents of a blob of that many bytes at most.
    fn read_up_to(&mut self, limit: u64, id: &str) -> Result<Vec<u8>, FileFault> {
        let garbled = || io::Error::other("git's answer cannot be understood");
        writeln!(self.questions, "{id}")?;
        let mut about = String::new();
        self.answers.read_line(&mut about)?;
        let mut words = about.split_ascii_whitespace();
        let bytes: u64 = match (words.next(), words.next(), words.next()) {
            (Some(_), Some("blob"), Some(bytes)) => bytes.parse().map_err(|_| garbled())?,
            (Some(_), Some("missing"), None) => {
                return Err(io::Error::other("git does not have its contents").into());
            }
            _ => return Err(garbled().into()),
        };
        let mut rest = (&mut self.answers).take(bytes + 1);
        if bytes > limit {
            io::copy(&mut rest, &mut io::sink())?;
            return Err(FileFault::TooLarge { bytes });
        }
        let mut text = Vec::new();
        rest.read_to_end(&mut text)?;
        match text.pop() {
            Some(b'\n') if text.len() as u64 == bytes => Ok(text),
            _ => Err(garbled().into()),
        }
    }

    fn close(mut self) -> io::Result<()> {
        drop(self.questions);
        self.process.wait().map(|_| ())
    }
}
