//! `gatepost test`: whether the policies say what the suites beside them expect.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::Format;
use crate::exit_status::ExitStatus;
use crate::explain::Documents;
use crate::paint::Paint;
use crate::routes::RouteList;
use crate::suite::{Run, Suite, junit};
use crate::watch;

/// Test policies: who may call what, from tables in YAML
///
/// Reads every suite in the folder's tests/, decides each of its cases by the folder's documents, and
/// says of each that fails why. Exit status 1 if one fails or coverage is below the minimum.
#[derive(clap::Args, Debug)]
#[command(after_help = "docs/test.md describes the format of a suite.")]
pub(crate) struct TestArgs {
    /// Suites [default: every tests/*.yaml in the policies folder]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Folder with groups/*.json, and tests/*.yaml
    #[arg(long, value_name = "FOLDER", default_value = "policies")]
    policies: PathBuf,

    /// Tell which statements never applied and which routes were never asked for
    #[arg(long)]
    coverage: bool,

    /// The least coverage that is enough, in percent of statements and of routes each
    #[arg(
        long,
        value_name = "PERCENT",
        value_parser = clap::value_parser!(u8).range(0..=100)
    )]
    min_coverage: Option<u8>,

    /// The API's routes, an OpenAPI file [default: routes/openapi.yaml in the policies folder]
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,

    /// Write a report for CI to this file, as `JUnit` XML
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    junit: Option<PathBuf>,

    /// Test again whenever a file is saved, until Ctrl-C
    #[arg(long)]
    watch: bool,

    /// How the outcome is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl TestArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        if !self.watch {
            return self.once(stdout, stderr);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.again_and_again(stdout, stderr))
    }

    /// Tests now, and whenever something was saved.
    async fn again_and_again(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let files: Vec<&Path> =
            self.files.iter().chain(&self.routes).map(PathBuf::as_path).collect();
        // Before anything is read, so that no save falls in between.
        let mut changes = watch::changes(&self.policies, &files)?;
        loop {
            // A faulty file is what is being mended: it is told, and watched.
            let status = self.once(stdout, stderr).or_else(|error| -> anyhow::Result<_> {
                writeln!(stderr, "error: {error:#}")?;
                Ok(ExitStatus::CouldNot)
            })?;
            writeln!(stderr, "waiting for a file to be saved; Ctrl-C ends it")?;
            tokio::select! {
                done = tokio::signal::ctrl_c() => {
                    done.context("cannot wait for Ctrl-C")?;
                    return Ok(status);
                }
                Some(()) = changes.recv() => writeln!(stdout)?,
            }
        }
    }

    fn once(&self, stdout: &mut dyn Write, stderr: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        let documents = Documents::open(&self.policies)?;
        let suites = self.suites()?;
        let counts = self.coverage || self.min_coverage.is_some();
        let routes = if counts { self.listed_routes(stderr)? } else { None };
        let mut run = Run::new(&documents, &suites)?;
        if counts {
            run.count(&documents, &suites, routes.as_ref());
        }
        for subject in &run.without_document {
            writeln!(stderr, "note: {subject} has no document in `{}`", self.policies.display())?;
        }
        if counts && routes.is_none() {
            writeln!(
                stderr,
                "note: there is no list of routes, so that they are not counted: `--routes`"
            )?;
        }
        if let Some(path) = &self.junit {
            std::fs::write(path, junit(&run)?)
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        match self.format {
            Format::Text => {
                for line in run.lines(&Paint::for_stdout()) {
                    writeln!(stdout, "{line}")?;
                }
            }
            Format::Json => writeln!(stdout, "{}", run.json())?,
        }
        let minimum = usize::from(self.min_coverage.unwrap_or(0));
        let below = run.below(minimum);
        for (name, tally) in &below {
            let percent = tally.percent();
            writeln!(
                stderr,
                "coverage of {name} is {percent} %, below the minimum of {minimum} %"
            )?;
        }
        let (_, failed) = run.counts();
        Ok(if failed == 0 && below.is_empty() { ExitStatus::Yes } else { ExitStatus::No })
    }

    /// The suites of every file, or the faults of all that have any.
    fn suites(&self) -> anyhow::Result<Vec<Suite>> {
        let files = if self.files.is_empty() { self.found_files()? } else { self.files.clone() };
        Suite::read_all(&files)
    }

    fn found_files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let folder = self.policies.join("tests");
        let files = Suite::files_in(&folder)?;
        ensure!(
            !files.is_empty(),
            "no suites in `{}`: write one, such as tests/movies.yaml (docs/test.md shows how), or name \
             files",
            folder.display()
        );
        Ok(files)
    }

    fn listed_routes(&self, stderr: &mut dyn Write) -> anyhow::Result<Option<RouteList>> {
        let default = self.policies.join("routes/openapi.yaml");
        let path = match &self.routes {
            Some(path) => path,
            None if default.exists() => &default,
            None => return Ok(None),
        };
        let routes = RouteList::open(path)?;
        for note in &routes.notes {
            writeln!(stderr, "note: {}: {note}", path.display())?;
        }
        Ok(Some(routes))
    }
}
