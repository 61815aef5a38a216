//! Fetching over real connections: what a key set may come by, and whom to trust.

#![cfg(test)]

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use gatepost_authorizer::https::{CaBundleError, HttpsClient};
use gatepost_authorizer::jwks::{FetchError, FetchKeySet};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const MAX_BYTES: usize = 1_000;

/// Fetches with a client that trusts the roots of `ca_bundle`, or the platform's.
async fn fetch(url: &str, ca_bundle: Option<&NamedTempFile>) -> Result<Vec<u8>, FetchError> {
    let client = HttpsClient::new(ca_bundle.map(NamedTempFile::path)).unwrap();
    let body = client.fetch(&url.parse().unwrap(), MAX_BYTES).await?;
    Ok(body.to_vec())
}

/// Serves the routes of the tests over plain HTTP.
async fn server() -> SocketAddr {
    let routes = Router::new()
        .route("/jwks", get(|| async { "keys" }))
        .route("/limit", get(|| async { "x".repeat(MAX_BYTES) }))
        .route("/over", get(|| async { "x".repeat(MAX_BYTES + 1) }))
        .route("/moved", get(|| async { Redirect::temporary("/jwks") }))
        .route("/down", get(|| async { StatusCode::SERVICE_UNAVAILABLE.into_response() }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[tokio::test]
async fn a_body_within_the_limit_is_fetched() {
    let address = server().await;
    assert_eq!(fetch(&format!("http://{address}/jwks"), None).await.unwrap(), b"keys");
    let body = fetch(&format!("http://{address}/limit"), None).await.unwrap();
    assert_eq!(body.len(), MAX_BYTES);
}

#[tokio::test]
async fn too_long_redirected_and_failed_answers_are_refused() {
    let address = server().await;
    for (path, want) in [
        ("over", FetchError::TooLarge { max_bytes: MAX_BYTES }),
        ("moved", FetchError::Status { status: 307 }),
        ("down", FetchError::Status { status: 503 }),
        ("none", FetchError::Status { status: 404 }),
    ] {
        assert_eq!(fetch(&format!("http://{address}/{path}"), None).await, Err(want), "{path}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nkeys").await.unwrap();
    });
    assert_eq!(fetch(&format!("http://{address}/"), None).await, Err(FetchError::CutOff));
}

#[tokio::test]
async fn a_connection_that_died_without_a_word_does_not_matter() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = HttpsClient::new(None).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let mut kept_open = Vec::new();
    for _ in 0..2 {
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nkeys").await.unwrap();
            stream
        };
        let both = futures_util::future::join(serve, client.fetch(&url, MAX_BYTES));
        let (stream, body) = timeout(Duration::from_secs(10), both).await.expect("an answer");
        assert_eq!(body.unwrap(), "keys");
        kept_open.push(stream);
    }
}

#[tokio::test]
async fn nobody_there_is_an_error_with_a_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = fetch(&format!("http://{address}/"), None).await.unwrap_err();
    assert_eq!(error.reason(), "unreachable");
    assert!(error.to_string().contains("refused"), "{error}");
}

/// An authority of our own, and a server on this machine that it vouches for.
struct TlsServer {
    address: SocketAddr,
    root: String,
}

impl TlsServer {
    async fn start() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &root).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust us ends the handshake.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nkeys";
                stream.write_all(answer).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        Self { address, root: root.pem() }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/", self.address.port())
    }
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[tokio::test]
async fn a_server_is_trusted_by_the_roots_of_the_bundle_and_by_no_others() {
    let (server, other) = (TlsServer::start().await, TlsServer::start().await);
    let both = file(&format!("# two roots\n{}\n{}", other.root, server.root));
    assert_eq!(fetch(&server.url(), Some(&both)).await.unwrap(), b"keys");
    for bundle in [None, Some(&file(&other.root))] {
        let error = fetch(&server.url(), bundle).await.unwrap_err();
        assert_eq!(error.reason(), "unreachable");
        assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = TlsServer::start().await;
    let url = format!("https://127.0.0.1:{}/", server.address.port());
    let error = fetch(&url, Some(&file(&server.root))).await.unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[test]
fn a_faulty_bundle_is_a_fault_of_the_settings() {
    let root = {
        let params = CertificateParams::new(Vec::new()).unwrap();
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    };
    let broken = root.replacen("MII", "AAA", 1);
    let cases = [
        (file(""), "the file holds no certificate"),
        (file("roots"), "the file holds no certificate"),
        (file("-----BEGIN CERTIFICATE-----\n!\n"), "the file is not in PEM format"),
        (file(&broken), "certificate 1 of the file is no usable root certificate"),
    ];
    for (file, want) in cases {
        let error = HttpsClient::new(Some(file.path())).unwrap_err();
        assert_eq!(error.to_string(), want);
        let path = file.path().to_str().map(str::to_owned);
        let fault = HttpsClient::from_vars(|name| {
            assert_eq!(name, "AWS_CA_BUNDLE");
            path.clone()
        });
        let fault = fault.unwrap_err().to_string();
        assert!(fault.starts_with("`AWS_CA_BUNDLE` must name a file of root certificates: "));
    }
    let gone = file("").path().to_owned();
    assert!(fs::metadata(&gone).is_err(), "the file went with its handle");
    assert!(matches!(HttpsClient::new(Some(&gone)), Err(CaBundleError::Unreadable(_))));
}
