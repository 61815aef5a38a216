//! The function behind an API's authorizers: which one it is, how it is set up, and whether API
//! Gateway may call it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::resources::{Resource, Resources, id_of};
use super::{Findings, not_emulated};
use crate::gateway::fault::{DefinitionFault, NoteKind};
use crate::gateway::settings::AuthorizerSettings;
use crate::gateway::yaml::Place;

const FUNCTION: &str = "AWS::Lambda::Function";
const PERMISSION: &str = "AWS::Lambda::Permission";

/// How a function is deployed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionSettings {
    /// Its logical id.
    pub name: String,
    /// Its environment variables; values that are known after a deployment only name the resource.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Its memory, in megabytes.
    pub memory_megabytes: u32,
    /// `arm64` or `x86_64`.
    pub architecture: String,
}

/// Looks for the function of an API's authorizers, the first of which settles which one it is.
pub(super) struct FunctionFinder<'a, 'r> {
    resources: &'r Resources<'a>,
    found: Option<Found<'a>>,
}

#[derive(Clone, Debug)]
enum Found<'a> {
    Elsewhere(&'a str),
    Here(Resource<'a>),
}

impl<'a, 'r> FunctionFinder<'a, 'r> {
    pub(super) fn new(resources: &'r Resources<'a>) -> Self {
        Self { resources, found: None }
    }

    /// Whether this `AuthorizerUri` calls the function.
    pub(super) fn is_called_by(
        &mut self,
        uri: &Place<'a>,
        findings: &mut Findings,
    ) -> Result<bool, DefinitionFault> {
        let target = self.target(called_function(uri)?);
        match (&self.found, &target) {
            (None, _) => {
                if let Found::Elsewhere(name) = target {
                    findings.note(not_emulated(
                        uri,
                        &format!(
                            "the function `{name}` is not in this template, and so its settings are \
                             not known"
                        ),
                    ));
                }
                self.found = Some(target);
                Ok(true)
            }
            (Some(Found::Here(found)), Found::Here(other)) => Ok(found.id == other.id),
            (Some(Found::Elsewhere(found)), Found::Elsewhere(other)) => Ok(found == other),
            (Some(_), _) => Ok(false),
        }
    }

    /// Notes if API Gateway has no permission to call the function for this authorizer.
    pub(super) fn check_permission(
        &self,
        authorizer: &Resource<'a>,
        uri: &Place<'a>,
        findings: &mut Findings,
    ) -> Result<(), DefinitionFault> {
        let called = id_of(called_function(uri)?);
        let has_role = ["AuthorizerCredentials", "AuthorizerCredentialsArn"]
            .into_iter()
            .any(|name| authorizer.get(name).is_some());
        // A function elsewhere has its permissions there.
        let is_here = matches!(self.found, Some(Found::Here(_)));
        if is_here && !has_role && !self.has_permission(called, authorizer) {
            findings.note(uri.note(
                NoteKind::Mistake,
                format!(
                    "no AWS::Lambda::Permission lets apigateway.amazonaws.com call `{called}` for \
                     this authorizer: on AWS every guarded method answers 500"
                ),
            ));
        }
        Ok(())
    }

    /// The function's settings, if the template holds it.
    pub(super) fn settings(&self) -> Result<Option<FunctionSettings>, DefinitionFault> {
        let Some(Found::Here(function)) = &self.found else { return Ok(None) };
        let mut environment = BTreeMap::new();
        let variables = function.get("Environment").and_then(|place| place.get("Variables"));
        if let Some(variables) = variables {
            for (name, value) in variables.members()? {
                environment.insert(name.to_owned(), value.text()?.to_owned());
            }
        }
        let number = |name: &str, default: u64| {
            function.get(name).map_or(Ok(default), |place| place.number())
        };
        let architecture = match function.get("Architectures") {
            Some(list) => list.elements()?.first().map(Place::text).transpose()?,
            None => None,
        };
        Ok(Some(FunctionSettings {
            name: function.id.to_owned(),
            environment,
            // Lambda's defaults.
            timeout: Duration::from_secs(number("Timeout", 3)?),
            memory_megabytes: u32::try_from(number("MemorySize", 128)?).unwrap_or(u32::MAX),
            architecture: architecture.unwrap_or("x86_64").to_owned(),
        }))
    }

    /// What a reference leads to: through aliases and versions to the function.
    fn target(&self, reference: &'a str) -> Found<'a> {
        let mut reference = reference;
        // An alias of a version of a function is the longest way.
        for _ in 0..3 {
            let Some(resource) = self.resources.get(reference) else { break };
            if resource.kind == FUNCTION {
                return Found::Here(resource);
            }
            let Ok(Some(next)) = resource.text("FunctionName") else { break };
            reference = next;
        }
        Found::Elsewhere(reference)
    }

    fn has_permission(&self, called: &str, authorizer: &Resource<'_>) -> bool {
        let api = ["RestApiId", "ApiId"].into_iter().find_map(|name| authorizer.get(name));
        let api = api.as_ref().and_then(|api| api.text().ok()).unwrap_or_default();
        let source = format!("{}/authorizers/{}", id_of(api), authorizer.id);
        self.resources.referring(PERMISSION, "FunctionName", called).any(|permission| {
            let principal = permission.text("Principal");
            let pattern = permission.text("SourceArn");
            principal == Ok(Some("apigateway.amazonaws.com"))
                && match pattern {
                    Ok(Some(arn)) => {
                        matches(arn.rsplit_once(':').map_or(arn, |(_, tail)| tail), &source)
                    }
                    Ok(None) => true,
                    Err(_) => false,
                }
        })
    }
}

/// Whether a pattern with `*` matches the whole of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = regex::escape(pattern).replace(r"\*", ".*");
    regex::Regex::new(&format!("^{pattern}$")).is_ok_and(|pattern| pattern.is_match(text))
}

/// The function's name in `arn:…:lambda:path/2015-03-31/functions/NAME/invocations`.
fn called_function<'a>(uri: &Place<'a>) -> Result<&'a str, DefinitionFault> {
    let (_, name) = uri.text()?.split_once("/functions/").ok_or_else(|| {
        uri.fault("not the URI of a function; expected arn:…:lambda:path/2015-03-31/functions/…/invocations")
    })?;
    Ok(name.strip_suffix("/invocations").unwrap_or(name))
}

/// Notes settings of the function that do not go with those of the authorizer.
pub(super) fn check_settings(
    function: &FunctionSettings,
    authorizer: &Resource<'_>,
    settings: &AuthorizerSettings,
    findings: &mut Findings,
) {
    let scope = function.environment.get("GATEPOST_SCOPE").map(String::as_str);
    if scope == Some("method") && !settings.result_ttl().is_off() {
        findings.note(authorizer.place.note(
            NoteKind::Mistake,
            format!(
                "the function answers for the called method only (GATEPOST_SCOPE=method), and this \
                 authorizer keeps the answer for {} s and uses it for every method: set the TTL to 0",
                settings.result_ttl().duration().as_secs()
            ),
        ));
    }
}
