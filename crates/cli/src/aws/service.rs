//! Where a service is, and by which name its requests are signed.

use gatepost_authorizer::url::SecureUrl;

use super::AwsError;

/// A service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Service {
    /// The name in signatures.
    pub(crate) signing_name: &'static str,
    /// The first label of its host.
    host: &'static str,
    /// The variables that name another address; the first that is set counts.
    endpoint_variables: &'static [&'static str],
}

/// API Gateway's control plane.
pub(crate) const API_GATEWAY: Service = Service {
    signing_name: "apigateway",
    host: "apigateway",
    // The first is the name that AWS's own tools read.
    endpoint_variables: &["AWS_ENDPOINT_URL_API_GATEWAY", "AWS_ENDPOINT_URL_APIGATEWAY"],
};

/// Cognito's user pools.
pub(crate) const COGNITO: Service = Service {
    signing_name: "cognito-idp",
    host: "cognito-idp",
    endpoint_variables: &["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"],
};

/// Lambda.
pub(crate) const LAMBDA: Service = Service {
    signing_name: "lambda",
    host: "lambda",
    endpoint_variables: &["AWS_ENDPOINT_URL_LAMBDA"],
};

/// Whose credentials they are.
pub(crate) const STS: Service =
    Service { signing_name: "sts", host: "sts", endpoint_variables: &["AWS_ENDPOINT_URL_STS"] };

impl Service {
    /// The address without a path: that of a variable, or that of the region.
    ///
    /// # Errors
    ///
    /// [`AwsError::Endpoint`] for a variable whose address would send keys in the clear.
    pub(super) fn endpoint(
        self,
        region: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<String, AwsError> {
        for name in self.endpoint_variables {
            let Some(text) = variable(name).filter(|text| !text.is_empty()) else { continue };
            let url: SecureUrl = text
                .parse()
                .map_err(|why| AwsError::Endpoint { variable: (*name).to_owned(), why })?;
            return Ok(url.to_string());
        }
        Ok(format!("https://{}.{region}.{}", self.host, domain_of(region)))
    }
}

/// The domain of a region's partition.
///
/// Source: `partitions.json` of the AWS SDKs.
fn domain_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_partitions_domain() {
        for (region, want) in [
            ("eu-west-1", "https://apigateway.eu-west-1.amazonaws.com"),
            ("cn-north-1", "https://apigateway.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "https://apigateway.us-gov-west-1.amazonaws.com"),
            ("eusc-de-east-1", "https://apigateway.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(API_GATEWAY.endpoint(region, |_| None).unwrap(), want);
        }
    }

    #[test]
    fn a_variable_names_another_address() {
        for name in API_GATEWAY.endpoint_variables {
            let variable = |asked: &str| (asked == *name).then(|| "http://127.0.0.1:9".to_owned());
            assert_eq!(API_GATEWAY.endpoint("eu-west-1", variable).unwrap(), "http://127.0.0.1:9");
        }
    }
}
