//! Noticing that files were saved.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use notify::{EventKind, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{Receiver, channel};

/// Editors save in several steps; the folder is read when it has been quiet for this long.
const QUIET: Duration = Duration::from_millis(80);

/// A message each time something in `folder`, or beside one of `files`, was saved, moved or removed,
/// once it is quiet.
///
/// # Errors
///
/// When the system does not let it be watched.
pub(crate) fn changes(folder: &Path, files: &[&Path]) -> anyhow::Result<Receiver<()>> {
    let (noticed, mut notices) = channel::<()>(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let changed = event.is_ok_and(|event| match event.kind {
            EventKind::Access(_) => false,
            EventKind::Any
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Other
            | EventKind::Remove(_) => true,
        });
        if changed {
            // A full channel holds a notice that has not been taken: one is enough.
            let _ = noticed.try_send(());
        }
    })?;
    let mut watch = |folder: &Path, mode| {
        let cannot_watch = || format!("cannot watch `{}`", folder.display());
        watcher.watch(folder, mode).with_context(cannot_watch)
    };
    watch(folder, RecursiveMode::Recursive)?;
    for file in files.iter().filter(|file| !file.starts_with(folder)) {
        // Editors replace a file by another, so that its folder is what can be watched.
        let beside = file.parent().filter(|beside| !beside.as_os_str().is_empty());
        watch(beside.unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
    }
    let (send, receive) = channel(1);
    tokio::spawn(async move {
        // The watcher stops when it is dropped.
        let _watcher = watcher;
        while notices.recv().await.is_some() {
            while tokio::time::timeout(QUIET, notices.recv()).await.is_ok_and(|more| more.is_some())
            {
            }
            if send.send(()).await.is_err() {
                return;
            }
        }
    });
    Ok(receive)
}
