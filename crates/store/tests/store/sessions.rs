//! Sessions: begun, renewed by one at a time, ended; and requests whose answers are lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use gatepost_core::secret::Secret;
use gatepost_store::{
    CreateTableError, Lease, NewTokens, RowFault, SessionId, SessionRow, SessionTable, StoreError,
    create_session_table, create_table,
};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Script, Step, engine, soon};

const SESSIONS: &str = "sessions";
const SECOND: Duration = Duration::from_secs(1);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_123)
}

async fn table() -> (Client, SessionTable) {
    let client = engine().await;
    create_session_table(&client, SESSIONS).await.unwrap();
    let table = SessionTable::new(&client, SESSIONS);
    (client, table)
}

fn row() -> SessionRow {
    SessionRow {
        access_token: b"sealed-access-token".to_vec(),
        refresh_token: Some("sealed-refresh-token".to_owned()),
        sub: "someone".to_owned(),
        created_at: now(),
        renewed_at: now(),
        revision: 1,
        expires_at: now() + 60 * SECOND,
        lease: None,
    }
}

/// A session that has just begun.
async fn begun(table: &SessionTable) -> SessionId {
    let id = SessionId::random().unwrap();
    table.begin(id.key(), &row(), soon()).await.unwrap();
    id
}

fn lease(holder: &str) -> Lease {
    Lease { holder: holder.to_owned(), until: now() + 8 * SECOND }
}

fn tokens<'a>(access: &'a [u8], refresh: &'a str) -> NewTokens<'a> {
    let (access_token, refresh_token) = (Some(access), Some(refresh));
    NewTokens { access_token, refresh_token, renewed_at: now() + SECOND }
}

#[tokio::test]
async fn a_session_is_there_until_it_is_ended() {
    let (_, table) = table().await;
    let id = begun(&table).await;
    assert_eq!(table.read(id.key(), soon()).await, Ok(Some(row())));
    let access = table.sealed_access(id.key(), soon()).await.unwrap().unwrap();
    assert_eq!((access.access_token, access.expires_at), (row().access_token, row().expires_at));
    assert!(!row().is_over(now() + 59 * SECOND));
    assert!(row().is_over(now() + 60 * SECOND));

    let other = begun(&table).await;
    assert_eq!(table.end(id.key(), soon()).await, Ok(Some(row())));
    assert_eq!(table.end(id.key(), soon()).await, Ok(None));
    assert_eq!(table.read(id.key(), soon()).await, Ok(None));
    assert_eq!(table.sealed_access(id.key(), soon()).await, Ok(None));
    assert!(table.read(other.key(), soon()).await.unwrap().is_some());
}

#[tokio::test]
async fn one_holder_at_a_time_may_renew() {
    let (_, table) = table().await;
    let id = begun(&table).await;
    let take = async |holder, revision, at| {
        table.take_lease(id.key(), revision, &lease(holder), at, soon()).await.unwrap()
    };
    assert!(!take("a", 2, now()).await, "it is at another revision");
    assert!(take("a", 1, now()).await);
    assert!(!take("b", 1, now() + 7 * SECOND).await, "somebody has it");
    assert_eq!(table.renew(id.key(), "b", tokens(b"x", "x"), soon()).await, Ok(false));
    table.give_lease_back(id.key(), "b", soon()).await.unwrap();
    assert_eq!(table.end_leased(id.key(), "b", soon()).await, Ok(false));
    let found = table.read(id.key(), soon()).await.unwrap().unwrap();
    assert!(found.lease.is_some_and(|found| found == lease("a") && found.holds_at(now())));

    assert!(take("b", 1, now() + 8 * SECOND).await, "what nobody gives back ends by itself");
    assert_eq!(table.renew(id.key(), "a", tokens(b"x", "x"), soon()).await, Ok(false));
    assert_eq!(table.renew(id.key(), "b", tokens(b"new", "newer"), soon()).await, Ok(true));
    let want = SessionRow {
        access_token: b"new".to_vec(),
        refresh_token: Some("newer".to_owned()),
        renewed_at: now() + SECOND,
        revision: 2,
        ..row()
    };
    assert_eq!(table.read(id.key(), soon()).await, Ok(Some(want.clone())));

    assert!(!take("c", 1, now()).await, "it has been renewed meanwhile");
    assert!(take("c", 2, now()).await);
    let no_access = NewTokens { access_token: None, ..tokens(b"", "newest") };
    assert_eq!(table.renew(id.key(), "c", no_access, soon()).await, Ok(true));
    let found = table.read(id.key(), soon()).await.unwrap().unwrap();
    assert_eq!((found.access_token, found.revision), (want.access_token, 3));

    assert!(take("d", 3, now()).await);
    table.give_lease_back(id.key(), "d", soon()).await.unwrap();
    assert_eq!(table.read(id.key(), soon()).await.unwrap().unwrap().lease, None);
    assert!(take("e", 3, now()).await);
    assert_eq!(table.end_leased(id.key(), "e", soon()).await, Ok(true));
    assert_eq!(table.read(id.key(), soon()).await, Ok(None));
}

#[tokio::test]
async fn nothing_brings_a_session_back_that_has_been_ended() {
    let (_, table) = table().await;
    let id = begun(&table).await;
    assert!(table.take_lease(id.key(), 1, &lease("a"), now(), soon()).await.unwrap());
    table.end(id.key(), soon()).await.unwrap();
    assert_eq!(table.renew(id.key(), "a", tokens(b"x", "x"), soon()).await, Ok(false));
    table.give_lease_back(id.key(), "a", soon()).await.unwrap();
    assert!(!table.take_lease(id.key(), 1, &lease("a"), now(), soon()).await.unwrap());
    assert_eq!(table.end_leased(id.key(), "a", soon()).await, Ok(false));
    assert_eq!(table.read(id.key(), soon()).await, Ok(None));
}

/// Passes requests on, and loses the answers of some.
#[derive(Clone, Debug)]
struct Losing {
    inner: SharedHttpClient,
    lose: Arc<AtomicUsize>,
}

impl HttpClient for Losing {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let (inner, lose) = (self.inner.http_connector(settings, components), self.lose.clone());
        SharedHttpConnector::new(LosingConnector { inner, lose })
    }
}

#[derive(Debug)]
struct LosingConnector {
    inner: SharedHttpConnector,
    lose: Arc<AtomicUsize>,
}

impl HttpConnector for LosingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.inner.call(request);
        let lost = self
            .lose
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok();
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            if lost {
                let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                return Err(ConnectorError::io(gone.into()));
            }
            answer
        })
    }
}

#[tokio::test]
async fn what_was_done_is_known_though_the_answer_was_lost() {
    let (client, _) = table().await;
    let inner = client.config().http_client().unwrap();
    let lose = Arc::new(AtomicUsize::new(0));
    let losing = Losing { inner, lose: Arc::clone(&lose) };
    let config = client.config().to_builder().http_client(losing).build();
    let table = SessionTable::new(&Client::from_conf(config), SESSIONS);
    let losing = || lose.store(1, Ordering::Relaxed);

    losing();
    let id = begun(&table).await;
    losing();
    assert!(table.take_lease(id.key(), 1, &lease("a"), now(), soon()).await.unwrap());
    losing();
    assert_eq!(table.renew(id.key(), "a", tokens(b"new", "newer"), soon()).await, Ok(true));
    losing();
    let found = table.read(id.key(), soon()).await.unwrap().unwrap();
    assert_eq!((found.revision, found.lease), (2, None), "renewed once");
    losing();
    assert_eq!(table.end(id.key(), soon()).await, Ok(None), "who read the row is not known");
    assert_eq!(table.read(id.key(), soon()).await, Ok(None));
    assert_eq!(lose.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn what_fails_in_passing_is_tried_again_until_the_deadline() {
    let id = SessionId::random().unwrap();
    let throttled = || Step::error(400, "ProvisionedThroughputExceededException");
    let script = Script::new([throttled(), Step::Refuse, Step::Answer(200, json!({}))]);
    let table = SessionTable::new(&script.client(), SESSIONS);
    assert_eq!(table.read(id.key(), soon()).await, Ok(None));
    let requests = script.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request["ConsistentRead"] == true), "{requests:?}");

    let table = SessionTable::new(&Script::new([throttled()]).client(), SESSIONS);
    let began = Instant::now();
    let deadline = began + 4 * SECOND;
    assert_eq!(table.read(id.key(), deadline).await, Err(StoreError::Throttled));
    assert!(began.elapsed() <= 4 * SECOND);
    let script = Script::new([Step::error(400, "AccessDeniedException")]);
    let table = SessionTable::new(&script.client(), SESSIONS);
    let error = table.end(id.key(), soon()).await.unwrap_err();
    assert_eq!((error.reason(), script.requests().len()), ("access_denied", 1));
}

#[tokio::test]
async fn a_row_of_another_shape_is_an_error() {
    let (client, table) = table().await;
    for (attribute, value, fault) in [
        ("access_token", None, RowFault::Missing { attribute: "access_token" }),
        (
            "access_token",
            Some(AttributeValue::S("text".to_owned())),
            RowFault::Type {
                attribute: "access_token",
                pointer: String::new(),
                found: "a string",
                wanted: "a binary value",
            },
        ),
        ("expires_at", None, RowFault::Missing { attribute: "expires_at" }),
    ] {
        let id = begun(&table).await;
        let key = AttributeValue::S(id.key().to_string());
        let read = client.get_item().table_name(SESSIONS).key("session", key).send().await;
        let mut item = read.unwrap().item.unwrap();
        item.remove(attribute);
        item.extend(value.map(|value| (attribute.to_owned(), value)));
        client.put_item().table_name(SESSIONS).set_item(Some(item)).send().await.unwrap();
        let error = StoreError::Row { kind: "session", fault };
        assert_eq!(table.read(id.key(), soon()).await, Err(error.clone()));
        assert_eq!(table.sealed_access(id.key(), soon()).await, Err(error));
        assert_eq!(table.end(id.key(), soon()).await, Ok(None), "but it can be ended");
    }
}

#[tokio::test]
async fn a_row_that_nobody_asked_for_is_an_error() {
    let (id, other) = (SessionId::random().unwrap(), SessionId::random().unwrap());
    let item = json!({ "session": { "S": other.key().to_string() }, "access_token": { "B": "AAAA" },
        "expires_at": { "N": "1900000000" } });
    let script = Script::new([Step::Answer(200, json!({ "Item": item }))]);
    let table = SessionTable::new(&script.client(), SESSIONS);
    let found = table.sealed_access(id.key(), soon()).await;
    assert_eq!(found, Err(StoreError::UnaskedRow));
}

#[tokio::test]
async fn who_reads_the_table_can_make_no_cookie_and_open_no_token() {
    let (client, table) = table().await;
    let (id, other) = (SessionId::random().unwrap(), SessionId::random().unwrap());
    let sealed = id.seal(Secret::new("access-token")).unwrap();
    let row = SessionRow { access_token: sealed.clone(), ..row() };
    table.begin(id.key(), &row, soon()).await.unwrap();
    let rows = client.scan().table_name(SESSIONS).send().await.unwrap().items.unwrap();
    assert!(!format!("{rows:?}").contains(id.to_text().expose()));
    let as_id = SessionId::parse(Secret::new(&id.key().to_string())).unwrap();
    assert!(as_id.open(&sealed).is_none(), "what the table has of an id does not stand for it");
    assert!(other.open(&sealed).is_none());
    assert_eq!(id.open(&sealed).unwrap().expose(), "access-token");
    let shown = format!("{row:?} {:?} {:?}", lease("holder"), tokens(b"access", "refresh"));
    assert_eq!(
        shown,
        format!(
            "SessionRow {{ revision: 1, .. }} Lease {{ until: {:?}, .. }} NewTokens {{ .. }}",
            lease("holder").until
        )
    );
}

#[tokio::test]
async fn a_table_with_another_key_is_not_taken() {
    let (client, _) = table().await;
    create_session_table(&client, SESSIONS).await.unwrap();
    create_table(&client, "policies").await.unwrap();
    let error = create_session_table(&client, "policies").await;
    assert_eq!(error, Err(CreateTableError::OtherKey { wanted: vec!["session"] }));
}
