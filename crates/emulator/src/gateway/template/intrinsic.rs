//! The functions of a template, replaced by what they give: `Ref`, `Fn::Join` and so on.
//!
//! A reference to a resource becomes its logical id, and an attribute `ID.Attribute`: what
//! CloudFormation would put there is not known before a deployment, and nothing here needs more than
//! to know which resource is meant. A function that is not known stays as it is.
//!
//! Source: [Intrinsic function reference][doc].
//!
//! [doc]: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html

use std::fmt::Write as _;

use serde_yaml_ng::value::TaggedValue;
use serde_yaml_ng::{Mapping, Value};

use crate::gateway::fault::DefinitionFault;
use crate::gateway::yaml::YamlDocument;

/// Conditions may be made of conditions; more levels than this are a circle.
const MAX_CONDITION_DEPTH: usize = 32;

/// Where a stack is taken to be deployed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PseudoParameters {
    /// `AWS::AccountId`
    pub account: String,
    /// `AWS::Partition`
    pub partition: String,
    /// `AWS::Region`
    pub region: String,
}

/// The document with its functions replaced.
pub(super) fn resolve(
    document: &YamlDocument,
    pseudo: &PseudoParameters,
) -> Result<YamlDocument, DefinitionFault> {
    let plain = without_tags(document.value());
    let section = |name: &str| plain.get(name).and_then(Value::as_mapping);
    let resolver = Resolver {
        pseudo,
        parameters: section("Parameters"),
        mappings: section("Mappings"),
        conditions: section("Conditions"),
    };
    let mut root = plain.as_mapping().cloned().ok_or_else(|| {
        document.root().fault("not a template: a mapping with `Resources` is expected")
    })?;
    if let Some(Value::Mapping(resources)) = root.get("Resources") {
        let mut resolved = Mapping::new();
        for (id, resource) in resources {
            let condition = resource.get("Condition").and_then(Value::as_str);
            if condition.is_none_or(|name| resolver.condition(name, 0)) {
                resolved.insert(id.clone(), resolver.value(resource).unwrap_or_default());
            }
        }
        root.insert("Resources".into(), resolved.into());
    }
    Ok(YamlDocument::from_value(root.into()))
}

/// `!Ref x` in its long form, and everything else as it is.
fn without_tags(value: &Value) -> Value {
    match value {
        Value::Tagged(tagged) => {
            let TaggedValue { tag, value } = tagged.as_ref();
            let name = tag.to_string();
            let name = match name.trim_start_matches('!') {
                "Ref" => "Ref".to_owned(),
                "Condition" => "Condition".to_owned(),
                other => format!("Fn::{other}"),
            };
            Mapping::from_iter([(Value::from(name), without_tags(value))]).into()
        }
        Value::Sequence(list) => list.iter().map(without_tags).collect(),
        Value::Mapping(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), without_tags(value)))
            .collect::<Mapping>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

struct Resolver<'a> {
    pseudo: &'a PseudoParameters,
    parameters: Option<&'a Mapping>,
    mappings: Option<&'a Mapping>,
    conditions: Option<&'a Mapping>,
}

impl Resolver<'_> {
    /// The value that a value gives; `None` for `AWS::NoValue`.
    fn value(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Sequence(list) => {
                Some(list.iter().filter_map(|element| self.value(element)).collect())
            }
            Value::Mapping(map) => {
                if let Some((name, argument)) = function(map) {
                    return self.call(name, argument, value);
                }
                let members = map.iter();
                let members =
                    members.filter_map(|(key, value)| Some((key.clone(), self.value(value)?)));
                Some(members.collect::<Mapping>().into())
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Tagged(_) => Some(value.clone()),
        }
    }

    fn call(&self, name: &str, argument: &Value, whole: &Value) -> Option<Value> {
        let result = match name {
            "Ref" => return self.reference(argument.as_str()?),
            "Fn::If" => {
                let [condition, yes, no] = argument.as_sequence()?.as_slice() else { return None };
                let holds = self.condition(condition.as_str()?, 0);
                return self.value(if holds { yes } else { no });
            }
            "Fn::GetAtt" => attribute(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Sub" => self.substitute(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::Base64" | "Fn::ImportValue" => self.value(argument),
            _ => None,
        };
        Some(result.unwrap_or_else(|| whole.clone()))
    }

    fn reference(&self, name: &str) -> Option<Value> {
        let pseudo = self.pseudo;
        let text = match name {
            "AWS::AccountId" => pseudo.account.clone(),
            "AWS::NoValue" => return None,
            "AWS::Partition" => pseudo.partition.clone(),
            "AWS::Region" => pseudo.region.clone(),
            "AWS::StackName" => "gatepost".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => return Some(self.parameter(name).unwrap_or_else(|| name.into())),
        };
        Some(text.into())
    }

    /// A parameter's default, which is a list where the parameter is one.
    fn parameter(&self, name: &str) -> Option<Value> {
        let parameter = self.parameters?.get(name)?;
        let default = parameter.get("Default")?;
        let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or_default();
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        match default.as_str() {
            Some(text) if is_list => {
                Some(text.split(',').map(|text| Value::from(text.trim())).collect())
            }
            _ => Some(default.clone()),
        }
    }

    fn join(&self, argument: &Value) -> Option<Value> {
        let [separator, list] = argument.as_sequence()?.as_slice() else { return None };
        let texts: Option<Vec<String>> =
            self.value(list)?.as_sequence()?.iter().map(text_of).collect();
        Some(texts?.join(separator.as_str()?).into())
    }

    fn substitute(&self, argument: &Value) -> Option<Value> {
        let (template, variables) = match argument.as_sequence().map(Vec::as_slice) {
            None => (argument.as_str()?, None),
            Some([template, variables]) => (template.as_str()?, variables.as_mapping()),
            Some(_) => return None,
        };
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let (name, after) = after.split_once('}')?;
            if let Some(literal) = name.strip_prefix('!') {
                let _ = write!(text, "${{{literal}}}");
            } else {
                let variable = variables.and_then(|variables| variables.get(name));
                let value = match variable {
                    Some(value) => self.value(value)?,
                    None => self.reference(name)?,
                };
                text.push_str(&text_of(&value)?);
            }
            rest = after;
        }
        text.push_str(rest);
        Some(text.into())
    }

    fn select(&self, argument: &Value) -> Option<Value> {
        let [index, list] = argument.as_sequence()?.as_slice() else { return None };
        let index: usize = text_of(&self.value(index)?)?.parse().ok()?;
        self.value(list)?.as_sequence()?.get(index).cloned()
    }

    fn split(&self, argument: &Value) -> Option<Value> {
        let [separator, text] = argument.as_sequence()?.as_slice() else { return None };
        let text = text_of(&self.value(text)?)?;
        Some(text.split(separator.as_str()?).map(Value::from).collect())
    }

    fn find_in_map(&self, argument: &Value) -> Option<Value> {
        let [map, first, second] = argument.as_sequence()?.as_slice() else { return None };
        let key = |value: &Value| self.value(value).as_ref().and_then(text_of);
        self.mappings?.get(key(map)?)?.get(key(first)?)?.get(key(second)?).cloned()
    }

    /// Whether a condition of the template holds, with the defaults of the parameters.
    fn condition(&self, name: &str, depth: usize) -> bool {
        let condition = self.conditions.and_then(|conditions| conditions.get(name));
        condition.is_some_and(|condition| self.holds(condition, depth + 1))
    }

    fn holds(&self, condition: &Value, depth: usize) -> bool {
        let Some((name, argument)) = condition.as_mapping().and_then(function) else {
            return false;
        };
        if depth > MAX_CONDITION_DEPTH {
            return false;
        }
        let parts = argument.as_sequence().map(Vec::as_slice).unwrap_or_default();
        match (name, parts) {
            ("Condition", _) => argument.as_str().is_some_and(|name| self.condition(name, depth)),
            ("Fn::And", parts) => parts.iter().all(|part| self.holds(part, depth + 1)),
            ("Fn::Or", parts) => parts.iter().any(|part| self.holds(part, depth + 1)),
            ("Fn::Not", [part]) => !self.holds(part, depth + 1),
            ("Fn::Equals", [one, other]) => {
                let text = |value| self.value(value).as_ref().and_then(text_of);
                text(one) == text(other)
            }
            _ => false,
        }
    }
}

/// The name and argument of a call: a mapping with one member that is the name of a function.
fn function(map: &Mapping) -> Option<(&str, &Value)> {
    let mut members = map.iter();
    let (Some((name, argument)), None) = (members.next(), members.next()) else { return None };
    let name = name.as_str()?;
    let is_function = name == "Ref" || name == "Condition" || name.starts_with("Fn::");
    // `Condition` is also an ordinary member, with any value.
    (is_function && (name != "Condition" || argument.is_string())).then_some((name, argument))
}

/// `ID.Attribute`.
fn attribute(argument: &Value) -> Option<Value> {
    let parts = match argument.as_sequence() {
        None => argument.as_str()?.to_owned(),
        Some(parts) => {
            let parts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
            parts?.join(".")
        }
    };
    Some(parts.into())
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Mapping(_) | Value::Sequence(_) | Value::Tagged(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `Resources.x.Properties.v` is in a template with some of everything.
    fn resolved(value: &str) -> String {
        let template = format!(
            "
Parameters:
  Color: {{ Type: String, Default: green }}
  Origins: {{ Type: CommaDelimitedList, Default: 'a, b' }}
  Open: {{ Type: String }}
Mappings: {{ Sizes: {{ eu-west-1: {{ small: 1 }} }} }}
Conditions:
  Green: !Equals [!Ref Color, green]
  NotGreen: !Not [!Condition Green]
  Both: !And [!Condition Green, !Condition NotGreen]
  Either: !Or [!Condition Green, !Condition NotGreen]
  Circle: !Condition Circle
Resources:
  x: {{ Type: A, Properties: {{ v: {value} }} }}
"
        );
        let pseudo = PseudoParameters {
            account: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let document = resolve(&YamlDocument::parse(&template).unwrap(), &pseudo).unwrap();
        let root = document.root();
        let properties =
            root.get("Resources").unwrap().get("x").unwrap().get("Properties").unwrap();
        let value = properties.get("v").map(|value| serde_json::to_string(value.value()).unwrap());
        value.unwrap_or_default()
    }

    #[test]
    fn functions_are_replaced_by_what_they_give() {
        for (value, want) in [
            ("!Ref Color", r#""green""#),
            ("{ Ref: Origins }", r#"["a","b"]"#),
            ("!Ref Open", r#""Open""#),
            ("!Ref Other", r#""Other""#),
            ("!Ref AWS::NoValue", ""),
            ("!GetAtt Api.RootResourceId", r#""Api.RootResourceId""#),
            ("{ Fn::GetAtt: [Api, RootResourceId] }", r#""Api.RootResourceId""#),
            ("!Join [':', [a, !Ref AWS::Region, 7]]", r#""a:eu-west-1:7""#),
            (
                "!Sub '${Color}/${AWS::AccountId}/${F.Arn}/${!x}'",
                r#""green/123456789012/F.Arn/${x}""#,
            ),
            ("!Sub ['${a}-${Color}', { a: !Ref AWS::Partition }]", r#""aws-green""#),
            ("!Select [1, !Split [',', 'a,b']]", r#""b""#),
            ("!FindInMap [Sizes, !Ref AWS::Region, small]", "1"),
            ("!If [Green, yes, no]", r#""yes""#),
            ("!If [NotGreen, yes, !Ref AWS::NoValue]", ""),
            ("!If [Both, 1, 2]", "2"),
            ("!If [Either, 1, 2]", "1"),
            ("!If [Circle, 1, 2]", "2"),
            ("!Base64 x", r#""x""#),
            ("!ImportValue shared", r#""shared""#),
            ("!GetAZs x", r#"{"Fn::GetAZs":"x"}"#),
            ("{ Condition: { StringEquals: {} } }", r#"{"Condition":{"StringEquals":{}}}"#),
            ("[1, !Ref AWS::NoValue, 2]", "[1,2]"),
        ] {
            assert_eq!(resolved(value), want, "{value}");
        }
    }
}
