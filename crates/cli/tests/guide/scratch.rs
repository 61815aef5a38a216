//! A copy of the repository for one page, and the world in which its commands run.
//!
//! The copy has what git tracks or would track, and is a git repository with one commit on `main`. Nothing
//! of the machine's settings comes in: `HOME` is empty but for settings of git, curl and npm, no variable is
//! inherited but `PATH`, and there are no credentials of AWS. In front of `PATH` stand
//!
//! - `gatepost`, also as `target/debug/gatepost`: the program that this test was built with;
//! - `cargo`: `cargo run -p gatepost-cli -- ARGUMENTS` is `gatepost ARGUMENTS`, `cargo install` does nothing,
//!   and anything else fails;
//! - `npm`: `npm ci` links the `node_modules` of this repository, installed by `scripts/install-tools`,
//!   `npm install` does nothing, and anything else goes to npm, which fetches nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const GATEPOST: &str = env!("CARGO_BIN_EXE_gatepost");

pub(crate) struct Scratch {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl Scratch {
    pub(crate) fn of(root: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("guide-").tempdir().unwrap();
        let scratch = Self { folder, root: root.to_owned() };
        for folder in [scratch.home(), scratch.tools(), scratch.repository()] {
            fs::create_dir(folder).unwrap();
        }
        scratch.copy();
        scratch.write_settings();
        scratch.write_tools();
        scratch.commit();
        scratch
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.path().join("gatepost")
    }

    fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    fn tools(&self) -> PathBuf {
        self.path().join("tools")
    }

    /// A command in this world.
    pub(crate) fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", self.tools().display()))
            .env("HOME", self.home())
            .env("TMPDIR", self.path())
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(self.repository());
        command
    }

    fn copy(&self) {
        let mut git = Command::new("git");
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = git.args(list).current_dir(&self.root).output().unwrap();
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let names = String::from_utf8(listed.stdout).unwrap();
        for name in names.split_terminator('\0') {
            let (from, to) = (self.root.join(name), self.repository().join(name));
            // Git knows of a file until its removal is committed.
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(from, to).unwrap();
            }
        }
    }

    fn write_settings(&self) {
        let git =
            "[user]\nname = A reader\nemail = reader@example.com\n[init]\ndefaultBranch = main\n";
        fs::write(self.home().join(".gitconfig"), git).unwrap();
        // As on a terminal, where no bar of progress stays.
        fs::write(self.home().join(".curlrc"), "silent\nshow-error\n").unwrap();
        fs::write(self.home().join(".npmrc"), "offline=true\nupdate-notifier=false\n").unwrap();
    }

    fn write_tools(&self) {
        let target = self.repository().join("target/debug");
        fs::create_dir_all(&target).unwrap();
        symlink(GATEPOST, target.join("gatepost")).unwrap();
        symlink(GATEPOST, self.tools().join("gatepost")).unwrap();
        let cargo = r#"case "$*" in
  "run -p gatepost-cli -- "* | "run --quiet -p gatepost-cli -- "*)
    while [ "$1" != -- ]; do shift; done
    shift
    exec gatepost "$@" ;;
  "install "*) ;;
  *) echo "the guide's test has no \`cargo $*\`" >&2; exit 97 ;;
esac
"#;
        self.write_tool("cargo", cargo);
        let (tools, repository, root) =
            (self.tools(), self.repository(), self.root.to_str().unwrap().to_owned());
        let npm = format!(
            r#"folder=$PWD
arguments=("$@")
if [ "${{1-}}" = --prefix ]; then folder=$(realpath "$2"); shift 2; fi
if [ "${{1-}}" = install ]; then exit; fi
if [ "${{1-}}" != ci ]; then
  PATH=${{PATH#{tools}:}}
  npm=$(command -v npm)
  PATH={tools}:$PATH exec "$npm" "${{arguments[@]}}"
fi
installed={root}${{folder#{repository}}}/node_modules
[ -d "$installed" ] || {{ echo "no $installed: scripts/install-tools" >&2; exit 97; }}
ln -sfn "$installed" "$folder/node_modules"
"#,
            tools = tools.display(),
            repository = repository.display(),
        );
        self.write_tool("npm", &npm);
    }

    fn write_tool(&self, name: &str, script: &str) {
        let file = self.tools().join(name);
        fs::write(&file, format!("#!/usr/bin/env bash\nset -euo pipefail\n{script}")).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn commit(&self) {
        self.git(&["init", "--quiet"]);
        // What this repository has already is not written once more.
        let mut git = Command::new("git");
        git.args(["rev-parse", "--path-format=absolute", "--git-path", "objects"]);
        let objects = git.current_dir(&self.root).output().unwrap().stdout;
        fs::write(self.repository().join(".git/objects/info/alternates"), objects).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "start"]);
    }

    fn git(&self, arguments: &[&str]) {
        let done = self.command("git").args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
