//! Assembling the world of `gatepost dev`, and keeping it up until Ctrl-C.
//!
//! Nothing here decides anything: the authorizer is the one that runs in Lambda, the table is read
//! through the real AWS SDK, and the gateway knows the authorizer only as something to invoke.

mod api_file;
mod authorizer;
mod banner;
mod people;
mod policy_folder;
mod reasons;
mod request_line;
mod seen;
mod session;
mod settings;
mod site;
mod table;

use std::io::{self, IsTerminal as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use gatepost_core::gateway::StageArn;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_emulator::edge::ApiPaths;
use gatepost_emulator::gateway::{Backend, Gateway, GatewayConfig, Observer};
use gatepost_emulator::issuer::{ApiListing, Issuer};
use gatepost_store::SeedReport;
use tokio::net::TcpListener;
use tokio::sync::watch as latest;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use self::api_file::{ApiFile, listed_methods, tell_notes};
use self::banner::Banner;
use self::policy_folder::{PolicyFolder, Reloaded};
use self::reasons::Reasons;
use self::seen::Seen;
use self::session::SessionFunction;
use self::settings::Settings;
use self::site::Site;
use self::table::Table;
use crate::command::DevArgs;
use crate::development;
use crate::explorer::{self, Explorer, ExplorerConfig, Origin, Serving};
use crate::side::Source;
use crate::watch;

/// Where the table is, unless another has that port.
const TABLE_PORT: u16 = 3003;

/// What is under way when it is to end has this long before people are told that it is waited for.
const QUICK: Duration = Duration::from_millis(300);

/// Serves until Ctrl-C.
///
/// # Errors
///
/// When something cannot be started: a port is taken, a file is at fault.
pub(crate) fn run(args: &DevArgs) -> anyhow::Result<()> {
    // What the authorizer logs of each call would drown the line that is printed for each request.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .with_filter(filter);
    let reasons = Reasons::default();
    let of_authorizer = Targets::new().with_target("gatepost_authorizer", Level::INFO);
    tracing_subscriber::registry()
        .with(log)
        .with(reasons.clone().with_filter(of_authorizer))
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args, reasons))
}

async fn serve(args: &DevArgs, reasons: Reasons) -> anyhow::Result<()> {
    let mut api_file = ApiFile::open(args)?;
    // Before anything is read, so that no save falls in between.
    let mut changes = watch::changes(&args.policies, &[api_file.path()])?;
    let mut folder = PolicyFolder::open(&args.policies)?;
    let deployment = api_file.deployment()?;
    let stage = api_file.stage(&deployment)?;
    let api_paths = args.site.is_some().then(|| site::api_paths(&deployment.api)).transpose()?;
    let gateway_listener = listen(args.port, "--port").await?;
    let issuer_listener = listen(args.issuer_port, "--issuer-port").await?;
    let origin = |listener: &TcpListener| -> io::Result<String> {
        Ok(format!("http://127.0.0.1:{}", listener.local_addr()?.port()))
    };
    let gateway_url = origin(&gateway_listener)?;
    let issuer_url = origin(&issuer_listener)?;

    let explorer = open_explorer(args, &api_file, &stage)?;
    let explorer_page = explorer_page(args, &explorer).await?;

    let (engine, endpoint) = table_service(args).await?;
    let function = deployment.function.as_ref();
    let settings = Settings::new(&issuer_url, &endpoint, function)?;
    let table = Table::open(&settings).await?;

    let listing = ApiListing { url: gateway_url.clone(), methods: listed_methods(&deployment.api) };
    let issuer = development::issuer(&args.development.state, &issuer_url, listing)?;
    follow(&folder, &table, &issuer).await?;
    let issuer = Arc::new(issuer);
    // Up before the authorizer, which fetches the issuer's keys as it starts.
    let (stop, stopped) = latest::channel(());
    let serve_issuer = Arc::clone(&issuer).serve(issuer_listener, until(&stopped));
    let issuer_server = tokio::spawn(serve_issuer);

    let authorizer = authorizer::start(args, &settings, function).await?;
    let invoke = Arc::new(Seen { authorizer, explorer: Arc::clone(&explorer) });
    tell_notes(&deployment.api);
    let banner = Banner {
        args,
        gateway_url: &gateway_url,
        issuer_url: &issuer_url,
        accounts: &issuer.accounts(),
        explorer_url: &explorer_page.url(),
        table_url: &endpoint,
        takes_header: settings.takes_header(),
    };
    let banner = banner.text(folder.len(), api_file.path(), &deployment);
    let gateway = Gateway::new(GatewayConfig {
        stage_variables: deployment.stage_variables,
        backend: args.backend.clone().map_or(Backend::Echo, Backend::Url),
        observer: Some(observer(&explorer, reasons)),
        ..GatewayConfig::new(stage, deployment.api, invoke)
    });
    let session = SessionFunction::start(&settings, &gateway_url);
    let site = match (&args.site, api_paths) {
        (Some(folder), Some(paths)) => Some(open_site(folder, &gateway, paths, &session)?),
        _ => None,
    };
    let served = match (&site, session) {
        (Some(site), _) => site.router(),
        (None, Ok(session)) => session.before(gateway.router()),
        (None, Err(error)) => {
            tell(&format!("note     /auth/ is not served: {error:#}"));
            gateway.router()
        }
    };
    let served = served.into_make_service_with_connect_info::<SocketAddr>();
    let gateway_server = {
        let server = axum::serve(gateway_listener, served).with_graceful_shutdown(until(&stopped));
        tokio::spawn(server.into_future())
    };
    let explorer_server = tokio::spawn(explorer_page.serve(until(&stopped)));
    tell(&banner);

    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        tokio::select! {
            done = &mut interrupted => {
                done.context("cannot wait for Ctrl-C")?;
                break;
            }
            Some(()) = changes.recv() => {
                reload(&mut folder, &table, &issuer, &gateway).await;
                api_file.reload(&gateway, &issuer, site.as_ref());
                explorer.refresh().await;
            }
        }
    }
    drop(stop);
    explorer.end();
    let finished = async {
        gateway_server.await??;
        issuer_server.await??;
        explorer_server.await??;
        if let Some(engine) = engine {
            engine.stop().await?;
        }
        anyhow::Ok(())
    };
    until_finished(finished).await
}

/// Waits for what is under way, unless it is to end at once.
async fn until_finished(finished: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::pin!(finished);
    if let Ok(outcome) = tokio::time::timeout(QUICK, &mut finished).await {
        return outcome;
    }
    tell("waiting for calls under way; Ctrl-C again ends at once");
    tokio::select! {
        outcome = finished => outcome,
        again = tokio::signal::ctrl_c() => again.context("cannot wait for Ctrl-C"),
    }
}

/// The address of the service that is asked for, or of one that is started here.
async fn table_service(args: &DevArgs) -> anyhow::Result<(Option<DynamoDb>, String)> {
    if let Some(url) = &args.dynamodb_endpoint {
        return Ok((None, url.to_string()));
    }
    let engine = at_port(args.table_port, TABLE_PORT, async |port| {
        let started = DynamoDb::start(Storage::Memory, port).await;
        started.context("choose another port with `--table-port`")
    })
    .await?;
    let endpoint = engine.endpoint_url();
    Ok((Some(engine), endpoint))
}

/// The explorer of the folder, which it may change.
fn open_explorer(
    args: &DevArgs,
    file: &ApiFile,
    stage: &StageArn,
) -> anyhow::Result<Arc<Explorer>> {
    let origin = Origin::open(Source::Path(args.policies.clone()), None)?;
    let origin = origin.with_routes(file.path().to_owned(), file.routes_reader());
    let stage = Some(stage.clone());
    let config = ExplorerConfig { origin, stage, editable: true, watches: true };
    Ok(Arc::new(Explorer::open(config)?))
}

/// Tells people at the terminal and in the explorer of each request.
fn observer(explorer: &Arc<Explorer>, reasons: Reasons) -> Observer {
    let explorer = Arc::clone(explorer);
    Observer::new(move |record| {
        request_line::print(record, reasons.take(&record.request_id).as_deref());
        explorer.saw(record);
    })
}

/// The pages of `folder` in front of the gateway, with the session function.
///
/// # Errors
///
/// When there is no session function: then no page could ever be shown.
fn open_site(
    folder: &Path,
    gateway: &Gateway,
    paths: ApiPaths,
    session: &anyhow::Result<SessionFunction>,
) -> anyhow::Result<Site> {
    let session = session.as_ref().map_err(|error| {
        anyhow::anyhow!("no page can be shown without the session function: {error:#}")
    })?;
    Site::open(folder, gateway, paths, session)
}

/// Reads the folder again and makes the table follow it. A faulty file changes nothing: its last
/// good document stays in force, and the fault is told.
async fn reload(folder: &mut PolicyFolder, table: &Table, issuer: &Issuer, gateway: &Gateway) {
    if let Err(error) = try_reload(folder, table, issuer, gateway).await {
        tell(&format!("fault    {error:#}"));
    }
}

async fn try_reload(
    folder: &mut PolicyFolder,
    table: &Table,
    issuer: &Issuer,
    gateway: &Gateway,
) -> anyhow::Result<()> {
    let Reloaded { faults, mended, changed } =
        folder.reload().context("the policies in force stay as they are")?;
    for fault in faults {
        tell(&format!("fault    {fault}"));
    }
    for file in mended {
        tell(&format!("mended   {file}: without a fault again"));
    }
    let report = follow(folder, table, issuer).await?;
    // Answers that were cached before the change must not outlive it here.
    gateway.flush();
    for (word, subjects) in
        [("added", &report.added), ("changed", &report.changed), ("removed", &report.removed)]
    {
        for subject in subjects {
            tell(&format!("{word:<8} {subject}: in force now"));
        }
    }
    for finding in folder.findings(&changed) {
        tell(&finding);
    }
    Ok(())
}

/// Makes the table and the sign-in page what the folder is.
async fn follow(
    folder: &PolicyFolder,
    table: &Table,
    issuer: &Issuer,
) -> anyhow::Result<SeedReport> {
    let documents = folder.documents();
    issuer.set_accounts(people::accounts(documents.iter().map(|(subject, _)| subject)))?;
    table.seed(&documents).await
}

/// Writes a line to people; that nobody reads it any more is no reason to stop serving.
fn tell(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

async fn listen(port: u16, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.with_context(|| {
        format!("cannot listen on 127.0.0.1:{port}: choose another port with `{option}`")
    })
}

/// The explorer's page.
async fn explorer_page(args: &DevArgs, explorer: &Arc<Explorer>) -> anyhow::Result<Serving> {
    at_port(args.explorer_port, explorer::PORT, async |port| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Serving::listen(Arc::clone(explorer), address, "--explorer-port").await
    })
    .await
}

/// What is started at the port that is asked for, or else at its usual one, or at any if another
/// `gatepost dev` has that.
async fn at_port<T>(
    asked: Option<u16>,
    usual: u16,
    start: impl AsyncFn(u16) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if let Some(port) = asked {
        return start(port).await;
    }
    match start(usual).await {
        Ok(started) => Ok(started),
        Err(_) => start(0).await,
    }
}

/// Ready when the sender of `stopped` is gone.
fn until(stopped: &latest::Receiver<()>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stopped.clone();
    async move { while stopped.changed().await.is_ok() {} }
}
