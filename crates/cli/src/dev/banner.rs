//! What `gatepost dev` says when it is up: where things are, and lines to paste.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use super::tell;
use crate::command::DevArgs;
use crate::development::ISSUER;

/// Prints it.
pub(super) fn print(
    args: &DevArgs,
    gateway_url: &str,
    issuer_url: &str,
    documents: usize,
    routes: &Path,
) {
    tell(&text(args, gateway_url, issuer_url, documents, routes));
}

fn text(
    args: &DevArgs,
    gateway_url: &str,
    issuer_url: &str,
    documents: usize,
    routes: &Path,
) -> String {
    let strong = Style::new().bold();
    let link = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    let program = std::env::args().next().unwrap_or_else(|| "gatepost".to_owned());
    let mut token = format!("{program} token");
    if issuer_url != ISSUER {
        let _ = write!(token, " --issuer {issuer_url}");
    }
    if args.development.state != Path::new(".gatepost") {
        let _ = write!(token, " --state {}", args.development.state.display());
    }
    let authorizer = match (&args.lambda, &args.invoke_url) {
        (Some(binary), _) => format!("{} under a Lambda Runtime API", binary.display()),
        (None, Some(url)) => url.to_string(),
        (None, None) => "in this process".to_owned(),
    };
    let documents = match documents {
        1 => "1 document".to_owned(),
        _ => format!("{documents} documents"),
    };
    let saved = match args.invoke_url {
        None => "what you save is in force at once",
        Some(_) => "in the table here; the authorizer elsewhere reads what it is set to read",
    };
    let backend = match &args.backend {
        Some(url) => url.to_string(),
        None => "built-in echo".to_owned(),
    };
    format!(
        "
  {strong}API{strong:#}         {link}{gateway_url}{link:#}  (routes of {routes}; back end: {backend})
  {strong}Sign in{strong:#}     {link}{issuer_url}{link:#}  (alice, bob, carol, admin, dave: one click each)
  {strong}Policies{strong:#}    {policies}  ({documents}; {saved})
  {strong}Authorizer{strong:#}  {authorizer}

  Open the sign-in page, or paste:

    TOKEN=$({token} alice)
    curl -i -H \"Authorization: Bearer $TOKEN\" {gateway_url}/movies   # 200: alice is in movies-group
    curl -i -H \"Authorization: Bearer $TOKEN\" {gateway_url}/shows    # 403: and not in shows-group
    curl -i {gateway_url}/movies                                      # 401: nobody

  Ctrl-C ends it.
",
        routes = routes.display(),
        policies = args.policies.display(),
    )
}
