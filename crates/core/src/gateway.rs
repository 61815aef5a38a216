//! What API Gateway calls a method: the ARN in every authorizer event, and its API and stage; and how
//! it finds the resource of a path.

mod path_template;
mod path_tree;

use std::fmt;
use std::str::FromStr;

pub use self::path_template::{PathTemplate, PathTemplateError, Segment};
pub use self::path_tree::{PathMatch, PathTree, RepeatedPath};

/// The verbs an API Gateway method can have, and so what `*` stands for in a route pattern.
///
/// Source: [`httpMethod` of a method](https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html),
/// without `ANY`, which is no verb that a request can carry.
pub const VERBS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The ARN of the method a request wants to invoke.
///
/// Shape: `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{verb}/{path}`. The path is
/// the request's own, with its parameters in place, so it may be empty and may hold `/`, `:`, `*`
/// and `?`, all of them plain characters here. A WebSocket route has no path: `…/{stage}/$connect`.
///
/// Length: 1 to [`MAX_BYTES`](Self::MAX_BYTES) bytes of UTF-8.
///
/// Source: [Output from an API Gateway Lambda authorizer][output].
///
/// # Examples
///
/// ```
/// # use gatepost_core::gateway::MethodArn;
/// let arn: MethodArn = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/orders/7".parse()?;
/// assert_eq!((arn.verb(), arn.path()), ("GET", "orders/7"));
/// # Ok::<(), gatepost_core::gateway::MethodArnError>(())
/// ```
///
/// [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct MethodArn {
    // INVARIANT: begins with the text of `stage` and a slash.
    text: String,
    stage: StageArn,
    // INVARIANT: a char boundary of `text`, after the verb.
    verb_end: usize,
}

impl MethodArn {
    /// API Gateway answers 414 to a request whose method ARN is longer, in bytes.
    ///
    /// Source: [Output from an API Gateway Lambda authorizer][output].
    ///
    /// [output]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    pub const MAX_BYTES: usize = 1600;

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The API and stage this method belongs to.
    pub fn stage_arn(&self) -> &StageArn {
        &self.stage
    }

    /// The verb, or the route key of a WebSocket route, such as `$connect`.
    pub fn verb(&self) -> &str {
        slice(&self.text, self.stage.text.len() + 1, self.verb_end)
    }

    /// The path without its leading slash: empty for the root, and for a WebSocket route.
    pub fn path(&self) -> &str {
        slice(&self.text, self.verb_end + 1, self.text.len())
    }

    /// Whether a path follows the verb, be it empty; false for a WebSocket route.
    pub fn has_path(&self) -> bool {
        self.verb_end < self.text.len()
    }

    /// What stands after the fifth colon: `{api}/{stage}/{verb}/{path}`.
    pub(crate) fn tail(&self) -> &str {
        slice(&self.text, self.stage.ends.account + 1, self.text.len())
    }
}

impl FromStr for MethodArn {
    type Err = MethodArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > Self::MAX_BYTES {
            return Err(MethodArnError::TooLong { bytes: text.len() });
        }
        let (ends, rest) = Ends::parse(text)?;
        let rest = rest.ok_or(MethodArnError::Missing { field: "verb" })?;
        let verb = rest.split('/').next().unwrap_or_default();
        if verb.is_empty() {
            return Err(MethodArnError::Missing { field: "verb" });
        }
        let stage = StageArn { text: slice(text, 0, ends.stage).to_owned(), ends };
        Ok(Self { text: text.to_owned(), stage, verb_end: ends.stage + 1 + verb.len() })
    }
}

impl fmt::Display for MethodArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The API and stage that are being called: a method ARN without verb and path.
///
/// Shape: `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct StageArn {
    text: String,
    ends: Ends,
}

impl StageArn {
    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        slice(&self.text, "arn:".len(), self.ends.partition)
    }

    /// The region the API is in.
    pub fn region(&self) -> &str {
        slice(&self.text, self.ends.partition + ":execute-api:".len(), self.ends.region)
    }

    /// The account that owns the API.
    pub fn account(&self) -> &str {
        slice(&self.text, self.ends.region + 1, self.ends.account)
    }

    /// The API's id.
    pub fn api_id(&self) -> &str {
        slice(&self.text, self.ends.account + 1, self.ends.api_id)
    }

    /// The stage's name; `$default` on HTTP APIs, and `*` or `null` in the console's test events.
    pub fn stage(&self) -> &str {
        slice(&self.text, self.ends.api_id + 1, self.ends.stage)
    }

    /// What stands after the fifth colon: `{api}/{stage}`.
    pub(crate) fn tail(&self) -> &str {
        slice(&self.text, self.ends.account + 1, self.text.len())
    }
}

impl FromStr for StageArn {
    type Err = MethodArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MethodArn::MAX_BYTES {
            return Err(MethodArnError::TooLong { bytes: text.len() });
        }
        match Ends::parse(text)? {
            (ends, None) => Ok(Self { text: text.to_owned(), ends }),
            (_, Some(_)) => Err(MethodArnError::Malformed { field: "stage" }),
        }
    }
}

impl fmt::Display for StageArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a method ARN, or not the ARN of a stage.
///
/// The text itself is not repeated here: a path can carry personal data, and errors are logged.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MethodArnError {
    /// A field has characters that it cannot have; wildcards among them, since these fields are
    /// copied into the returned policy.
    #[error("method ARN has a malformed {field}")]
    Malformed {
        /// Which field.
        field: &'static str,
    },

    /// A field is absent or empty.
    #[error("method ARN has no {field}")]
    Missing {
        /// Which field.
        field: &'static str,
    },

    /// The text is longer than [`MethodArn::MAX_BYTES`].
    #[error("method ARN is {bytes} bytes, over the limit of {max}", max = MethodArn::MAX_BYTES)]
    TooLong {
        /// The length received, in bytes.
        bytes: usize,
    },

    /// The text is an ARN of another service, or no ARN at all.
    #[error("not an `execute-api` ARN")]
    WrongService,
}

/// Where the fields end, in bytes.
// INVARIANT: each a char boundary of the text it was parsed from, where a separator or the end is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Ends {
    partition: usize,
    region: usize,
    account: usize,
    api_id: usize,
    stage: usize,
}

impl Ends {
    /// Also returns what follows the stage's slash, if there is one.
    fn parse(text: &str) -> Result<(Self, Option<&str>), MethodArnError> {
        let mut fields = text.splitn(6, ':');
        let mut next = || fields.next().unwrap_or_default();
        let (prefix, partition, service) = (next(), next(), next());
        if prefix != "arn" || service != "execute-api" {
            return Err(MethodArnError::WrongService);
        }
        let (region, account, tail) = (next(), next(), next());
        let mut tail = tail.splitn(3, '/');
        let (api_id, stage) = (tail.next().unwrap_or_default(), tail.next().unwrap_or_default());
        // As the resources of a policy have these fields, so that they can be copied there.
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        for (field, value) in [("partition", partition), ("region", region), ("account", account)] {
            require(field, value, value.bytes().all(is_word))?;
        }
        require("API id", api_id, is_name(api_id))?;
        require("stage", stage, is_name(stage) || stage == "$default" || stage == "*")?;
        let partition_end = prefix.len() + 1 + partition.len();
        let region_end = partition_end + 1 + service.len() + 1 + region.len();
        let account_end = region_end + 1 + account.len();
        let api_end = account_end + 1 + api_id.len();
        let ends = Self {
            partition: partition_end,
            region: region_end,
            account: account_end,
            api_id: api_end,
            stage: api_end + 1 + stage.len(),
        };
        Ok((ends, tail.next()))
    }
}

fn require(field: &'static str, value: &str, well_formed: bool) -> Result<(), MethodArnError> {
    if value.is_empty() {
        Err(MethodArnError::Missing { field })
    } else if well_formed {
        Ok(())
    } else {
        Err(MethodArnError::Malformed { field })
    }
}

fn is_name(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A part of `text`; empty where the bounds do not fit, which the invariants rule out.
fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(tail: &str) -> Result<MethodArn, MethodArnError> {
        format!("arn:aws:execute-api:eu-west-1:123456789012:{tail}").parse()
    }

    #[test]
    fn every_field_is_found() {
        let arn = parse("a1/prod/GET/orders/7").unwrap();
        assert_eq!(
            {
                let stage = arn.stage_arn();
                [
                    stage.partition(),
                    stage.region(),
                    stage.account(),
                    stage.api_id(),
                    stage.stage(),
                    arn.verb(),
                ]
            },
            ["aws", "eu-west-1", "123456789012", "a1", "prod", "GET"]
        );
        assert_eq!(arn.path(), "orders/7");
        assert_eq!(arn.tail(), "a1/prod/GET/orders/7");
    }

    #[test]
    fn path_keeps_every_separator_after_the_verb() {
        assert_eq!(parse("a1/prod/GET/a:b//c/").unwrap().path(), "a:b//c/");
    }

    #[test]
    fn the_root_has_an_empty_path_and_a_websocket_route_has_none() {
        let (root, connect) = (parse("a1/prod/GET/").unwrap(), parse("a1/prod/$connect").unwrap());
        assert_eq!((root.path(), root.has_path()), ("", true));
        assert_eq!((connect.verb(), connect.path(), connect.has_path()), ("$connect", "", false));
    }

    #[test]
    fn the_stage_arn_is_what_comes_before_the_verb() {
        let arn = parse("a1/$default/GET/x").unwrap();
        let stage = arn.stage_arn();
        assert_eq!(stage.as_str(), "arn:aws:execute-api:eu-west-1:123456789012:a1/$default");
        assert_eq!(stage.as_str().parse(), Ok(stage.clone()));
        assert_eq!((stage.stage(), stage.tail()), ("$default", "a1/$default"));
    }

    #[test]
    fn test_events_of_the_console_are_method_arns() {
        for tail in ["a1/*/GET/", "a1/null/*/*", "a1/ESTestInvoke-stage/GET/"] {
            assert!(parse(tail).is_ok(), "{tail}");
        }
    }

    macro_rules! refuses {
        ($($name:ident: $text:expr => $error:expr;)*) => {$(
            #[test]
            fn $name() {
                assert_eq!($text.parse::<MethodArn>(), Err($error));
            }
        )*};
    }

    refuses! {
        empty_text: "" => MethodArnError::WrongService;
        another_service: "arn:aws:s3:::bucket/key" => MethodArnError::WrongService;
        no_stage: "arn:aws:execute-api:r:1:a1" => MethodArnError::Missing { field: "stage" };
        no_verb: "arn:aws:execute-api:r:1:a1/prod" => MethodArnError::Missing { field: "verb" };
        an_empty_verb: "arn:aws:execute-api:r:1:a1/prod//x" => MethodArnError::Missing { field: "verb" };
        an_underscore_in_the_partition: "arn:a_ws:execute-api:r:1:a1/prod/GET/x" => MethodArnError::Malformed { field: "partition" };
        a_wildcard_for_the_api: "arn:aws:execute-api:r:1:*/prod/GET/x" => MethodArnError::Malformed { field: "API id" };
        a_wildcard_in_the_stage: "arn:aws:execute-api:r:1:a1/p*/GET/x" => MethodArnError::Malformed { field: "stage" };
        over_the_limit: "x".repeat(1_601) => MethodArnError::TooLong { bytes: 1_601 };
    }
}
