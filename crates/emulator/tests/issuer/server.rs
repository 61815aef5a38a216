//! The rules that hold for every address, and the server itself.

use std::sync::Arc;

use gatepost_emulator::issuer::{
    Account, ApiListing, Client, Issuer, IssuerSettings, SettingsError, SigningKeys,
};
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::world::{ORIGIN, World, authorization, encode, listing, request};

#[tokio::test]
async fn other_hosts_are_turned_away_everywhere() {
    let world = World::new();
    let login = format!("/login?{}", encode(&authorization()));
    for path in ["/", "/.well-known/jwks.json", "/assets/app.js", "/nowhere", &login] {
        for host in ["evil.example", "evil.example:4000", "192.168.1.10:4000", ""] {
            let reply = world.send(request(Method::GET, path, &[("host", host)])).await;
            assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{path} {host}");
        }
        let two = [("host", "localhost:4000"), ("host", "evil.example")];
        let reply = world.send(request(Method::GET, path, &two)).await;
        assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{path} two hosts");
        let reply = world.send(request(Method::GET, path, &[("host", "localhost:4000")])).await;
        assert_ne!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn no_answer_is_kept_framed_or_mentioned_elsewhere() {
    let world = World::new();
    let login = format!("/login?{}", encode(&authorization()));
    for path in ["/", "/oauth2/token", "/logout", "/nowhere", "/.well-known/jwks.json", &login] {
        let reply = world.get(path).await;
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("x-frame-options"), "DENY", "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn pages_of_this_machine_may_read_what_applications_need() {
    let world = World::new();
    for path in [
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
        "/oauth2/revoke",
        "/oauth2/token",
        "/oauth2/userInfo",
    ] {
        for (origin, want) in
            [("http://localhost:5173", "http://localhost:5173"), ("https://evil.example", "")]
        {
            let headers = [("origin", origin), ("access-control-request-method", "POST")];
            let preflight = world.send(request(Method::OPTIONS, path, &headers)).await;
            assert_eq!(preflight.status, StatusCode::OK, "{path}");
            assert_eq!(preflight.header("access-control-allow-origin"), want, "{path}");
            let reply = world.send(request(Method::GET, path, &[("origin", origin)])).await;
            assert_eq!(reply.header("access-control-allow-origin"), want, "{path}");
        }
    }
}

#[tokio::test]
async fn no_other_page_may_read_the_pages() {
    let world = World::new();
    for path in ["/", "/login", "/logout", "/oauth2/authorize"] {
        let headers = [("origin", "http://localhost:5173")];
        let reply = world.send(request(Method::GET, path, &headers)).await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
    }
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    let demo = || IssuerSettings::demo(ORIGIN, listing());
    let origin = |origin: &str| IssuerSettings { origin: origin.to_owned(), ..demo() };
    let api = |url: &str| IssuerSettings {
        api: ApiListing { url: url.to_owned(), ..listing() },
        ..demo()
    };
    let cases = [
        (origin("http://127.0.0.1:4000/"), SettingsError::Origin),
        (origin("http://127.0.0.1:4000/pool"), SettingsError::Origin),
        (origin("127.0.0.1:4000"), SettingsError::Origin),
        (origin("ftp://127.0.0.1"), SettingsError::Origin),
        (origin(""), SettingsError::Origin),
        (api("movies"), SettingsError::Api),
        (api("file:///movies"), SettingsError::Api),
        (
            IssuerSettings { accounts: vec![Account::new("a", ["x"]); 2], ..demo() },
            SettingsError::RepeatedAccount,
        ),
        (
            IssuerSettings { clients: vec![Client::web("a", [], []); 2], ..demo() },
            SettingsError::RepeatedClient,
        ),
    ];
    for (settings, want) in cases {
        let shown = format!("{settings:?}");
        let keys = SigningKeys::generate().unwrap();
        assert_eq!(Issuer::new(settings, keys).unwrap_err(), want, "{shown}");
    }
}

#[tokio::test]
async fn server_answers_until_it_is_told_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = IssuerSettings::demo(format!("http://{address}"), listing());
    let issuer = Issuer::new(settings, SigningKeys::generate().unwrap()).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(Arc::new(issuer).serve(listener, async {
        let _ = stopped.await;
    }));

    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: {address}\r\n\
         Connection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains(&format!("\"issuer\":\"http://{address}\"")), "{answer}");

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
