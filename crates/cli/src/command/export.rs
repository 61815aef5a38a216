//! `gatepost export`: every current row of a table, as one JSON text.

use std::io::Write;

use crate::exit_status::ExitStatus;
use crate::plan::input::Export;
use crate::policy_table::{PolicyTable, TableArgs};

/// Write every current row of a policy table as one JSON text
///
/// With versions and digests, and the same bytes for the same rows. `gatepost plan` and `apply` read
/// it as they read a folder: `gatepost apply backup.json` brings the documents back.
#[derive(clap::Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    table: TableArgs,
}

impl ExportArgs {
    pub(crate) fn run(&self, stdout: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        let export = Export::new(&table.name, &table.read()?)?;
        serde_json::to_writer_pretty(&mut *stdout, &export)?;
        writeln!(stdout)?;
        Ok(ExitStatus::Yes)
    }
}
