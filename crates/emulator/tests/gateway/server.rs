//! The gateway on a real socket.

use std::sync::Arc;

use gatepost_emulator::gateway::{Api, Gateway, GatewayConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::support::{API, FakeAuthorizer, STAGE, allowing};

#[tokio::test]
async fn gateway_serves_until_it_is_told_to_stop() {
    let authorizer = FakeAuthorizer::answering([allowing(&["GET/movies"])]);
    let api = Api::from_openapi(API).unwrap();
    let config = GatewayConfig::new(STAGE.parse().unwrap(), api, Arc::new(authorizer.clone()));
    let gateway = Gateway::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server =
        tokio::spawn(async move { gateway.serve(listener, async { drop(stopped.await) }).await });

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        "GET /movies HTTP/1.1\r\nHost: localhost\r\nAuthorization: t\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert_eq!(
        authorizer.events()[0]["requestContext"]["identity"]["sourceIp"],
        "127.0.0.1",
        "the peer of the socket"
    );

    drop(stop);
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
