//! What `gatepost dev` says when it is up: where things are, and lines to paste.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use gatepost_emulator::gateway::{Access, Api, Deployment, MethodVerb};

use super::api_file::summary;
use crate::command::DevArgs;
use crate::development::ISSUER;

/// Where everything is.
pub(super) struct Banner<'a> {
    pub(super) args: &'a DevArgs,
    pub(super) gateway_url: &'a str,
    pub(super) issuer_url: &'a str,
    pub(super) explorer_url: &'a str,
    pub(super) table_url: &'a str,
    /// Whether the authorizer looks for tokens in a header.
    pub(super) takes_header: bool,
}

impl Banner<'_> {
    /// The whole text.
    pub(super) fn text(&self, documents: usize, file: &Path, deployment: &Deployment) -> String {
        let Self { args, gateway_url, issuer_url, explorer_url, table_url, takes_header } = *self;
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
        let function = match &deployment.function {
            Some(function) => format!(
                "  (set up as {}: {} s, {} MB, {})",
                function.name,
                function.timeout.as_secs(),
                function.memory_megabytes,
                function.architecture
            ),
            None => String::new(),
        };
        let site = match &args.site {
            Some(folder) => format!(
                "  {strong}Site{strong:#}        {link}{gateway_url}{link:#}  (pages of {}, each as the page pass allows)\n",
                folder.display()
            ),
            None => String::new(),
        };
        let next = if takes_header {
            let calls = calls(gateway_url, &deployment.api);
            format!("  Open the sign-in page, or paste:\n\n    TOKEN=$({token} alice)\n{calls}")
        } else {
            format!("  Tokens are in cookies: sign in at {link}{gateway_url}/auth/login{link:#}\n")
        };
        format!(
        "
  {strong}API{strong:#}         {link}{gateway_url}{link:#}  ({summary}; {file}; back end: {backend})
{site}  {strong}Sign in{strong:#}     {link}{issuer_url}{link:#}  (alice, bob, carol, admin, dave: one click each)
  {strong}Explorer{strong:#}    {link}{explorer_url}{link:#}  (who may do what, and why; try a change; watch calls)
  {strong}Table{strong:#}       {link}{table_url}{link:#}  (`gatepost-policies`, DynamoDB-compatible)
  {strong}Policies{strong:#}    {policies}  ({documents}; {saved})
  {strong}Authorizer{strong:#}  {authorizer}{function}

{next}
  Ctrl-C ends it.
",
        summary = summary(&deployment.api),
        file = file.display(),
        policies = args.policies.display(),
    )
    }
}

/// Lines to paste: what alice may call and what not, where the API is the example's, and otherwise a
/// guarded method.
fn calls(gateway_url: &str, api: &Api) -> String {
    let guarded: Vec<&str> = api
        .methods()
        .into_iter()
        .filter(|(verb, path, method)| {
            let is_get = matches!(verb, MethodVerb::Any | MethodVerb::One("GET"));
            is_get && path.starts_with('/') && matches!(method.access, Access::Guarded(_))
        })
        .map(|(_, path, _)| path)
        .collect();
    let is_example = ["/movies", "/shows"].iter().all(|path| guarded.contains(path));
    let lines = if is_example {
        vec![
            ("/movies", "200: alice is in movies-group"),
            ("/shows", "403: and not in shows-group"),
        ]
    } else {
        guarded.first().map(|path| (*path, "by the groups of alice")).into_iter().collect()
    };
    let width = lines.iter().map(|(path, _)| path.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (path, why) in &lines {
        let _ = writeln!(
            text,
            "    curl -i -H \"Authorization: Bearer $TOKEN\" {gateway_url}{path:width$}   # {why}"
        );
    }
    if let Some((path, _)) = lines.first() {
        let gap = "-H \"Authorization: Bearer $TOKEN\" ".len() + width;
        let _ = writeln!(text, "    curl -i {gateway_url}{path:gap$}   # 401: nobody");
    }
    text
}
