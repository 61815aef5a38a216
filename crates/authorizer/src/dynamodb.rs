//! The DynamoDB client, from the few variables that Lambda sets.
//!
//! `aws-config` would look for credentials in files, profiles and services that a function does
//! not have. A function's credentials stand in its environment and live as long as it does.

use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::{Client, Config};

use crate::config::{ConfigFault, ConfigFaults};
use crate::https::HttpsClient;
use crate::url::SecureUrl;

/// Where DynamoDB is, and as whom to ask it.
#[derive(Debug)]
pub struct DynamoDbSettings {
    region: String,
    credentials: Credentials,
    endpoint: Option<SecureUrl>,
}

impl DynamoDbSettings {
    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and
    /// `AWS_ENDPOINT_URL_DYNAMODB`, the latter two optional.
    ///
    /// # Errors
    ///
    /// [`ConfigFaults`] with every fault; none repeats a value.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFaults> {
        let mut faults = Vec::new();
        let mut fault = |setting: &str, message: String| {
            faults.push(ConfigFault { setting: setting.to_owned(), message });
        };
        let [region, key_id, secret] = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
            .map(|name| {
                let value = variable(name).filter(|value| !value.is_empty());
                if value.is_none() {
                    fault(name, "is required".to_owned());
                }
                value
            });
        let session_token = variable("AWS_SESSION_TOKEN").filter(|token| !token.is_empty());
        let endpoint = variable(ENDPOINT).map(|text| text.parse::<SecureUrl>()).transpose();
        if let Err(error) = &endpoint {
            fault(ENDPOINT, error.to_string());
        }
        match (region, key_id, secret, endpoint) {
            (Some(region), Some(key_id), Some(secret), Ok(endpoint)) => Ok(Self {
                region,
                credentials: Credentials::new(key_id, secret, session_token, None, "environment"),
                endpoint,
            }),
            _ => Err(faults.into_iter().collect()),
        }
    }

    /// The region that is asked.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// As whom it is asked.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// A client that sends its requests through `https`.
    pub fn client(self, https: &HttpsClient) -> Client {
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region))
            .credentials_provider(self.credentials)
            .http_client(https.for_aws_sdk())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = self.endpoint {
            config = config.endpoint_url(endpoint.as_str());
        }
        Client::from_conf(config.build())
    }
}

const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<DynamoDbSettings, ConfigFaults> {
        DynamoDbSettings::from_vars(|name| {
            vars.iter().find_map(|(key, value)| (*key == name).then(|| (*value).to_owned()))
        })
    }

    const LAMBDA: [(&str, &str); 4] = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "session"),
    ];

    #[test]
    fn what_lambda_sets_is_enough() {
        let settings = read(&LAMBDA).unwrap();
        assert_eq!(settings.region, "eu-west-1");
        assert_eq!(settings.credentials.session_token(), Some("session"));
        assert_eq!(settings.endpoint, None);
    }

    #[test]
    fn every_fault_is_reported_and_no_value_repeated() {
        let faults = read(&[(ENDPOINT, "http://dynamodb.example"), ("AWS_ACCESS_KEY_ID", "")]);
        assert_eq!(
            faults.unwrap_err().to_string(),
            "`AWS_REGION` is required; `AWS_ACCESS_KEY_ID` is required; \
             `AWS_SECRET_ACCESS_KEY` is required; `AWS_ENDPOINT_URL_DYNAMODB` must be an `https:` \
             URL; `http:` is accepted for this machine only"
        );
    }
}
