//! The table of sessions as the function meets it: a real engine behind a connection that can be told
//! to fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_core::secret::Secret;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_store::{SessionId, SessionRow, SessionTable, create_session_table};
use tokio::time::Instant;

use crate::browser::Jar;

pub(crate) const SESSIONS: &str = "sessions";

/// How requests to the table fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TableFault {
    /// What was asked for is done, and the first answer lost.
    LostOnce,
    /// All are throttled.
    Throttled,
}

/// The table, and what has come of it.
#[derive(Clone)]
pub(crate) struct Tables {
    /// The way of the function.
    pub(crate) client: Client,
    /// The way past the faults.
    direct: Client,
    faults: Faults,
    _engine: Option<Arc<DynamoDb>>,
}

#[derive(Clone, Debug, Default)]
struct Faults {
    /// By operation: `UpdateItem`.
    of: Arc<Mutex<BTreeMap<String, TableFault>>>,
    /// Operations that were asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tables {
    /// An engine with an empty table.
    pub(crate) async fn start() -> Self {
        let engine = DynamoDb::start(Storage::Memory, 0).await.unwrap();
        let tables = Self::at(&engine.endpoint_url());
        create_session_table(&tables.direct, SESSIONS).await.unwrap();
        Self { _engine: Some(Arc::new(engine)), ..tables }
    }

    /// For functions that have no business there.
    pub(crate) fn nowhere() -> Self {
        Self::at("http://127.0.0.1:1")
    }

    fn at(endpoint: &str) -> Self {
        let direct = DynamoDbSettings::from_vars(|name| match name {
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ENDPOINT_URL_DYNAMODB" => Some(endpoint.to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            _ => None,
        })
        .unwrap()
        .client(&HttpsClient::new(None).unwrap());
        let faults = Faults::default();
        let http = Faulty { inner: direct.config().http_client().unwrap(), faults: faults.clone() };
        let config = direct.config().to_builder().http_client(http).build();
        Self { client: Client::from_conf(config), direct, faults, _engine: None }
    }

    /// Requests of these operations fail from now on.
    pub(crate) fn fail(&self, operations: &[&str], fault: TableFault) {
        let mut of = self.faults.of.lock().unwrap();
        of.extend(operations.iter().map(|operation| ((*operation).to_owned(), fault)));
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        self.faults.of.lock().unwrap().clear();
    }

    /// How often it was asked for anything.
    pub(crate) fn asked(&self) -> usize {
        self.faults.asked.lock().unwrap().len()
    }

    /// The table, past the faults.
    pub(crate) fn sessions(&self) -> SessionTable {
        SessionTable::new(&self.direct, SESSIONS)
    }

    /// The row of a browser's session.
    pub(crate) async fn row(&self, jar: &Jar) -> Option<SessionRow> {
        self.sessions().read(id(jar).key(), soon()).await.unwrap()
    }

    /// Changes an attribute of the row of a browser's session to what another's has.
    pub(crate) async fn swap(&self, jar: &Jar, other: &Jar, attribute: &str) {
        let (mut mine, mut theirs) = (self.item(jar).await, self.item(other).await);
        std::mem::swap(mine.get_mut(attribute).unwrap(), theirs.get_mut(attribute).unwrap());
        for item in [mine, theirs] {
            let request = self.direct.put_item().table_name(SESSIONS);
            request.set_item(Some(item)).send().await.unwrap();
        }
    }

    async fn item(&self, jar: &Jar) -> std::collections::HashMap<String, AttributeValue> {
        let key = AttributeValue::S(id(jar).key().to_string());
        let read = self.direct.get_item().table_name(SESSIONS).key("session", key).send().await;
        read.unwrap().item.unwrap()
    }

    /// All that the table holds, as text.
    pub(crate) async fn dump(&self) -> String {
        let rows = self.direct.scan().table_name(SESSIONS).send().await.unwrap();
        format!("{:?}", rows.items)
    }
}

/// Time enough.
pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// The id in a browser's cookie.
pub(crate) fn id(jar: &Jar) -> SessionId {
    SessionId::parse(Secret::new(jar.get("__Host-gatepost").unwrap())).unwrap()
}

#[derive(Clone, Debug)]
struct Faulty {
    inner: SharedHttpClient,
    faults: Faults,
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, faults: self.faults.clone() })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: Faults,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap();
        let operation = target.rsplit('.').next().unwrap().to_owned();
        self.faults.asked.lock().unwrap().push(operation.clone());
        let mut faults = self.faults.of.lock().unwrap();
        match faults.get(&operation).copied() {
            None => self.inner.call(request),
            Some(TableFault::LostOnce) => {
                faults.remove(&operation);
                let answer = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    answer.await?;
                    let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                    Err(ConnectorError::io(gone.into()))
                })
            }
            Some(TableFault::Throttled) => {
                let body = r#"{"__type":"com.amazon.coral.availability#ThrottlingException"}"#;
                let answer = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
                HttpConnectorFuture::ready(Ok(answer))
            }
        }
    }
}
