//! `gatepost explore`: a page on this machine that shows who may do what.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use gatepost_core::gateway::StageArn;

use crate::exit_status::ExitStatus;
use crate::explorer::{Explorer, ExplorerConfig, Origin, PORT, Serving};
use crate::side::Source;

/// Show who may do what, and try a change, in a browser
///
/// Serves a page on this machine: subjects against routes, why a call is allowed or denied, and what
/// a change of a document would do. Nothing is changed unless `--edit` is given. Ctrl-C ends it.
#[derive(clap::Args, Debug)]
pub(crate) struct ExploreArgs {
    /// The documents: a folder, `git:REV:PATH`, or `dynamodb:NAME`
    #[arg(value_name = "SOURCE", default_value = "policies")]
    source: Source,

    /// The routes: an OpenAPI 3 document, or an export of API Gateway [default: routes/openapi.yaml
    /// in the folder of policies]
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,

    /// The API and stage that is called, where documents name some by ARN
    #[arg(long, value_name = "ARN")]
    stage: Option<StageArn>,

    /// Let documents be saved: to their files, or to the table as candidates
    #[arg(long)]
    edit: bool,

    /// Port of the page; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,

    /// Address to listen at; beyond this machine, whoever has the printed address with its key may
    /// open it
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
}

impl ExploreArgs {
    pub(crate) fn run(self, stderr: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        ensure!(
            !self.edit || !matches!(self.source, Source::Git { .. }),
            "a revision is as it is: `--edit` needs a folder or a table"
        );
        let name = self.source.to_string();
        let config = ExplorerConfig {
            origin: Origin::open(self.source, self.routes)?,
            stage: self.stage,
            editable: self.edit,
            watches: false,
        };
        let explorer = Arc::new(Explorer::open(config)?);
        let address = SocketAddr::new(self.listen, self.port);
        // Outside of the runtime, because what reads a table has one of its own.
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let served = runtime.block_on(async {
            let serving = Serving::listen(Arc::clone(&explorer), address, "--port").await?;
            writeln!(stderr, "Explorer  {}  ({name})\nCtrl-C ends it.", serving.url())?;
            let following = Arc::clone(&explorer).follow()?;
            tokio::select! {
                served = serving.serve(std::future::pending()) => served,
                () = following => Ok(()),
                done = tokio::signal::ctrl_c() => done.context("cannot wait for Ctrl-C"),
            }
        });
        runtime.shutdown_background();
        served.map(|()| ExitStatus::Yes)
    }
}
