//! The file of the API that the gateway of `gatepost dev` serves, and that it follows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use gatepost_core::gateway::StageArn;
use gatepost_emulator::edge::ApiPaths;
use gatepost_emulator::gateway::{
    Access, Api, AuthorizerKind, AuthorizerSettings, Deployment, Gateway, Integration, Method,
    MethodVerb, NoteKind, Protocol, PseudoParameters, Template,
};
use gatepost_emulator::issuer::{Issuer, ListedMethod};

use super::site::{Site, api_paths};
use super::tell;
use crate::command::DevArgs;
use crate::counted::counted;
use crate::development::STAGE;
use crate::explorer::ReadRoutes;
use crate::routes::RouteList;

/// A file that defines an API, and what it held when it was last looked at.
#[derive(Debug)]
pub(super) struct ApiFile {
    path: PathBuf,
    text: String,
    form: Form,
    /// The API and stage that are asked for; those of the file's account and region otherwise.
    stage: Option<StageArn>,
}

/// How a file defines an API.
#[derive(Clone, Debug)]
enum Form {
    /// The routes only, in an OpenAPI document: pages of every origin may call them.
    Routes,
    /// All that API Gateway would import, in an OpenAPI document.
    OpenApi,
    /// A CloudFormation template, of which this API is taken.
    Template { api: Option<String> },
}

impl Form {
    /// The API as a text of this form would have it deployed, in `stage`.
    fn deployment(&self, text: &str, stage: Option<StageArn>) -> anyhow::Result<Deployment> {
        match self {
            Self::Routes => Ok(Deployment::of(Api::from_openapi(text)?.open_to_any_origin())),
            Self::OpenApi => Ok(Deployment::of(Api::from_openapi(text)?)),
            Self::Template { api } => {
                let stage = stage.map_or_else(|| STAGE.parse(), Ok)?;
                let pseudo = PseudoParameters {
                    account: stage.account().to_owned(),
                    partition: stage.partition().to_owned(),
                    region: stage.region().to_owned(),
                };
                Ok(Template::parse(text, &pseudo)?.deployment(api.as_deref())?)
            }
        }
    }
}

impl ApiFile {
    /// Reads the file that `args` name.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(super) fn open(args: &DevArgs) -> anyhow::Result<Self> {
        let (path, form) = match (&args.template, &args.openapi, &args.routes) {
            (Some(path), _, _) => (path.clone(), Form::Template { api: args.api.clone() }),
            (None, Some(path), _) => (path.clone(), Form::OpenApi),
            (None, None, Some(path)) => (path.clone(), Form::Routes),
            (None, None, None) => (args.policies.join("routes/openapi.yaml"), Form::Routes),
        };
        let text = std::fs::read_to_string(&path).with_context(|| match form {
            Form::Template { .. } => format!(
                "cannot read the template `{}`: `npx cdk synth` in the folder of your CDK app \
                 writes one to cdk.out",
                path.display()
            ),
            Form::OpenApi | Form::Routes => format!(
                "cannot read the routes in `{}`: name another file with `--routes`",
                path.display()
            ),
        })?;
        Ok(Self { path, text, form, stage: args.stage.clone() })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The API as the file would have it deployed.
    ///
    /// # Errors
    ///
    /// When it defines none.
    pub(super) fn deployment(&self) -> anyhow::Result<Deployment> {
        let context = || match self.form {
            Form::Template { .. } => format!("the template `{}`", self.path.display()),
            Form::OpenApi | Form::Routes => format!("the routes in `{}`", self.path.display()),
        };
        self.form.deployment(&self.text, self.stage.clone()).with_context(context)
    }

    /// How the explorer reads the routes of such a file.
    pub(super) fn routes_reader(&self) -> ReadRoutes {
        let (form, stage) = (self.form.clone(), self.stage.clone());
        Box::new(move |text| match form {
            Form::Routes | Form::OpenApi => Ok(RouteList::parse(text)?),
            Form::Template { .. } => RouteList::of_api(&form.deployment(text, stage.clone())?.api),
        })
    }

    /// The API and stage that method ARNs name: what is asked for, or else the deployment's stage.
    ///
    /// # Errors
    ///
    /// When the deployment's stage has no name that a stage can have.
    pub(super) fn stage(&self, deployment: &Deployment) -> anyhow::Result<StageArn> {
        if let Some(stage) = &self.stage {
            return Ok(stage.clone());
        }
        let Some(name) = &deployment.stage else { return Ok(STAGE.parse()?) };
        let (api, _) = STAGE.rsplit_once('/').unwrap_or_default();
        format!("{api}/{name}").parse().with_context(|| format!("the stage `{name}`"))
    }

    /// Makes gateway and site follow the file, if it has changed; a faulty one is told and not taken.
    pub(super) fn reload(&mut self, gateway: &Gateway, issuer: &Issuer, site: Option<&Site>) {
        // A file that is gone for a moment, as while an editor replaces it, is no change.
        let Ok(text) = std::fs::read_to_string(&self.path) else { return };
        if text == self.text {
            return;
        }
        let before = self.deployment().ok().and_then(|deployment| deployment.function);
        self.text = text;
        let next = self.deployment().and_then(|deployment| {
            let paths = site.map(|site| Ok((site, api_paths(&deployment.api)?))).transpose();
            paths.map(|paths: Option<(&Site, ApiPaths)>| (deployment, paths))
        });
        match next {
            Ok((deployment, paths)) => {
                if let Some((site, paths)) = paths {
                    site.set_api_paths(paths);
                }
                issuer.list_methods(listed_methods(&deployment.api));
                let function_changed = before != deployment.function;
                tell_notes(&deployment.api);
                gateway.set_api(deployment.api);
                tell(&format!("changed  {}: in force now", self.path.display()));
                if function_changed {
                    tell("         but for the function's settings: start again for these");
                }
            }
            Err(error) => {
                tell(&format!("fault    {error:#}\n         the routes stay as they were"));
            }
        }
    }
}

/// Tells what is wrong with a definition, and what of it is not emulated.
pub(super) fn tell_notes(api: &Api) {
    for note in api.notes() {
        let word = match note.kind {
            NoteKind::Mistake => "mistake",
            NoteKind::NotEmulated => "not here",
        };
        tell(&format!("{word:<8} {note}"));
    }
    let told_of_one_header =
        api.methods().iter().filter(|(_, _, method)| is_told_of_one_header(api, method)).count();
    if told_of_one_header > 0 {
        tell(&format!(
            "note     {} behind an authorizer of the type `token`, which is told of one header: a \
             second token in the request goes unseen, and cookies are not read. Make it `request`",
            counted(told_of_one_header, "method"),
        ));
    }
}

fn is_told_of_one_header(api: &Api, method: &Method) -> bool {
    let Access::Guarded(id) = method.access else { return false };
    let kind = api.authorizer(id).map(AuthorizerSettings::kind);
    matches!(kind, Some(AuthorizerKind::Token { .. }))
}

/// `REST API, 11 guarded methods, 2 public, 1 behind what is not emulated`.
pub(super) fn summary(api: &Api) -> String {
    let kind = match api.protocol() {
        Protocol::Http => "HTTP API",
        Protocol::Rest => "REST API",
    };
    let (mut guarded, mut open, mut missing) = (0, 0, 0);
    for (verb, _, method) in api.methods() {
        match method.access {
            Access::Guarded(_) => guarded += 1,
            Access::NotEmulated(_) => missing += 1,
            Access::Public if verb == MethodVerb::OPTIONS => {}
            Access::Public => open += 1,
        }
    }
    let mut summary = format!("{kind}: {guarded} guarded methods, {open} public");
    if missing > 0 {
        let _ = write!(summary, ", {missing} behind what is not emulated");
    }
    summary
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
            is_public: matches!(method.access, Access::Public),
            summary: String::new(),
        })
    });
    listed.collect()
}
