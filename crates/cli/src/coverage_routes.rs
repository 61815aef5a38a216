//! The methods of an API that coverage is counted against.

use std::path::Path;

use anyhow::Context as _;
use gatepost_emulator::gateway::{Access, RestApi};

/// Verb (`ANY` for every verb without a method of its own) and path template of each method that
/// the authorizer guards, from an OpenAPI file. No policy has a say in the others.
///
/// # Errors
///
/// When the file cannot be read or describes no API.
pub(crate) fn list(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("cannot read the routes in `{}`: name another file with `--routes`", path.display())
    })?;
    let api = RestApi::from_openapi(&text)
        .with_context(|| format!("the routes in `{}`", path.display()))?;
    let mut listed = Vec::new();
    for resource in api.routes().resources() {
        for (verb, method) in resource.methods() {
            if method.access == Access::Guarded {
                listed.push((verb.to_string(), resource.template().to_owned()));
            }
        }
    }
    Ok(listed)
}
