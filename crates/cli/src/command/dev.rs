//! `gatepost dev`: the whole of Gatepost on one machine.

use std::path::PathBuf;

use gatepost_authorizer::url::SecureUrl;
use gatepost_core::gateway::StageArn;
use gatepost_emulator::gateway::BackendUrl;
use gatepost_emulator::lambda::InvokeUrl;

use crate::dev;
use crate::development::IssuerArgs;
use crate::exit_status::ExitStatus;

/// Run it all on this machine: API, sign-in, policy store
///
/// An API Gateway REST API guarded by Gatepost, an issuer to sign in with, and a
/// DynamoDB-compatible table that holds the documents of the policies folder and follows it as you
/// save; for browser apps the session function under /auth/. `GATEPOST_…` variables set the
/// functions as they would in Lambda. Ctrl-C ends it.
#[derive(clap::Args, Debug)]
pub(crate) struct DevArgs {
    /// Folder with groups/*.json and routes/openapi.yaml
    #[arg(long, value_name = "FOLDER", default_value = "policies")]
    pub(crate) policies: PathBuf,

    /// The API's routes [default: routes/openapi.yaml in the policies folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) routes: Option<PathBuf>,

    /// The whole API as API Gateway would import it, with its CORS settings and gateway responses:
    /// an OpenAPI 3 document with x-amazon-apigateway-… extensions
    #[arg(long, value_name = "FILE", conflicts_with = "routes")]
    pub(crate) openapi: Option<PathBuf>,

    /// The API and the authorizer's settings as CloudFormation would deploy them:
    /// cdk.out/….template.json
    ///
    /// What a deployment would refuse, and what is not emulated, is said at the start.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["routes", "openapi"])]
    pub(crate) template: Option<PathBuf>,

    /// Which API of the template, by its logical id, if there are several
    #[arg(long, value_name = "ID", requires = "template")]
    pub(crate) api: Option<String>,

    /// Serve the pages of this folder on the API's port too, each to those whose page pass allows it
    ///
    /// One host, decided on by the very function that does it on AWS: paths that begin as a route of
    /// the API does are the API's, /auth/ is the session function's, and all else is a page. Files
    /// are read at each request.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) site: Option<PathBuf>,

    /// Port of the API; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    pub(crate) port: u16,

    /// Port of the issuer; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 3001)]
    pub(crate) issuer_port: u16,

    /// Port of the explorer, the page that shows who may do what; 0 takes a free one [default: 3002,
    /// or a free one if that is taken]
    #[arg(long, value_name = "PORT")]
    pub(crate) explorer_port: Option<u16>,

    /// Port of the table; 0 takes a free one [default: 3003, or a free one if that is taken]
    #[arg(long, value_name = "PORT", conflicts_with = "dynamodb_endpoint")]
    pub(crate) table_port: Option<u16>,

    /// The API and stage to stand for in method ARNs [default:
    /// arn:aws:execute-api:eu-west-1:123456789012:gatepost/dev, or a template's own stage]
    #[arg(long, value_name = "ARN")]
    pub(crate) stage: Option<StageArn>,

    /// Send what is allowed to this server instead of the built-in echo
    #[arg(long, value_name = "URL")]
    pub(crate) backend: Option<BackendUrl>,

    /// Run this compiled authorizer under a Lambda Runtime API instead of the one in this process
    #[arg(long, value_name = "PATH", conflicts_with = "invoke_url")]
    pub(crate) lambda: Option<PathBuf>,

    /// Call this Lambda Invoke endpoint instead of the authorizer in this process
    #[arg(long, value_name = "URL")]
    pub(crate) invoke_url: Option<InvokeUrl>,

    /// Use the DynamoDB-compatible engine at this address instead of the embedded one
    ///
    /// On this machine only: its table `gatepost-policies` is made to hold what the policies
    /// folder holds, and what it held beside that is removed.
    #[arg(long, value_name = "URL", value_parser = on_this_machine)]
    pub(crate) dynamodb_endpoint: Option<SecureUrl>,

    #[command(flatten)]
    pub(crate) development: IssuerArgs,
}

impl DevArgs {
    pub(crate) fn run(&self) -> anyhow::Result<ExitStatus> {
        dev::run(self)?;
        Ok(ExitStatus::Yes)
    }
}

/// An `http:` address is one of this machine: [`SecureUrl`] takes no other.
fn on_this_machine(text: &str) -> Result<SecureUrl, String> {
    text.parse().ok().filter(|_| text.starts_with("http:")).ok_or_else(|| {
        "must be an address of this machine, such as `http://127.0.0.1:8000`: the table there is \
         overwritten"
            .to_owned()
    })
}
