//! Which front door of API Gateway an event comes through: told by its shape, since nothing else
//! says so.
//!
//! | front door | `version` | `type` | method ARN | token | answer |
//! | --- | --- | --- | --- | --- | --- |
//! | REST API, `REQUEST` | | `REQUEST` | `methodArn` | any source | policy |
//! | REST API, `TOKEN` | | `TOKEN` | `methodArn` | `authorizationToken` | policy |
//! | WebSocket API | | `REQUEST` | `methodArn`, of `$connect` | any source | policy, 8 KB at most |
//! | HTTP API, format 1.0 | `1.0` | `REQUEST` | `methodArn` | any source | policy |
//! | HTTP API, format 2.0 | `2.0` | `REQUEST` | `routeArn` | any source | policy, or simple |
//!
//! Sources: [REST], [WebSocket], [HTTP].
//!
//! [REST]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
//! [WebSocket]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
//! [HTTP]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html

use gatepost_core::gateway::MethodArn;

/// A front door.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FrontDoor {
    /// An HTTP API, payload format 1.0.
    HttpApi1,
    /// An HTTP API, payload format 2.0.
    HttpApi2,
    /// A REST API's authorizer of type `REQUEST`.
    RestRequest,
    /// A REST API's authorizer of type `TOKEN`.
    RestToken,
    /// A WebSocket API.
    WebSocket,
}

impl FrontDoor {
    /// The front door that sends events of this payload version and type about this method; none
    /// if there is no such.
    pub(crate) fn of(version: Option<&str>, kind: &str, method: &MethodArn) -> Option<Self> {
        match (version, kind) {
            (Some("2.0"), "REQUEST") => Some(Self::HttpApi2),
            (Some("1.0"), "REQUEST") => Some(Self::HttpApi1),
            (None, "REQUEST") if method.verb() == "$connect" && !method.has_path() => {
                Some(Self::WebSocket)
            }
            (None, "REQUEST") => Some(Self::RestRequest),
            (None, "TOKEN") => Some(Self::RestToken),
            (None | Some(_), _) => None,
        }
    }

    /// The name in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::HttpApi1 => "http_api_1",
            Self::HttpApi2 => "http_api_2",
            Self::RestRequest => "rest_request",
            Self::RestToken => "rest_token",
            Self::WebSocket => "websocket",
        }
    }

    /// How long an answer may be whatever the settings say, in bytes.
    ///
    /// Source: [quotas of WebSocket APIs][quotas], "AWS Lambda authorizer result size".
    ///
    /// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
    pub(crate) fn max_answer_bytes(self) -> usize {
        match self {
            Self::WebSocket => 8_192,
            Self::HttpApi1 | Self::HttpApi2 | Self::RestRequest | Self::RestToken => usize::MAX,
        }
    }

    /// Whether values that a client sends twice under one name come joined by commas, and not in
    /// a map of lists.
    pub(crate) fn joins_values(self) -> bool {
        self == Self::HttpApi2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_door_is_told_by_version_type_and_method() {
        let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";
        for (version, kind, method, want) in [
            (None, "REQUEST", "GET/", Some(FrontDoor::RestRequest)),
            (None, "REQUEST", "GET/$connect", Some(FrontDoor::RestRequest)),
            (None, "REQUEST", "$connect", Some(FrontDoor::WebSocket)),
            (None, "REQUEST", "$connect/", Some(FrontDoor::RestRequest)),
            (None, "TOKEN", "GET/a", Some(FrontDoor::RestToken)),
            (Some("1.0"), "REQUEST", "GET/a", Some(FrontDoor::HttpApi1)),
            (Some("2.0"), "REQUEST", "GET/a", Some(FrontDoor::HttpApi2)),
            (Some("2.0"), "TOKEN", "GET/a", None),
            (Some("3.0"), "REQUEST", "GET/a", None),
            (Some(""), "REQUEST", "GET/a", None),
            (None, "request", "GET/a", None),
            (None, "", "GET/a", None),
        ] {
            let method = format!("{stage}/{method}").parse().unwrap();
            assert_eq!(FrontDoor::of(version, kind, &method), want, "{version:?} {kind} {method}");
        }
    }
}
