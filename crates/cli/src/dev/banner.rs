//! What `gatepost dev` says when it is up: where things are, and lines to paste.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use gatepost_emulator::gateway::{Access, Api, Deployment, MethodVerb};
use gatepost_emulator::issuer::{Account, demo_accounts};

use super::api_file::summary;
use crate::command::DevArgs;
use crate::counted::counted;
use crate::development::ISSUER;
use crate::visible::visible;

/// The most people who are named.
const MAX_NAMES: usize = 8;

/// Where everything is.
pub(super) struct Banner<'a> {
    pub(super) args: &'a DevArgs,
    pub(super) gateway_url: &'a str,
    pub(super) issuer_url: &'a str,
    /// Who can sign in there.
    pub(super) accounts: &'a [Account],
    pub(super) explorer_url: &'a str,
    pub(super) table_url: &'a str,
    /// Whether the authorizer looks for tokens in a header.
    pub(super) takes_header: bool,
}

impl Banner<'_> {
    /// The whole text.
    pub(super) fn text(&self, documents: usize, file: &Path, deployment: &Deployment) -> String {
        let Self { args, gateway_url, issuer_url, explorer_url, table_url, takes_header, .. } =
            *self;
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
        let documents = counted(documents, "document");
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
            format!("  Open the sign-in page, or paste:\n\n{}", self.calls(&token, &deployment.api))
        } else {
            format!("  Tokens are in cookies: sign in at {link}{gateway_url}/auth/login{link:#}\n")
        };
        format!(
        "
  {strong}API{strong:#}         {link}{gateway_url}{link:#}  ({summary}; {file}; back end: {backend})
{site}  {strong}Sign in{strong:#}     {link}{issuer_url}{link:#}  ({people}: one click each)
  {strong}Explorer{strong:#}    {link}{explorer_url}{link:#}  (who may do what, and why; try a change; watch calls)
  {strong}Table{strong:#}       {link}{table_url}{link:#}  (`gatepost-policies`, DynamoDB-compatible)
  {strong}Policies{strong:#}    {policies}  ({documents}; {saved})
  {strong}Authorizer{strong:#}  {authorizer}{function}

{next}
  Ctrl-C ends it.
",
        summary = summary(&deployment.api),
        file = file.display(),
        people = people(self.accounts),
        policies = args.policies.display(),
    )
    }

    /// Lines to paste: what alice may call and what not, where the API is the example's, and otherwise
    /// a guarded method, called by somebody for whom the folder has a document, if there is one.
    fn calls(&self, token: &str, api: &Api) -> String {
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
        let own = self.accounts.iter().find(|one| is_of_folder(one)).filter(|_| !is_example);
        let (caller, whose) = match own {
            Some(own) => {
                let groups = own.groups.join(",");
                (format!("{} --groups {groups}", own.username), format!("as {groups} may"))
            }
            None => ("alice".to_owned(), "by the groups of alice".to_owned()),
        };
        let lines = if is_example {
            vec![
                ("/movies", "200: alice is in movies-group"),
                ("/shows", "403: and not in shows-group"),
            ]
        } else {
            guarded.first().map(|path| (*path, whose.as_str())).into_iter().collect()
        };
        let width = lines.iter().map(|(path, _)| path.len()).max().unwrap_or_default();
        let url = self.gateway_url;
        let mut text = format!("    TOKEN=$({token} {caller})\n");
        for (path, why) in &lines {
            let _ = writeln!(
                text,
                "    curl -i -H \"Authorization: Bearer $TOKEN\" {url}{path:width$}   # {why}"
            );
        }
        if let Some((path, _)) = lines.first() {
            let gap = "-H \"Authorization: Bearer $TOKEN\" ".len() + width;
            let _ = writeln!(text, "    curl -i {url}{path:gap$}   # 401: nobody");
        }
        text
    }
}

/// The first of them by name, and how many more there are.
fn people(accounts: &[Account]) -> String {
    let (named, more) = accounts.split_at(accounts.len().min(MAX_NAMES));
    let mut names: Vec<String> = named.iter().map(|one| visible(&one.username)).collect();
    if !more.is_empty() {
        names.push(format!("{} more", more.len()));
    }
    names.join(", ")
}

/// Whether it is an account for a group of the folder, which can be pasted into a shell as it is.
fn is_of_folder(account: &Account) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !account.groups.is_empty()
        && account.username.bytes().all(is_plain)
        && demo_accounts().iter().all(|one| one.username != account.username)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_people_are_named_and_the_others_counted() {
        let accounts: Vec<Account> = ["a", "b", "c\u{202e}", "d", "e", "f", "g", "h", "i", "j"]
            .map(|name| Account::new(name, ["x"]))
            .into();
        assert_eq!(people(&accounts[..2]), "a, b");
        assert_eq!(people(&accounts), "a, b, c\\u{202e}, d, e, f, g, h, 2 more");
    }

    #[test]
    fn nothing_is_proposed_for_a_shell_that_it_would_read_otherwise() {
        for (name, group, want) in [
            ("clerks-member", "clerks", true),
            ("$(id)-member", "$(id)", false),
            ("a b-member", "a b", false),
            ("alice", "movies-group", false),
        ] {
            assert_eq!(is_of_folder(&Account::new(name, [group])), want, "{name}");
        }
        assert!(!is_of_folder(&Account::new("u-1", Vec::<String>::new())));
    }
}
