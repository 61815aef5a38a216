//! Whom the client trusts, by the host it speaks to.
//!
//! A function speaks to AWS alone in most deployments: to DynamoDB, and to Cognito for its keys. Their
//! certificates come from Amazon Trust Services, so for hosts of AWS only its roots count, and the
//! platform's are not read at all: there are some hundred and fifty, and to parse them takes a third of a
//! cold start. For any other host, such as that of another identity provider, the roots of the
//! platform count, which the Lambda runtime's maintainers keep current without a new deployment of ours;
//! they are read when such a host is asked first. ADR 17 has the reasons.
//!
//! On a developer's machine the platform's roots count for every host: a company's proxy may stand in
//! between, with a root of its own.
//!
//! The file that `AWS_CA_BUNDLE` names replaces them all. It is read and parsed before the client sees
//! it, because a faulty one must be a fault of the settings and not a panic.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::{fs, io};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use http::Uri;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::task::yield_now;

/// The five roots that Amazon Trust Services tells clients with a trust store of their own to have.
///
/// Source: [its repository](https://www.amazontrust.com/repository/); the files are Mozilla's copies.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// Where AWS's own services are. Those in China are elsewhere, and have other authorities.
const AWS_DOMAIN: &str = ".amazonaws.com";

/// Whom to trust.
pub(super) enum Trust {
    /// Amazon's roots for AWS, the platform's for everyone else.
    AmazonForAws,
    /// The roots in this text, in PEM format, and no others.
    Bundle(Vec<u8>),
    /// The platform's roots.
    Platform,
}

impl Trust {
    /// The roots of the file at `path`; every certificate in it must be a usable one.
    pub(super) fn read_bundle(path: &Path) -> Result<Self, CaBundleError> {
        let pem = fs::read(path)?;
        let mut roots = RootCertStore::empty();
        for (index, certificate) in CertificateDer::pem_slice_iter(&pem).enumerate() {
            let certificate = certificate.map_err(|_| CaBundleError::BadPem)?;
            let bad = |_| CaBundleError::BadCertificate { number: index + 1 };
            roots.add(certificate).map_err(bad)?;
        }
        if roots.is_empty() { Err(CaBundleError::NoCertificate) } else { Ok(Self::Bundle(pem)) }
    }

    /// A connector by what `connect` makes of roots.
    pub(super) fn connector(
        &self,
        connect: impl Fn(TlsContext) -> SharedHttpConnector + Send + 'static,
    ) -> Result<ByHost, CaBundleError> {
        let only = |pem: &[u8]| TrustStore::empty().with_pem_certificate(pem);
        let (first, rest) = match self {
            Self::AmazonForAws => (only(AMAZON_ROOTS), Some(TrustStore::default())),
            Self::Bundle(pem) => (only(pem), None),
            Self::Platform => (TrustStore::default(), None),
        };
        let context = |store| {
            TlsContext::builder()
                .with_trust_store(store)
                .build()
                .map_err(|_| CaBundleError::Refused)
        };
        let (first, rest) = (connect(context(first)?), rest.map(context).transpose()?);
        let lazily = |rest| LazyLock::new(Box::new(move || connect(rest)) as MakeConnector);
        Ok(ByHost { first, rest: rest.map(lazily).map(Arc::new) })
    }
}

type MakeConnector = Box<dyn FnOnce() -> SharedHttpConnector + Send>;

/// A connector that trusts by host.
#[derive(Clone)]
pub(super) struct ByHost {
    /// For AWS and for what needs no trust, and for everyone if there is no other.
    first: SharedHttpConnector,
    /// For everyone else; made when it is needed.
    rest: Option<Arc<LazyLock<SharedHttpConnector, MakeConnector>>>,
}

impl HttpConnector for ByHost {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = match &self.rest {
            Some(rest) if !is_aws_or_unprotected(request.uri()) => LazyLock::force(rest).clone(),
            _ => self.first.clone(),
        };
        HttpConnectorFuture::new(async move {
            // The thread may have waited for its next invocation, so that nothing is known yet of
            // connections that were closed meanwhile.
            yield_now().await;
            connector.call(request).await
        })
    }
}

impl fmt::Debug for ByHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByHost").finish_non_exhaustive()
    }
}

fn is_aws_or_unprotected(uri: &str) -> bool {
    uri.parse::<Uri>().is_ok_and(|uri| {
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        uri.scheme_str() == Some("http") || host.ends_with(AWS_DOMAIN)
    })
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Asked(Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Asked {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(request.uri().to_owned());
            HttpConnectorFuture::ready(Ok(http::Response::new(SdkBody::empty())
                .try_into()
                .unwrap()))
        }
    }

    /// Who was asked by Amazon's roots, and who by the platform's.
    async fn asked(trust: &Trust, uris: &[&str]) -> Vec<Vec<String>> {
        let made: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let keep = Arc::clone(&made);
        let connector = trust.connector(move |_| {
            let asked = Asked::default();
            keep.lock().unwrap().push(asked.clone());
            SharedHttpConnector::new(asked)
        });
        let connector = connector.unwrap();
        for uri in uris {
            connector.call(HttpRequest::get(*uri).unwrap()).await.unwrap();
        }
        let made = made.lock().unwrap();
        made.iter().map(|asked| asked.0.lock().unwrap().clone()).collect()
    }

    const AWS: [&str; 4] = [
        "https://dynamodb.eu-west-1.amazonaws.com/",
        "https://Cognito-IDP.eu-west-1.AmazonAWS.com/eu-west-1_a/.well-known/jwks.json",
        "https://vpce-1.dynamodb.eu-west-1.vpce.amazonaws.com:443/",
        "http://127.0.0.1:8000/",
    ];
    const OTHERS: [&str; 5] = [
        "https://issuer.example/keys",
        "https://dynamodb.cn-north-1.amazonaws.com.cn/",
        "https://amazonaws.com.issuer.example/",
        "https://notamazonaws.com/",
        "https://127.0.0.1:8443/",
    ];

    #[tokio::test]
    async fn in_a_function_aws_is_asked_by_amazons_roots_and_everyone_else_by_the_platforms() {
        let asked = asked(&Trust::AmazonForAws, &[&AWS[..], &OTHERS[..]].concat()).await;
        assert_eq!(asked, [&AWS[..], &OTHERS[..]]);
    }

    #[tokio::test]
    async fn the_platforms_roots_are_not_read_where_only_aws_is_asked() {
        assert_eq!(asked(&Trust::AmazonForAws, &AWS).await.len(), 1);
    }

    #[tokio::test]
    async fn a_bundle_and_the_platforms_roots_count_for_everyone() {
        let all = [&AWS[..], &OTHERS[..]].concat();
        for trust in [Trust::Platform, Trust::Bundle(AMAZON_ROOTS.to_vec())] {
            assert_eq!(asked(&trust, &all).await, [all.as_slice()]);
        }
    }

    #[test]
    fn amazons_roots_are_five_that_the_platform_trusts_too() {
        let ours: Vec<_> =
            CertificateDer::pem_slice_iter(AMAZON_ROOTS).collect::<Result<_, _>>().unwrap();
        let platform = rustls_native_certs::load_native_certs().certs;
        assert_eq!(ours.len(), 5);
        for (index, root) in ours.iter().enumerate() {
            assert!(platform.contains(root), "certificate {index} is no root of this platform");
        }
    }
}
