//! The one HTTPS client: it fetches key sets, sends forms to sign-in providers, and carries the AWS
//! SDK's requests to DynamoDB.
//!
//! Whom it trusts, `trust.rs` says.
//!
//! Redirects are not followed: whom we ask for keys is configured, not answered.
//!
//! Keys are fetched over a connection of their own each time. They are asked for once an hour; by
//! then a connection that was kept is gone, and of one that went without a word while the function
//! was frozen a call would only learn by waiting in vain.

mod trust;

use std::error::Error;
use std::iter;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use gatepost_core::secret::Secret;
use http_body_util::{BodyExt, Limited};

pub use self::trust::CaBundleError;

use self::trust::Trust;
use crate::config::{ConfigFault, ConfigFaults};
use crate::jwks::{FetchError, FetchFuture, FetchKeySet};
use crate::url::SecureUrl;

/// One connection is tried for this long; the deadline of a call then has room for another try.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A client with its pool of connections. Clones share both.
#[derive(Clone, Debug)]
pub struct HttpsClient {
    pooled: SharedHttpConnector,
    unpooled: SharedHttpConnector,
}

impl HttpsClient {
    /// A client that trusts the roots in the file that `AWS_CA_BUNDLE` names, if it is set, or else the
    /// platform's.
    ///
    /// # Errors
    ///
    /// [`ConfigFaults`] if there is such a file but not one that can be used.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFaults> {
        Self::by_bundle_or(Trust::Platform, variable)
    }

    /// The same for a function in Lambda: without such a file, only Amazon's roots count where AWS
    /// itself is asked.
    ///
    /// # Errors
    ///
    /// As [`from_vars`](Self::from_vars).
    pub fn for_function(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFaults> {
        Self::by_bundle_or(Trust::AmazonForAws, variable)
    }

    /// A client that trusts the platform's roots, or those of the PEM file `ca_bundle`.
    ///
    /// # Errors
    ///
    /// [`CaBundleError`] if there is such a file but not one that can be used.
    pub fn new(ca_bundle: Option<&Path>) -> Result<Self, CaBundleError> {
        Self::trusting(&ca_bundle.map_or(Ok(Trust::Platform), Trust::read_bundle)?)
    }

    fn by_bundle_or(
        trust: Trust,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigFaults> {
        const NAME: &str = "AWS_CA_BUNDLE";
        let trust = variable(NAME).map_or(Ok(trust), |path| Trust::read_bundle(Path::new(&path)));
        trust.and_then(|trust| Self::trusting(&trust)).map_err(|error| {
            let message = format!("must name a file of root certificates: {error}");
            [ConfigFault { setting: NAME.to_owned(), message }].into_iter().collect()
        })
    }

    fn trusting(trust: &Trust) -> Result<Self, CaBundleError> {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
        let connector = Connector::builder()
            .connector_settings(settings)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        let unpooled = connector.clone().pool_max_idle_per_host(0);
        let [pooled, unpooled] = [connector, unpooled].map(|connector| {
            let connect = move |tls| connector.clone().tls_context(tls).build();
            trust.connector(move |tls| SharedHttpConnector::new(connect(tls)))
        });
        Ok(Self {
            pooled: SharedHttpConnector::new(pooled?),
            unpooled: SharedHttpConnector::new(unpooled?),
        })
    }

    /// The same client in the form the AWS SDK takes.
    pub fn for_aws_sdk(&self) -> SharedHttpClient {
        let connector = self.pooled.clone();
        http_client_fn(move |_, _| connector.clone())
    }

    /// The pool of connections itself, for requests to others than the AWS SDK's.
    pub fn connector(&self) -> SharedHttpConnector {
        self.pooled.clone()
    }

    /// Gets what is behind `url`, of `max_bytes` at most.
    ///
    /// # Errors
    ///
    /// [`FetchError`], also for any other status than 200.
    pub async fn get(&self, url: &SecureUrl, max_bytes: usize) -> Result<Bytes, FetchError> {
        let request = HttpRequest::get(url.as_str()).map_err(|_| FetchError::Address)?;
        match self.send(request, max_bytes).await? {
            (200, body) => Ok(body),
            (status, _) => Err(FetchError::Status { status }),
        }
    }

    /// Sends a form to `url`, with an `Authorization` header or without. Gives the status, whatever
    /// it is, and a body of `max_bytes` at most.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if there is no whole answer. It holds nothing of what was sent.
    pub async fn post_form(
        &self,
        url: &SecureUrl,
        authorization: Option<Secret<String>>,
        form: Secret<String>,
        max_bytes: usize,
    ) -> Result<(u16, Bytes), FetchError> {
        let body = SdkBody::from(form.expose().as_str());
        let mut request = HttpRequest::new(body);
        request.set_uri(url.as_str()).map_err(|_| FetchError::Address)?;
        request.set_method("POST").map_err(|_| FetchError::Address)?;
        request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            let value = authorization.expose().clone();
            let headers = request.headers_mut();
            headers.try_insert("authorization", value).map_err(|_| FetchError::Address)?;
        }
        self.send(request, max_bytes).await
    }

    async fn send(
        &self,
        mut request: HttpRequest,
        max_bytes: usize,
    ) -> Result<(u16, Bytes), FetchError> {
        request.headers_mut().insert("accept", "application/json, application/jwk-set+json");
        request.headers_mut().insert("user-agent", USER_AGENT);
        let answer = self
            .unpooled
            .call(request)
            .await
            .map_err(|error| FetchError::Unreachable { why: with_causes(&error) })?;
        let status = answer.status().as_u16();
        match Limited::new(answer.into_body(), max_bytes).collect().await {
            Ok(body) => Ok((status, body.to_bytes())),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                Err(FetchError::TooLarge { max_bytes })
            }
            Err(_) => Err(FetchError::CutOff),
        }
    }
}

const USER_AGENT: &str = concat!("gatepost-authorizer/", env!("CARGO_PKG_VERSION"));

impl FetchKeySet for HttpsClient {
    fn fetch<'a>(&'a self, url: &'a SecureUrl, max_bytes: usize) -> FetchFuture<'a> {
        Box::pin(self.get(url, max_bytes))
    }
}

/// An error and what caused it, from the outside in.
fn with_causes(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
