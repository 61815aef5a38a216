//! The pages of `gatepost dev --site`, on one host with the API, as `GatepostSite` has them on AWS.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use gatepost_emulator::clock::Clock;
use gatepost_emulator::edge::{ApiPaths, Distribution, DistributionConfig};
use gatepost_emulator::gateway::{Api, Gateway};

use super::session::SessionFunction;
use super::{request_line, tell};

/// A running site.
#[derive(Debug)]
pub(super) struct Site(Distribution);

impl Site {
    /// The pages of `folder`, beside an API with these paths and the session function.
    ///
    /// # Errors
    ///
    /// When there is no such folder.
    pub(super) fn open(
        folder: &Path,
        gateway: &Gateway,
        api_paths: ApiPaths,
        session: &SessionFunction,
    ) -> anyhow::Result<Self> {
        let distribution = Distribution::new(DistributionConfig {
            folder: folder.to_owned(),
            page_keys: session.page_keys(),
            api: gateway.router(),
            api_paths,
            session: session.router(),
            clock: Clock::system(),
            observer: Arc::new(request_line::print_page),
        });
        let context = || format!("the pages of `--site {}`: build them first", folder.display());
        Ok(Self(distribution.with_context(context)?))
    }

    /// The whole host.
    pub(super) fn router(&self) -> Router {
        self.0.router()
    }

    /// Gives the API other paths.
    pub(super) fn set_api_paths(&self, paths: ApiPaths) {
        self.0.set_api_paths(paths);
    }
}

/// What of the host is the API's.
///
/// # Errors
///
/// When nothing is left to pages.
pub(super) fn api_paths(api: &Api) -> anyhow::Result<ApiPaths> {
    let paths = ApiPaths::of(api).context("pages and API have one host with `--site`")?;
    if paths.takes_root() {
        tell("note     the API's method at / is not served: that is the start page");
    }
    Ok(paths)
}
