//! A folder as the bucket of the pages.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

/// Where the session function sends people who have signed out. There an object has no ending, and its
/// file in the folder has one.
const SIGNED_OUT: &str = "signed-out";

/// What S3 says of an object whose kind nobody has told it.
const UNKNOWN: &str = "binary/octet-stream";

/// The files of a folder, by the keys that they would have in a bucket.
#[derive(Clone, Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

/// A file as S3 would answer it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Object {
    pub(super) content: Vec<u8>,
    pub(super) content_type: String,
}

impl Files {
    /// # Errors
    ///
    /// [`FolderError`] if there is no such folder now. Later it may go and come back, as when pages are
    /// built anew.
    pub(super) fn of(folder: &Path) -> Result<Self, FolderError> {
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => Ok(Self { folder: folder.to_owned() }),
            Ok(_) => Err(FolderError::NoFolder),
            Err(error) => Err(FolderError::Unreadable(error)),
        }
    }

    /// The object at `path`, which is that of a request: it begins with a slash, and is not decoded.
    /// `None` if there is none. Nothing is found by another spelling, even where the file system knows
    /// several, nor through a symbolic link in the folder, nor by a name that begins with a point.
    pub(super) fn get(&self, path: &str) -> Option<Object> {
        let key = percent_decode_str(path.strip_prefix('/')?).decode_utf8().ok()?;
        let names = Path::new(&*key).components();
        let is_plain = |name: Component<'_>| match name {
            Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
            Component::CurDir
            | Component::ParentDir
            | Component::Prefix(_)
            | Component::RootDir => false,
        };
        // What the components leave out of a key is another key to S3.
        let is_spelt_out = !key.split('/').any(|name| matches!(name, "" | "." | ".."));
        if !is_spelt_out || key.contains('\\') || !names.into_iter().all(is_plain) {
            return None;
        }
        let folder = fs::canonicalize(&self.folder).ok()?;
        let file = folder.join(&*key);
        let file = match fs::canonicalize(&file) {
            Ok(found) if found == file && found.is_file() => file,
            _ if key == SIGNED_OUT => file.with_extension("html"),
            _ => return None,
        };
        let content = fs::read(&file).ok()?;
        let kind = mime_guess::from_path(&file).first_raw().unwrap_or(UNKNOWN);
        Some(Object { content, content_type: kind.to_owned() })
    }
}

/// Why a folder holds no pages.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is something else.
    #[error("is no folder")]
    NoFolder,

    /// It is not there, or not to be looked into.
    #[error("cannot be read")]
    Unreadable(#[source] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of pages beside a file that is nobody's business.
    fn folder() -> (tempfile::TempDir, Files) {
        let parent = tempfile::tempdir().unwrap();
        let site = parent.path().join("site");
        for (name, content) in [
            ("secret.txt", "secret"),
            ("site/index.html", "start"),
            ("site/app/admin/index.html", "admin"),
            ("site/assets/a b.js", "script"),
            ("site/data", "data"),
            ("site/signed-out.html", "bye"),
            ("site/other.html", "other"),
            ("site/.env", "secret"),
            ("site/.git/config", "secret"),
            ("site/a/.hidden/page.html", "secret"),
        ] {
            let file = parent.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        let files = Files::of(&site).unwrap();
        (parent, files)
    }

    #[test]
    fn a_file_is_the_object_of_its_name_and_has_its_kind() {
        let (_parent, files) = folder();
        for (path, content, kind) in [
            ("/index.html", "start", "text/html"),
            ("/app/admin/index.html", "admin", "text/html"),
            ("/assets/a%20b.js", "script", "text/javascript"),
            ("/data", "data", UNKNOWN),
            ("/signed-out", "bye", "text/html"),
        ] {
            let object = files.get(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!((object.content, &*object.content_type), (content.into(), kind), "{path}");
        }
    }

    #[test]
    fn nothing_but_its_files_by_their_names_is_in_it() {
        let (parent, files) = folder();
        let link = |from: &str, to: &str| {
            #[cfg(unix)]
            std::os::unix::fs::symlink(parent.path().join(to), parent.path().join(from)).unwrap();
        };
        link("site/link.txt", "secret.txt");
        link("site/up", ".");
        link("site/start.html", "site/index.html");
        for path in [
            "/",
            "",
            "/app",
            "/app/",
            "/app/admin",
            "/other",
            "/missing.html",
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/%2e%2e%2fsecret.txt",
            "/app/../index.html",
            "/app/./admin/index.html",
            "/app//admin/index.html",
            "//index.html",
            "/index.html/",
            "/..%5csecret.txt",
            "/%00",
            "/%ff",
            "/.env",
            "/.git/config",
            "/a/.hidden/page.html",
            "/link.txt",
            "/up/secret.txt",
            "/start.html",
            "/INDEX.html",
        ] {
            assert_eq!(files.get(path), None, "{path}");
        }
    }

    #[test]
    fn a_folder_must_be_one() {
        let (parent, _) = folder();
        let error = |name: &str| Files::of(&parent.path().join(name)).unwrap_err().to_string();
        assert_eq!(error("secret.txt"), "is no folder");
        assert_eq!(error("nowhere"), "cannot be read");
    }

    #[test]
    fn what_is_built_anew_is_there_at_once() {
        let (parent, files) = folder();
        fs::rename(parent.path().join("site"), parent.path().join("before")).unwrap();
        assert_eq!(files.get("/index.html"), None);
        fs::create_dir(parent.path().join("site")).unwrap();
        fs::write(parent.path().join("site/index.html"), "new").unwrap();
        assert_eq!(files.get("/index.html").unwrap().content, b"new");
    }
}
