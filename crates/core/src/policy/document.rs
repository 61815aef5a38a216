//! The policy document and its statements, and why a text is not one.

use std::collections::BTreeSet;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::action::{ActionPattern, Actions};
use super::condition::Condition;
use super::parse;
use super::resource::ResourcePattern;
use crate::json::{At, Json, JsonError, JsonRef};

/// One IAM policy document for `execute-api`, as a group's file or row holds it.
///
/// Source: [grammar of the IAM JSON policy language][grammar]; the forms of `Resource` are those
/// of [`ResourcePattern`].
///
/// # Examples
///
/// ```
/// # use gatepost_core::policy::PolicyDocument;
/// let document = PolicyDocument::parse(
///     br#"{ "Version": "2012-10-17",
///           "Statement": { "Effect": "Allow", "Action": "execute-api:Invoke",
///                          "Resource": ["GET/movies", "GET/movies/*"] } }"#,
/// )?;
/// assert_eq!(document.statements().len(), 1);
///
/// let error = PolicyDocument::parse(br#"{ "Statement": { "Efect": "Allow" } }"#).unwrap_err();
/// assert_eq!(error.faults()[0].pointer, "/Statement/Efect");
/// # Ok::<(), gatepost_core::policy::DocumentError>(())
/// ```
///
/// [grammar]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyDocument {
    pub(super) version: Version,
    pub(super) statements: Vec<Statement>,
}

impl PolicyDocument {
    /// The longest text that is read, in bytes: what one [DynamoDB item][item] can hold.
    ///
    /// [item]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    pub const MAX_BYTES: usize = 400 * 1024;

    /// Reads a document from its JSON text.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with every fault and its place.
    pub fn parse(text: &[u8]) -> Result<Self, DocumentError> {
        if text.len() > Self::MAX_BYTES {
            let (bytes, max) = (text.len(), Self::MAX_BYTES);
            let message = format!("the document is {bytes} bytes, over the limit of {max}");
            return Err(DocumentError::one(Fault::new("", Rule::TooLarge, message)));
        }
        let json = JsonRef::parse(text)?;
        // Most texts have nothing that such a character could be written with.
        let faults = if parse::may_write_control_characters(text) {
            parse::control_characters(&json)
        } else {
            Vec::new()
        };
        Self::from_borrowed(&json, faults)
    }

    /// Reads a document from JSON that has been parsed.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with every fault and its place.
    pub fn from_json(json: &Json) -> Result<Self, DocumentError> {
        let json = JsonRef::from(json);
        Self::from_borrowed(&json, parse::control_characters(&json))
    }

    fn from_borrowed(json: &JsonRef<'_>, mut faults: Vec<Fault>) -> Result<Self, DocumentError> {
        match parse::document(json, &mut faults) {
            Some(document) if faults.is_empty() => Ok(document),
            Some(_) | None => Err(DocumentError { faults }),
        }
    }

    /// The version of the policy language.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The statements, in the order they were written.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// A document that says nothing: everything is implicitly denied.
    pub fn empty() -> Self {
        Self::of(Vec::new())
    }

    /// A document that denies everything.
    pub fn deny_all() -> Self {
        let any = ResourcePattern::any();
        Self::of(vec![Statement {
            sid: None,
            effect: Effect::Deny,
            actions: Actions::Only(vec![ActionPattern::any()]),
            resources: Resources::Only(vec![any]),
            condition: Condition::default(),
        }])
    }

    /// A document of these statements.
    pub(crate) fn of(statements: Vec<Statement>) -> Self {
        Self { version: Version::V2012, statements }
    }

    /// The same document with these statements.
    pub(crate) fn with(&self, statements: Vec<Statement>) -> Self {
        Self { version: self.version, statements }
    }

    /// The names of the claims that its resources need for their `${token:…}`.
    pub fn claim_names(&self) -> BTreeSet<&str> {
        self.statements
            .iter()
            .flat_map(|statement| statement.resources.patterns())
            .flat_map(ResourcePattern::claims)
            .collect()
    }
}

/// The document in its own members' order: `Version`, then each statement.
impl Serialize for PolicyDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("Version", self.version.as_str())?;
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

/// Compact JSON text.
impl fmt::Display for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The version of the policy language.
///
/// They differ in variables only, and those that IAM knows are refused in both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// `2008-10-17`, and documents without a version: no variables.
    V2008,
    /// `2012-10-17`.
    V2012,
}

impl Version {
    /// As it is written in a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// One statement of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) actions: Actions,
    pub(super) resources: Resources,
    pub(super) condition: Condition,
}

impl Statement {
    /// The statement's own name, if it has one.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether it allows or denies.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Which actions it is about.
    pub fn actions(&self) -> &Actions {
        &self.actions
    }

    /// Which resources it is about.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// What must hold for it to apply.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The same statement about these patterns, which count as its own do.
    pub(crate) fn with_patterns(&self, patterns: Vec<ResourcePattern>) -> Self {
        let resources = match self.resources {
            Resources::Only(_) => Resources::Only(patterns),
            Resources::Except(_) => Resources::Except(patterns),
        };
        Self { resources, ..self.clone() }
    }

    /// Statements that say the same together, each about one action and one pattern where the
    /// statement lists them; none has a Sid.
    pub(crate) fn atoms(&self) -> Vec<Self> {
        let actions = match &self.actions {
            Actions::Only(actions) => {
                actions.iter().map(|action| Actions::Only(vec![action.clone()])).collect()
            }
            Actions::Except(_) => vec![self.actions.clone()],
        };
        let resources: Vec<Resources> = match &self.resources {
            Resources::Only(patterns) => {
                patterns.iter().map(|pattern| Resources::Only(vec![pattern.clone()])).collect()
            }
            Resources::Except(_) => vec![self.resources.clone()],
        };
        let atom = |(actions, resources): (&Actions, &Resources)| Self {
            sid: None,
            actions: actions.clone(),
            resources: resources.clone(),
            ..self.clone()
        };
        let pairs = actions.iter().flat_map(|one| resources.iter().map(move |other| (one, other)));
        pairs.map(atom).collect()
    }

    /// The same statement, for every action and whatever holds.
    pub(crate) fn about_everything(&self) -> Self {
        let actions = Actions::Only(vec![ActionPattern::any()]);
        Self { actions, ..self.without_condition() }
    }

    /// The same statement, whatever holds.
    pub(crate) fn without_condition(&self) -> Self {
        Self { condition: Condition::default(), ..self.clone() }
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = &self.sid {
            map.serialize_entry("Sid", sid)?;
        }
        map.serialize_entry("Effect", self.effect.as_str())?;
        match &self.actions {
            Actions::Only(actions) => map.serialize_entry("Action", &OneOrList(actions))?,
            Actions::Except(actions) => map.serialize_entry("NotAction", &OneOrList(actions))?,
        }
        match &self.resources {
            Resources::Only(resources) => map.serialize_entry("Resource", &OneOrList(resources))?,
            Resources::Except(resources) => {
                map.serialize_entry("NotResource", &OneOrList(resources))?;
            }
        }
        if !self.condition.is_empty() {
            map.serialize_entry("Condition", &self.condition.to_json())?;
        }
        map.end()
    }
}

/// What a statement does where it applies.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Effect {
    /// Denies, whatever allows.
    Deny,
    /// Allows, unless something denies.
    Allow,
}

impl Effect {
    /// As it is written in a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// `Resource` or `NotResource`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Resources {
    /// Every resource that one of these matches.
    Only(Vec<ResourcePattern>),
    /// Every resource that none of these matches.
    Except(Vec<ResourcePattern>),
}

impl Resources {
    /// The patterns, whichever way they count.
    pub fn patterns(&self) -> &[ResourcePattern] {
        match self {
            Self::Only(patterns) | Self::Except(patterns) => patterns,
        }
    }
}

/// Why a text is not a policy document: every fault that was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))]
pub struct DocumentError {
    // INVARIANT: not empty.
    faults: Vec<Fault>,
}

impl DocumentError {
    fn one(fault: Fault) -> Self {
        Self { faults: vec![fault] }
    }

    /// The faults, in the order of the document; at least one.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl From<JsonError> for DocumentError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::RepeatedMembers(pointers) => Self {
                faults: pointers
                    .iter()
                    .map(|at| Fault::new(at, Rule::RepeatedMember, "stands twice in its object"))
                    .collect(),
            },
            JsonError::Syntax { .. } => {
                Self::one(Fault::new("", Rule::InvalidJson, error.to_string()))
            }
        }
    }
}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Where, as a JSON Pointer (RFC 6901); empty for the document itself.
    pub pointer: String,
    /// Which rule is broken.
    pub rule: Rule,
    /// What is wrong, in words that follow the place.
    pub message: String,
}

impl Fault {
    pub(super) fn new(pointer: impl fmt::Display, rule: Rule, message: impl Into<String>) -> Self {
        Self { pointer: pointer.to_string(), rule, message: message.into() }
    }

    pub(super) fn wrong_type(pointer: &At<'_>, found: &JsonRef<'_>, wanted: &str) -> Self {
        Self::new(pointer, Rule::WrongType, format!("must be {wanted}, not {}", found.kind()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "`{}` ", self.pointer)?;
        }
        write!(f, "{} [{}]", self.message, self.rule)
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident => $id:literal,)*) => {
        /// The rules that a document can break.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// Every rule, by id.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable id: `missing-effect`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }
    };
}

rules! {
    /// `Action` and `NotAction` in one statement.
    ActionAndNotAction => "action-and-not-action",
    /// A control character in a string.
    ControlCharacter => "control-character",
    /// A list that must not be empty is.
    EmptyList => "empty-list",
    /// An action that is neither `*` nor `service:name`.
    InvalidAction => "invalid-action",
    /// A Resource that begins with `arn` and is no ARN of `execute-api`.
    InvalidArn => "invalid-arn",
    /// A condition key without a prefix, or with characters that no key has.
    InvalidConditionKey => "invalid-condition-key",
    /// A condition operator that does not exist, or not in this form.
    InvalidConditionOperator => "invalid-condition-operator",
    /// A condition value that is not of the operator's type.
    InvalidConditionValue => "invalid-condition-value",
    /// An effect that is neither `Allow` nor `Deny`.
    InvalidEffect => "invalid-effect",
    /// Text that is not JSON.
    InvalidJson => "invalid-json",
    /// A Resource that is neither an ARN nor a route pattern.
    InvalidResource => "invalid-resource",
    /// A Sid that is not made of letters and digits.
    InvalidSid => "invalid-sid",
    /// A `${…}` that is malformed, or where none may be, or that names no claim.
    InvalidVariable => "invalid-variable",
    /// A version that does not exist.
    InvalidVersion => "invalid-version",
    /// A statement without `Action` and `NotAction`.
    MissingAction => "missing-action",
    /// A statement without `Effect`.
    MissingEffect => "missing-effect",
    /// A statement without `Resource` and `NotResource`.
    MissingResource => "missing-resource",
    /// A document without `Statement`.
    MissingStatement => "missing-statement",
    /// Several values for `Bool` or `Null`.
    MultipleBooleans => "multiple-booleans",
    /// One condition key twice in one operator, in another case.
    RepeatedConditionKey => "repeated-condition-key",
    /// One member twice in one object.
    RepeatedMember => "repeated-member",
    /// One Sid on two statements.
    RepeatedSid => "repeated-sid",
    /// `Resource` and `NotResource` in one statement.
    ResourceAndNotResource => "resource-and-not-resource",
    /// A Resource over [`ResourcePattern::MAX_CHARACTERS`].
    ResourceTooLong => "resource-too-long",
    /// A document over [`PolicyDocument::MAX_BYTES`].
    TooLarge => "too-large",
    /// A member that no document of this kind has.
    UnknownMember => "unknown-member",
    /// A member that has its place in other kinds of documents.
    UnsupportedMember => "unsupported-member",
    /// A wildcard in the service of an ARN or action.
    WildcardInService => "wildcard-in-service",
    /// A value of the wrong JSON type.
    WrongType => "wrong-type",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value as it is, several as a list.
struct OneOrList<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for OneOrList<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => one.serialize(serializer),
            list => list.serialize(serializer),
        }
    }
}
