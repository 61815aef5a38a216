//! A DynamoDB-compatible engine inside this process, reached over HTTP like the real one.
//!
//! `gatepost dev` and the tests talk to it with the AWS SDK over the loopback interface, so that
//! the code under them is what runs in the cloud. It takes every access key and verifies no
//! signature.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use dynoxide::Database;
use dynoxide::server::serve_with_shutdown;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where the tables are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Storage {
    /// In a file, which is made if it does not exist.
    File(PathBuf),
    /// In memory, until the engine stops.
    Memory,
}

/// A running engine. It stops when this is dropped, or when [`stop`](Self::stop) has waited for it.
#[derive(Debug)]
pub struct DynamoDb {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl DynamoDb {
    /// Starts an engine on `port` of the loopback interface; 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`DynamoDbError`] if the storage cannot be opened or the port cannot be had.
    pub async fn start(storage: Storage, port: u16) -> Result<Self, DynamoDbError> {
        let database = open(storage)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|source| DynamoDbError::Listen { port, source })?;
        let address =
            listener.local_addr().map_err(|source| DynamoDbError::Listen { port, source })?;
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve_with_shutdown(listener, database, async {
            // A sender that is dropped ends the wait as well.
            let _ = stopped.await;
        }));
        Ok(Self { address, stop, server })
    }

    /// What goes into `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops the engine when the requests under way are answered.
    ///
    /// # Errors
    ///
    /// When the server failed before.
    pub async fn stop(self) -> Result<(), DynamoDbError> {
        drop(self.stop);
        match self.server.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(DynamoDbError::Serve { why }),
            Err(error) => Err(DynamoDbError::Serve { why: error.to_string() }),
        }
    }
}

/// Why the engine does not run.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The port is taken, or may not be used.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// Which port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The storage is no database, or cannot be made one.
    #[error("cannot open the database: {why}")]
    Open {
        /// In the engine's words.
        why: String,
    },
    /// The server has failed.
    #[error("the DynamoDB engine has failed: {why}")]
    Serve {
        /// In the engine's words.
        why: String,
    },
}

fn open(storage: Storage) -> Result<Database, DynamoDbError> {
    let database = match storage {
        Storage::Memory => Database::memory(),
        Storage::File(path) => {
            let path = path.to_str().ok_or_else(|| DynamoDbError::Open {
                why: format!("`{}` is not UTF-8", path.display()),
            })?;
            Database::new(path)
        }
    };
    database.map_err(|error| DynamoDbError::Open { why: error.to_string() })
}
