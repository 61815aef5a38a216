//! The explorer: a page on this machine where people see who may do what, and try a change before they
//! make it. docs/explorer.md says what it shows and describes its HTTP API.
//!
//! Nothing is decided here: every answer is that of the command of the same subject, from the same
//! function. [`gate`] says who may ask.

mod api;
mod body;
mod fault;
mod feed;
mod files;
mod gate;
mod origin;
mod world;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use gatepost_core::gateway::StageArn;
use gatepost_emulator::gateway::DecisionRecord;
use http::StatusCode;
use tokio::net::TcpListener;

use self::fault::Fault;
use self::feed::Feed;
use self::gate::Gate;
use self::origin::Kind;
pub(crate) use self::origin::{Origin, ReadRoutes};
use self::world::World;
use crate::watch;

/// The port of the page, unless told otherwise.
pub(crate) const PORT: u16 = 3002;

/// What is read from a table is asked again after this long.
const FRESH: Duration = Duration::from_secs(5);

/// What the explorer shows, and what may be done in it.
pub(crate) struct ExplorerConfig {
    pub(crate) origin: Origin,
    /// The API and stage that is called, where documents name some by ARN.
    pub(crate) stage: Option<StageArn>,
    /// Whether documents may be saved.
    pub(crate) editable: bool,
    /// Whether it is told of the calls of a gateway.
    pub(crate) watches: bool,
}

/// A running explorer.
pub(crate) struct Explorer {
    config: ExplorerConfig,
    world: Mutex<(Arc<World>, Instant)>,
    feed: Feed,
    /// Held by whoever reads the source, so that what was read last is what is shown.
    reading: Mutex<()>,
    /// Held by whoever saves a document.
    saving: Mutex<()>,
}

impl Explorer {
    /// Reads the source for the first time.
    ///
    /// # Errors
    ///
    /// When it cannot be read at all.
    pub(crate) fn open(config: ExplorerConfig) -> anyhow::Result<Self> {
        let world = Mutex::new((Arc::new(config.origin.read()?), Instant::now()));
        let (reading, saving) = (Mutex::new(()), Mutex::new(()));
        Ok(Self { config, world, feed: Feed::new(), reading, saving })
    }

    /// Reads the source again.
    ///
    /// # Errors
    ///
    /// When it cannot be read at all; then all is as it was.
    fn reload(&self) -> anyhow::Result<Arc<World>> {
        let _reading = self.reading.lock();
        let read = self.config.origin.read()?;
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        // What follows from it has been worked out already.
        if world.0.revision != read.revision {
            world.0 = Arc::new(read.after(&world.0));
            self.feed.changed(&world.0.revision);
        }
        world.1 = Instant::now();
        Ok(Arc::clone(&world.0))
    }

    /// Reads the source again whenever a file of it was saved, for as long as it is polled.
    ///
    /// # Errors
    ///
    /// When the system does not let it be watched.
    pub(crate) fn follow(self: Arc<Self>) -> anyhow::Result<impl Future<Output = ()>> {
        let routes = self.config.origin.routes();
        let files: Vec<&Path> = routes.as_deref().into_iter().collect();
        let folder = self.config.origin.folder();
        let mut changes = folder.map(|folder| watch::changes(folder, &files)).transpose()?;
        Ok(async move {
            let Some(changes) = &mut changes else { return std::future::pending().await };
            // What was saved after it was read, and before it was watched.
            self.refresh().await;
            while changes.recv().await.is_some() {
                self.refresh().await;
            }
        })
    }

    /// What stands in the source.
    ///
    /// # Errors
    ///
    /// When a table cannot be read.
    fn world(&self) -> Result<Arc<World>, Fault> {
        let (world, read) = {
            let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&world.0), world.1)
        };
        match self.config.origin.kind {
            Kind::Table(_) if read.elapsed() > FRESH => self.reloaded(),
            Kind::Folder(_) | Kind::Git(_) | Kind::Table(_) => Ok(world),
        }
    }

    /// What stands in the source at this moment.
    ///
    /// # Errors
    ///
    /// When it cannot be read at all.
    fn reloaded(&self) -> Result<Arc<World>, Fault> {
        let failed = |error| Fault::new(StatusCode::BAD_GATEWAY, format!("{error:#}"));
        self.reload().map_err(failed)
    }

    /// Reads the source again, since files of it were saved. What cannot be read is shown as it was.
    pub(crate) async fn refresh(self: &Arc<Self>) {
        let explorer = Arc::clone(self);
        let _ = tokio::task::spawn_blocking(move || explorer.reload().map(drop)).await;
    }

    /// Tells whoever has the page open of a call.
    pub(crate) fn saw(&self, record: &DecisionRecord) {
        self.feed.call(record);
    }

    /// Takes the groups of a caller from an answer of the authorizer.
    pub(crate) fn learn(&self, answer: &[u8]) {
        self.feed.learn(answer);
    }

    /// Ends what would go on for ever, so that a server can be ended.
    pub(crate) fn end(&self) {
        self.feed.end();
    }

    /// The stage of calls: the one that was named, or the one of `gatepost dev`.
    fn stage(&self) -> anyhow::Result<StageArn> {
        match &self.config.stage {
            Some(stage) => Ok(stage.clone()),
            None => Ok(crate::development::STAGE.parse()?),
        }
    }
}

/// An explorer that is about to be served.
pub(crate) struct Serving {
    listener: TcpListener,
    gate: Arc<Gate>,
    explorer: Arc<Explorer>,
}

impl Serving {
    /// Listens at an address.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    pub(crate) async fn listen(
        explorer: Arc<Explorer>,
        address: SocketAddr,
        option: &str,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address}: choose another port with `{option}`")
        })?;
        let gate = Arc::new(Gate::new(listener.local_addr()?)?);
        Ok(Self { listener, gate, explorer })
    }

    /// The address to open; it may hold a key.
    pub(crate) fn url(&self) -> String {
        self.gate.url()
    }

    /// Serves until `stopped`.
    ///
    /// # Errors
    ///
    /// When the system does not let it be served any more.
    pub(crate) async fn serve(
        self,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        // What takes longest is under way before anybody asks for it.
        let explorer = Arc::clone(&self.explorer);
        tokio::task::spawn_blocking(move || {
            if let Ok(world) = explorer.world() {
                let _ = world.table(explorer.config.stage.as_ref()).map(drop);
                let _ = world.run().map(drop);
            }
        });
        let router: Router = Router::new()
            .nest("/api", api::router(self.explorer))
            .fallback(files::serve)
            .layer(DefaultBodyLimit::max(body::MAX_BYTES))
            .layer(from_fn_with_state(self.gate, gate::stand));
        Ok(axum::serve(self.listener, router).with_graceful_shutdown(stopped).await?)
    }
}
