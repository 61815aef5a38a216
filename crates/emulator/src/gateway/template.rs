//! An API and its authorizer's function from a CloudFormation template, as CDK synthesizes one: what
//! is deployed is what runs on a laptop.
//!
//! Read are REST APIs and HTTP APIs with their methods or routes, Lambda authorizers, gateway
//! responses or CORS settings, stages, and the settings of the function. Whatever else says who may
//! call what is not emulated: a method behind it answers 501, and a [`DefinitionNote`] says so. Mistakes
//! that a deployment would show, or hide, are notes too.

mod authorizers;
mod function;
mod http;
mod intrinsic;
mod resources;
mod rest;

use std::collections::BTreeMap;

use super::api::Api;
use super::fault::{DefinitionError, DefinitionFault, DefinitionNote, NoteKind};
use super::yaml::{Place, YamlDocument};

pub use self::function::FunctionSettings;
pub use self::intrinsic::PseudoParameters;

use self::resources::{Resource, Resources};

const REST_API: &str = "AWS::ApiGateway::RestApi";
const V2_API: &str = "AWS::ApiGatewayV2::Api";

/// A template whose references and conditions are resolved: parameters have their defaults, and a
/// resource's attributes are texts that name it.
#[derive(Clone, Debug)]
pub struct Template {
    document: YamlDocument,
}

/// An API of a template, as it would be deployed.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The API.
    pub api: Api,
    /// Its logical id; empty outside a template.
    pub name: String,
    /// The name of its stage; `None` if there is none.
    pub stage: Option<String>,
    /// The stage's variables.
    pub stage_variables: BTreeMap<String, String>,
    /// The authorizers' function; `None` if it is elsewhere.
    pub function: Option<FunctionSettings>,
}

impl Template {
    /// Reads a template, as JSON or YAML, in an account and region.
    ///
    /// # Errors
    ///
    /// A fault if it is neither, or no template.
    pub fn parse(text: &str, pseudo: &PseudoParameters) -> Result<Self, DefinitionFault> {
        let document = intrinsic::resolve(&YamlDocument::parse(text)?, pseudo)?;
        document.root().require("Resources")?.members()?;
        Ok(Self { document })
    }

    /// One of its APIs: the only one, unless it is named.
    ///
    /// # Errors
    ///
    /// [`DefinitionError`] with every fault that was found; also if there is no such API, or if none
    /// is named where there are several.
    pub fn deployment(&self, name: Option<&str>) -> Result<Deployment, DefinitionError> {
        let root = self.document.root();
        let resources = Resources::read(&root)?;
        let apis = resources.of_kind(REST_API).chain(resources.of_kind(V2_API));
        let apis: Vec<&str> = apis.map(|resource| resource.id).collect();
        let name = match (name, apis.as_slice()) {
            (Some(name), _) => name,
            (None, [name]) => name,
            (None, []) => return Err(root.fault("there is no API in this template").into()),
            (None, _) => {
                let message = format!("there are several APIs; name one of {}", apis.join(", "));
                return Err(root.fault(message).into());
            }
        };
        let known = resources.get(name).filter(|resource| apis.contains(&resource.id));
        let api = known.ok_or_else(|| {
            root.fault(format!("there is no API `{name}`; there are {}", apis.join(", ")))
        })?;
        if api.kind == REST_API {
            rest::read(&resources, &api)
        } else {
            http::read(&resources, &api)
        }
    }
}

impl Deployment {
    /// An API of which nothing but itself is known.
    pub fn of(api: Api) -> Self {
        Self {
            api,
            name: String::new(),
            stage: None,
            stage_variables: BTreeMap::new(),
            function: None,
        }
    }

    fn new(
        name: &Resource<'_>,
        api: Api,
        stage: Stage,
        function: Option<FunctionSettings>,
    ) -> Self {
        Self {
            api,
            name: name.id.to_owned(),
            stage: stage.name,
            stage_variables: stage.variables,
            function,
        }
    }
}

/// What is read of a stage.
#[derive(Debug, Default)]
struct Stage {
    name: Option<String>,
    variables: BTreeMap<String, String>,
}

impl Stage {
    /// Reads a stage, if there is one, whose variables are the property of this name.
    fn read(stage: Option<&Resource<'_>>, variables: &str) -> Result<Self, DefinitionFault> {
        let Some(stage) = stage else { return Ok(Self::default()) };
        let name = stage.text("StageName")?.map(ToOwned::to_owned);
        let mut read = Self { name, variables: BTreeMap::new() };
        if let Some(place) = stage.get(variables) {
            for (name, value) in place.members()? {
                read.variables.insert(name.to_owned(), value.text()?.to_owned());
            }
        }
        Ok(read)
    }
}

/// Reads of which many faults and notes can come.
#[derive(Debug, Default)]
struct Findings {
    notes: Vec<DefinitionNote>,
    faults: Vec<DefinitionFault>,
}

impl Findings {
    /// The value, or nothing and a fault more.
    fn take<T>(&mut self, read: Result<T, DefinitionFault>) -> Option<T> {
        read.map_err(|fault| self.fault(fault)).ok()
    }

    fn fault(&mut self, fault: DefinitionFault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn note(&mut self, note: DefinitionNote) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The notes, if there is no fault.
    fn finish(self) -> Result<Vec<DefinitionNote>, DefinitionError> {
        if self.faults.is_empty() {
            Ok(self.notes)
        } else {
            Err(DefinitionError { faults: self.faults })
        }
    }
}

/// Says of parts that they are not emulated.
fn not_emulated(place: &Place<'_>, what: &str) -> DefinitionNote {
    place.note(NoteKind::NotEmulated, what)
}
