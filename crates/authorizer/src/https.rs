//! The one HTTPS client: it fetches key sets, sends forms to sign-in providers, and carries the AWS
//! SDK's requests to DynamoDB.
//!
//! Trust: the roots of the platform, which the Lambda runtime's maintainers keep current without a
//! new deployment of ours, and which know the issuers of any identity provider. A file named by
//! `AWS_CA_BUNDLE` replaces them. The file is read and parsed here, before the client sees it,
//! because a faulty one must be a fault of the settings and not a panic.
//!
//! Redirects are not followed: whom we ask for keys is configured, not answered.
//!
//! Keys are fetched over a connection of their own each time. They are asked for once an hour; by
//! then a connection that was kept is gone, and of one that went without a word while the function
//! was frozen a call would only learn by waiting in vain.

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{fs, io, iter};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use gatepost_core::secret::Secret;
use http_body_util::{BodyExt, Limited};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

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
    /// A client that trusts the roots in the file that `AWS_CA_BUNDLE` names, if it is set.
    ///
    /// # Errors
    ///
    /// [`ConfigFaults`] if there is such a file but not one that can be used.
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigFaults> {
        const NAME: &str = "AWS_CA_BUNDLE";
        Self::new(variable(NAME).as_deref().map(Path::new)).map_err(|error| {
            let message = format!("must name a file of root certificates: {error}");
            [ConfigFault { setting: NAME.to_owned(), message }].into_iter().collect()
        })
    }

    /// A client that trusts the platform's roots, or those of the PEM file `ca_bundle`.
    ///
    /// # Errors
    ///
    /// [`CaBundleError`] if there is such a file but not one that can be used.
    pub fn new(ca_bundle: Option<&Path>) -> Result<Self, CaBundleError> {
        let trust_store = match ca_bundle {
            None => TrustStore::default(),
            Some(path) => TrustStore::empty().with_pem_certificate(read_ca_bundle(path)?),
        };
        let tls = TlsContext::builder()
            .with_trust_store(trust_store)
            .build()
            .map_err(|_| CaBundleError::Refused)?;
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
        let connector = Connector::builder()
            .connector_settings(settings)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(tls);
        let unpooled = connector.clone().pool_max_idle_per_host(0).build();
        Ok(Self {
            pooled: SharedHttpConnector::new(connector.build()),
            unpooled: SharedHttpConnector::new(unpooled),
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

/// Why the file of `AWS_CA_BUNDLE` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaBundleError {
    /// A certificate that cannot be a root.
    #[error("certificate {number} of the file is no usable root certificate")]
    BadCertificate {
        /// Counted from 1.
        number: usize,
    },

    /// Not a PEM file.
    #[error("the file is not in PEM format")]
    BadPem,

    /// A PEM file of other things.
    #[error("the file holds no certificate")]
    NoCertificate,

    /// The TLS library does not take the roots.
    #[error("the roots are not accepted by the TLS library")]
    Refused,

    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// The bytes of a file in which every certificate is a usable root.
fn read_ca_bundle(path: &Path) -> Result<Vec<u8>, CaBundleError> {
    let pem = fs::read(path)?;
    let mut roots = RootCertStore::empty();
    for (index, certificate) in CertificateDer::pem_slice_iter(&pem).enumerate() {
        let certificate = certificate.map_err(|_| CaBundleError::BadPem)?;
        roots.add(certificate).map_err(|_| CaBundleError::BadCertificate { number: index + 1 })?;
    }
    if roots.is_empty() { Err(CaBundleError::NoCertificate) } else { Ok(pem) }
}

/// An error and what caused it, from the outside in.
fn with_causes(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
