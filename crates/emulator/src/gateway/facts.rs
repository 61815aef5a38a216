//! What is known of a request when an answer to it is made: the `$context` of API Gateway.
//!
//! Source: [`$context` variables for data models, authorizers, mapping templates, and CloudWatch
//! access logging][doc].
//!
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html

use std::collections::BTreeMap;

use gatepost_core::gateway::StageArn;
use http::header::USER_AGENT;

use super::answer::{Answer, text_of_context};
use super::call::Call;
use super::event::extended_request_id;
use super::response::GatewayResponse;

/// Facts about one request.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) request_id: &'a str,
    pub(super) stage: &'a StageArn,
    pub(super) stage_variables: &'a BTreeMap<String, String>,
    /// `None` for a request that is over a limit or has no verb of API Gateway's.
    pub(super) call: Option<&'a Call>,
    /// The path of the resource, if the request has found one.
    pub(super) template: Option<&'a str>,
    /// The authorizer's answer, if there is one.
    pub(super) answer: Option<&'a Answer>,
}

impl Facts<'_> {
    /// The value of `$context.NAME` in the answer `response`; `None` if the request has none.
    pub(super) fn context(&self, response: GatewayResponse, name: &str) -> Option<String> {
        let call = self.call;
        if let Some(key) = name.strip_prefix("authorizer.") {
            return self.authorizer(key);
        }
        match name {
            "accountId" => Some(self.stage.account().to_owned()),
            "apiId" => Some(self.stage.api_id().to_owned()),
            "error.message" => response.message().map(ToOwned::to_owned),
            "error.messageString" => {
                Some(response.message().map_or("null".to_owned(), |text| format!("\"{text}\"")))
            }
            "error.responseType" => response.response_type().map(ToOwned::to_owned),
            "extendedRequestId" => Some(extended_request_id(self.request_id)),
            "httpMethod" => call.map(|call| call.verb.to_string()),
            "identity.sourceIp" => call.map(|call| call.peer.to_string()),
            "identity.userAgent" => call.and_then(|call| call.header_text(&USER_AGENT)),
            "path" => call.map(|call| call.path.as_sent().to_owned()),
            "protocol" => call.map(|call| call.protocol.to_owned()),
            "requestId" => Some(self.request_id.to_owned()),
            "resourcePath" => self.template.map(ToOwned::to_owned),
            "stage" => Some(self.stage.stage().to_owned()),
            _ => None,
        }
    }

    fn authorizer(&self, key: &str) -> Option<String> {
        let answer = self.answer?;
        if key == "principalId" {
            return answer.principal_id.clone();
        }
        let (_, value) = answer.context.iter().find(|(name, _)| name == key)?;
        text_of_context(value)
    }
}
