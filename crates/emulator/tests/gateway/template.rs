//! Runs every case of `tests/templates/*.yaml`: a CloudFormation template, and the API that is read
//! from it, or why none is. To add a case, add a file.

use std::fs;
use std::path::Path;

use gatepost_emulator::gateway::{
    Access, AuthorizerKind, AuthorizerSettings, Deployment, Integration, Method, MethodVerb,
    PayloadFormat, PseudoParameters, Template, YamlDocument,
};
use http::HeaderMap;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Want {
    #[serde(default)]
    faults: Vec<String>,
    stage: Option<String>,
    #[serde(default)]
    variables: std::collections::BTreeMap<String, String>,
    function: Option<String>,
    /// In any order: that in which they are looked for is the business of other tests.
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default)]
    authorizers: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
}

/// The value of a member of the case, as the text of a document of its own.
fn member(case: &str, name: &str) -> String {
    let start = format!("\n{name}:");
    let (_, text) = case.split_once(&start).unwrap_or_else(|| panic!("no `{name}`"));
    let lines = text.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    lines.collect::<Vec<_>>().join("\n")
}

fn headers(headers: &HeaderMap) -> String {
    let pairs = headers.iter();
    let texts = pairs.map(|(name, value)| format!(" {name}: {}", value.to_str().unwrap()));
    texts.collect::<Vec<_>>().concat()
}

fn line((verb, path, method): &(MethodVerb, &str, &Method)) -> String {
    let integration = match &method.integration {
        Integration::Backend { headers: set } => headers(set),
        Integration::Mock(None) => " mock".to_owned(),
        Integration::Mock(Some(answer)) => {
            format!(" mock {}{}", answer.status.as_u16(), headers(&answer.headers))
        }
    };
    format!("{verb} {path} {:?}{integration}", method.access)
}

fn authorizer(settings: &AuthorizerSettings) -> String {
    let kind = match settings.kind() {
        AuthorizerKind::Request { format: PayloadFormat::Rest, .. } => "request".to_owned(),
        AuthorizerKind::Request { format, .. } => format!("{format:?}"),
        AuthorizerKind::Token { .. } => "token".to_owned(),
    };
    format!("{kind} {} s", settings.result_ttl().duration().as_secs())
}

fn compare(file: &str, want: &Want, mut found: Deployment) {
    assert_eq!(found.stage, want.stage, "{file}: stage");
    assert_eq!(found.stage_variables, want.variables, "{file}: stage variables");
    let function = found.function.take().map(|function| {
        let pairs = function.environment.iter();
        let variables: Vec<String> = pairs.rev().map(|(name, it)| format!("{name}={it}")).collect();
        let (timeout, memory) = (function.timeout.as_secs(), function.memory_megabytes);
        let (name, machine) = (function.name, function.architecture);
        format!("{name} {timeout} s {memory} MB {machine} {}", variables.join(" "))
    });
    assert_eq!(function, want.function, "{file}: function");
    let mut methods: Vec<String> = found.api.methods().iter().map(line).collect();
    let mut wanted = want.methods.clone();
    methods.sort();
    wanted.sort();
    assert_eq!(methods, wanted, "{file}: methods");
    let note = |note: &gatepost_emulator::gateway::DefinitionNote| {
        format!("{:?} {}: {}", note.kind, note.pointer, note.message)
    };
    let notes: Vec<String> = found.api.notes().iter().map(note).collect();
    assert_eq!(notes, want.notes, "{file}: notes");
    let authorizers: Vec<String> = found.api.authorizers_mut().iter().map(authorizer).collect();
    assert_eq!(authorizers, want.authorizers, "{file}: authorizers");
    for (_, path, method) in found.api.methods() {
        if let Access::Guarded(id) = method.access {
            assert!(found.api.authorizer(id).is_some(), "{file}: {path}");
        }
    }
}

#[test]
fn every_template_is_read_as_it_would_be_deployed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates");
    let pseudo = PseudoParameters {
        account: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let case = fs::read_to_string(&path).unwrap();
        let want: Want = serde_yaml_ng::from_str(&member(&case, "want")).unwrap();
        let document = YamlDocument::parse(&case).unwrap();
        let api = document.root().get("api").map(|api| api.text().unwrap().to_owned());
        let template = Template::parse(&member(&case, "template"), &pseudo).unwrap();
        match template.deployment(api.as_deref()) {
            Ok(found) => {
                assert!(want.faults.is_empty(), "{file}: no fault is found");
                compare(&file, &want, found);
            }
            Err(error) => {
                let faults: Vec<String> = error.faults().iter().map(ToString::to_string).collect();
                assert_eq!(faults, want.faults, "{file}: faults");
            }
        }
        count += 1;
    }
    assert!(count > 0, "no cases in {}", folder.display());
}

#[test]
fn what_is_no_template_is_a_fault() {
    let pseudo = PseudoParameters {
        account: String::new(),
        partition: String::new(),
        region: String::new(),
    };
    for (text, fault) in [
        ("[]", "not a template: a mapping with `Resources` is expected"),
        ("{}", "`Resources` is missing"),
        ("Resources: 7", "`/Resources`: a number, expected a mapping"),
        ("{", "not JSON"),
    ] {
        let error = Template::parse(text, &pseudo).unwrap_err().to_string();
        assert!(error.starts_with(fault), "want `{fault}`, got {error}");
    }
}
