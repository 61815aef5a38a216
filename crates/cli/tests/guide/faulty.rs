//! That a page which is wrong fails, and says where and why.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::page::Page;
use crate::scratch::Scratch;
use crate::{execute, hold, mentions, read_policies, root, shell};

/// A page, and what its fault must say; nothing if there is none to be found.
struct Case {
    name: &'static str,
    page: &'static str,
    says: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "a right page passes",
        page: "```sh\nA=1\nfor b in 1 2; do\n  A=$A$b\ndone\nfalse   # exit status 1\n```\n\n\
               <!-- before: cd policies -->\n\n\
               ```console\n$ echo $A; echo an error >&2\n112\nan …r\n$ seq 9   # exit status 0\n1\n…\n9\n$ pwd\n…/policies\n```\n",
        says: &[],
    },
    Case {
        name: "a wrong output fails",
        page: "Text\n\n```console\n$ echo one; echo two\none\nthree\n```\n",
        says: &["page.md:4:", "another output", "echo one", "  one", "- three", "+ two"],
    },
    Case {
        name: "an output that is too short fails",
        page: "```console\n$ echo one\none\ntwo\n```\n",
        says: &["- two"],
    },
    Case {
        name: "an output that is not mentioned fails",
        page: "```console\n$ echo one\n```\n",
        says: &["+ one"],
    },
    Case {
        name: "a command that fails fails",
        page: "```sh\ntrue\necho why && false\n```\n",
        says: &["page.md:3:", "exit status: 1, not 0", "it printed\nwhy"],
    },
    Case {
        name: "a failure within a pipe fails",
        page: "```sh\nfalse | true\n```\n",
        says: &["not 0"],
    },
    Case {
        name: "a variable that is not set fails",
        page: "```sh\necho $NOBODY_SET_THIS\n```\n",
        says: &["unbound variable"],
    },
    Case {
        name: "a wrong status fails",
        page: "```sh\nfalse   # exit status 2\n```\n",
        says: &["exit status 1, not 2"],
    },
    Case {
        name: "a wrong status in a console fails",
        page: "```console\n$ true   # exit status 1\n```\n",
        says: &["exit status 0, not 1"],
    },
    Case {
        name: "an unknown mark fails",
        page: "```sh\n# needs a good mood\ntrue\n```\n",
        says: &["`# needs a good mood` is none of the marks"],
    },
    Case {
        name: "a block in another word for a shell fails",
        page: "```bash\ntrue\n```\n",
        says: &["write `sh` or `console`"],
    },
    Case {
        name: "a line that the shell cannot make sense of fails",
        page: "```sh\ntrue\nfor a in b; do\n```\n",
        says: &["page.md:3:", "the shell cannot make sense of\nfor a in b; do"],
    },
    Case {
        name: "a server that ends at once fails",
        page: "```sh\ngatepost dev --policies nowhere   # leave it running\n```\n",
        says: &["it ended with exit status 2", "nowhere"],
    },
    Case {
        name: "a faulty policy fails",
        page: "```json\n{ \"Version\": \"2012-10-17\", \"Statement\": { \"Effect\": \"Maybe\", \"Action\": \"execute-api:Invoke\" } }\n```\n",
        says: &["page.md:2:", "the policy document is faulty"],
    },
    Case {
        name: "a policy for other services is none of ours",
        page: "```json\n{ \"Statement\": { \"Effect\": \"Allow\", \"Action\": \"dynamodb:Scan\" } }\n```\n",
        says: &[],
    },
    Case {
        name: "a policy that is said to be faulty and is not fails",
        page: "```json faulty\n{ \"Version\": \"2012-10-17\", \"Statement\": [] }\n```\n",
        says: &["is said to be faulty, and is not"],
    },
    Case {
        name: "a command of cargo that has no stand-in fails",
        page: "```sh\ncargo build\n```\n",
        says: &["the guide's test has no `cargo build`"],
    },
];

/// A page whose ports are its own.
const SERVES: Case = Case {
    name: "what stays is there, and gone after ctrl_c",
    page: "```console\n$ gatepost dev   # leave it running\n…\n  Ctrl-C ends it.\n```\n\n\
           ```sh\ncurl http://127.0.0.1:3000/health\n```\n\n\
           <!-- before: ctrl_c -->\n\n\
           ```sh\ncurl http://127.0.0.1:3000/health   # exit status 7\n```\n",
    says: &[],
};

/// Pages that would take for ever.
const PATIENCE: Duration = Duration::from_millis(500);
const ENDLESS: [Case; 2] = [
    Case {
        name: "a server that does not come up fails",
        page: "```sh\nsleep 100   # leave it running\n```\n",
        says: &["it did not come up"],
    },
    Case {
        name: "a command that does not end fails",
        page: "```sh\necho before\necho begun; sleep 100\n```\n",
        says: &["page.md:3:", "the page takes too long", "it printed\nbegun"],
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("pages that are wrong fail", || {
            let scratch = Scratch::of(&root());
            all(CASES, |page| {
                read_policies(page)?;
                execute(page, &scratch, shell::PATIENCE)
            })
        }),
        Trial::test("pages that take for ever fail", || {
            let scratch = Scratch::of(&root());
            all(&ENDLESS, |page| execute(page, &scratch, PATIENCE))
        }),
        Trial::test("what stays ends (serves)", || all(&[SERVES], |page| hold(&root(), page))),
        Trial::test("commands that do not exist are found where they are mentioned", || {
            let page = "`gatepost lint --format sarif`, `gatepost lnit`, `gatepost lint --fromat=x`\n\n\
                        ```sh\n# needs an AWS account\ngatepost test | gatepost x\ngatepost tset \\\n  --tabel\n```\n";
            let fault = mentions::exist(&mentions::of("page.md", page)).unwrap_err();
            let wanted = "page.md: there is no `gatepost lnit`\n\
                          page.md: `gatepost lint` has no `--fromat`\n\
                          page.md: there is no `gatepost tset`";
            if fault == wanted { Ok(()) } else { Err(Failed::from(fault)) }
        }),
    ]
}

fn all(cases: &[Case], hold: impl Fn(&Page) -> Result<(), String>) -> Result<(), Failed> {
    let outcome = |case: &Case| Page::parse("page.md", case.page).and_then(|page| hold(&page));
    let faults: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            fault(case, &outcome(case)).map(|fault| format!("{}: {fault}", case.name))
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Failed::from(faults.join("\n"))) }
}

/// What is wrong with the outcome of a case.
fn fault(case: &Case, outcome: &Result<(), String>) -> Option<String> {
    match (outcome, case.says) {
        (Ok(()), []) => None,
        (Ok(()), _) => Some("it passed".to_owned()),
        (Err(fault), [_, ..]) if case.says.iter().all(|part| fault.contains(part)) => None,
        (Err(fault), says) => Some(format!("it must say {says:?}, and says\n{fault}")),
    }
}
