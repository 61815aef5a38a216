//! What `gatepost dev`, `token` and `verify` have in common: the development issuer.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_emulator::issuer::{ApiListing, Issuer, IssuerSettings, SigningKeys, WEB_CLIENT};

/// Where the development issuer is, unless told otherwise.
pub(crate) const ISSUER: &str = "http://127.0.0.1:3001";

/// The API and stage that method ARNs name, unless told otherwise.
pub(crate) const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:gatepost/dev";

/// The client that development tokens are issued to.
pub(crate) const CLIENT: &str = WEB_CLIENT;

/// Which development issuer.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct IssuerArgs {
    /// Folder of the development issuer's keys and other state
    #[arg(long, value_name = "FOLDER", default_value = ".gatepost")]
    pub(crate) state: PathBuf,
}

/// The development issuer at `origin`, with the keys kept in `state`.
///
/// # Errors
///
/// When the keys can neither be read nor made.
pub(crate) fn issuer(state: &Path, origin: &str, api: ApiListing) -> anyhow::Result<Issuer> {
    let keys = SigningKeys::open(state).context("cannot open the development issuer's keys")?;
    Ok(Issuer::new(IssuerSettings::demo(origin, api), keys)?)
}

/// An issuer that only signs: nothing is served, so it lists no API.
///
/// # Errors
///
/// When the keys can neither be read nor made.
pub(crate) fn offline_issuer(state: &Path, origin: &str) -> anyhow::Result<Issuer> {
    issuer(state, origin, ApiListing { url: origin.to_owned(), methods: Vec::new() })
}
