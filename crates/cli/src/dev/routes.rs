//! The routes that the gateway of `gatepost dev` serves, and that follow their file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_emulator::gateway::{Api, Gateway, Integration, MethodVerb};
use gatepost_emulator::issuer::{Issuer, ListedMethod};

use super::tell;
use crate::command::DevArgs;

/// The file of the API's routes, and what it held when it was last looked at.
#[derive(Debug)]
pub(super) struct Routes {
    path: PathBuf,
    text: String,
}

impl Routes {
    /// Reads the file that `args` name.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(super) fn open(args: &DevArgs) -> anyhow::Result<Self> {
        let path = args.routes.clone();
        let path = path.unwrap_or_else(|| args.policies.join("routes/openapi.yaml"));
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "cannot read the routes in `{}`: name another file with `--routes`",
                path.display()
            )
        })?;
        Ok(Self { path, text })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The API it describes.
    ///
    /// # Errors
    ///
    /// When it describes none.
    pub(super) fn api(&self) -> anyhow::Result<Api> {
        let api = Api::from_openapi(&self.text)
            .with_context(|| format!("the routes in `{}`", self.path.display()))?;
        Ok(api.open_to_any_origin())
    }

    /// Makes the gateway follow the file, if it has changed; a faulty one is told and not taken.
    pub(super) fn reload(&mut self, gateway: &Gateway, issuer: &Issuer) {
        // A file that is gone for a moment, as while an editor replaces it, is no change.
        let Ok(text) = std::fs::read_to_string(&self.path) else { return };
        if text == self.text {
            return;
        }
        self.text = text;
        match self.api() {
            Ok(api) => {
                issuer.list_methods(listed_methods(&api));
                gateway.set_api(api);
                tell(&format!("changed  {}: in force now", self.path.display()));
            }
            Err(error) => {
                tell(&format!("fault    {error:#}\n         the routes stay as they were"));
            }
        }
    }
}

/// What the start page offers to call.
pub(super) fn listed_methods(api: &Api) -> Vec<ListedMethod> {
    let listed = api.methods().into_iter().filter_map(|(verb, path, method)| {
        let verb = match verb {
            MethodVerb::Any => "GET",
            MethodVerb::One(verb) => verb,
        };
        let is_worth_calling = matches!(method.integration, Integration::Backend { .. })
            && verb != "OPTIONS"
            && path.starts_with('/');
        is_worth_calling.then(|| ListedMethod {
            verb: verb.to_owned(),
            path: path.to_owned(),
            summary: String::new(),
        })
    });
    listed.collect()
}
