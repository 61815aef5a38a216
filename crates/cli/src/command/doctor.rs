//! `gatepost doctor`: what a deployment does where nothing is documented.

use std::io::Write;

use anyhow::ensure;
use gatepost_authorizer::url::SecureUrl;

use super::Format;
use crate::aws::UserPool;
use crate::doctor::{Examination, GuardedPath, TokenOrigin};
use crate::exit_status::ExitStatus;

/// Ask a deployed API what AWS does not document, and which settings are safe there
///
/// Without a table and tokens it asks what anybody may. With them it writes throw-away documents
/// for groups `gatepost-doctor-…`, calls the API as users of these groups, and takes everything
/// away again. AWS credentials and region are read from the environment. Exit status 1 if something
/// is unsafe or amiss; 2 if it could not go on to its end, or could not take away what it wrote.
#[derive(clap::Args, Debug)]
pub(crate) struct DoctorArgs {
    /// The API's address, with the stage if that is part of it
    #[arg(long, value_name = "URL")]
    url: SecureUrl,

    /// A path whose GET needs a token, such as /orders/7; a second one for the probes that need two
    /// [default: /movies and /shows, those of the example]
    #[arg(long = "path", value_name = "PATH")]
    paths: Vec<GuardedPath>,

    /// The REST API in API Gateway: reads how it is deployed, and flushes its cache
    #[arg(long, value_name = "ID", requires = "stage")]
    api_id: Option<String>,

    /// Its stage
    #[arg(long, value_name = "NAME", requires = "api_id")]
    stage: Option<String>,

    /// The policy table's name or ARN, for throw-away documents
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// The Cognito user pool in which to make a throw-away user and groups
    #[arg(long, value_name = "ID", requires = "client_id")]
    user_pool: Option<String>,

    /// Its client whose tokens the API accepts; it must allow `ALLOW_ADMIN_USER_PASSWORD_AUTH` and
    /// have no secret
    #[arg(long, value_name = "ID", requires = "user_pool")]
    client_id: Option<String>,

    /// A shell command that prints a token of a user in the groups of `$GATEPOST_DOCTOR_GROUPS`,
    /// such as `gatepost token doctor --groups "$GATEPOST_DOCTOR_GROUPS"`
    ///
    /// The groups are separated by commas; none at all is a user in no group.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["user_pool", "client_id"])]
    token_command: Option<String>,

    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl DoctorArgs {
    pub(crate) fn run(
        self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        ensure!(
            self.paths.len() <= 2,
            "two paths are asked for at most: name --path twice at most"
        );
        let pool = self.user_pool.zip(self.client_id);
        let pool = pool.map(|(id, client_id)| TokenOrigin::Pool(UserPool { id, client_id }));
        Examination {
            url: self.url,
            paths: self.paths,
            stage: self.api_id.zip(self.stage),
            table: self.table,
            tokens: self.token_command.map(TokenOrigin::Command).or(pool),
            format: self.format,
        }
        .run(stdout, stderr)
    }
}
