//! One shell for all commands of a page.
//!
//! It reads what to do from a pipe, a command at a time, and answers with the status. What commands print,
//! on either stream, goes to one file, so that it is all there when the status is. A command that stays has
//! a file and a process group of its own. All groups are ended with the shell; and by a watcher, should
//! this process be killed.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command as Process, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::output::difference;
use crate::page::Command;
use crate::scratch::Scratch;

/// For a whole page.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Between two looks at whether something has come up.
const INTERVAL: Duration = Duration::from_millis(20);

/// What `gatepost dev` and `gatepost explore` say last when they start.
const LAST_LINE: &str = "Ctrl-C ends it.";

/// `ctrl_c` is for pages: it ends what stays as a reader would, before the next takes its port.
const SETTING_UP: &str = r#"
exec 3>&1 >>'FOLDER/printed' 2>&1
touch 'FOLDER/groups'
end_all() { for group in $(<'FOLDER/groups'); do kill "-$1" -- "-$group" || true; done 2>/dev/null; }
ctrl_c() { end_all INT; wait $(<'FOLDER/groups') || true; : >'FOLDER/groups'; }
(while kill -0 OWNER; do sleep 1; done; end_all KILL; kill -KILL 0) </dev/null >/dev/null 2>&1 3>&- &
set -euo pipefail
"#;

pub(crate) struct Shell {
    process: Child,
    commands: ChildStdin,
    statuses: Receiver<String>,
    /// Beside what others have in the same scratch, and gone with that.
    folder: PathBuf,
    /// How many bytes of what was printed have been read.
    printed: usize,
    served: usize,
    deadline: Instant,
}

impl Shell {
    pub(crate) fn start(scratch: &Scratch, patience: Duration) -> Self {
        let mut process = scratch
            .command("bash")
            .args(["--noprofile", "--norc"])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let folder = tempfile::tempdir_in(scratch.path()).unwrap().keep();
        let setting_up = SETTING_UP
            .replace("FOLDER", folder.to_str().unwrap())
            .replace("OWNER", &std::process::id().to_string());
        commands.write_all(setting_up.as_bytes()).unwrap();
        let (send, statuses) = channel();
        thread::spawn(move || {
            for line in answers.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let deadline = Instant::now() + patience;
        Self { process, commands, statuses, folder, printed: 0, served: 0, deadline }
    }

    /// Fails with what was expected and what came.
    pub(crate) fn execute(&mut self, command: &Command) -> Result<(), String> {
        if command.stays {
            return self.serve(command);
        }
        let file = self.folder.join("command");
        fs::write(&file, &command.text).unwrap();
        let is_any_status = command.status != Some(0);
        let (lenient, strict) = if is_any_status { ("set +e; ", "; set -e") } else { ("", "") };
        let line = format!("{lenient}. '{}' </dev/null 3>&-; echo $? >&3{strict}", file.display());
        // A shell that has ended is told by its answer.
        let _ = writeln!(self.commands, "{line}");
        let status = self.status();
        let printed = self.printed();
        let fault = |fault: String| format!("{fault}\n{}\nit printed\n{printed}", command.text);
        let status = status.map_err(fault)?;
        if let Some(wanted) = command.status.filter(|wanted| *wanted != status) {
            return Err(fault(format!("exit status {status}, not {wanted}, of")));
        }
        let output = command.output.as_deref();
        match output.and_then(|wanted| difference(wanted, &printed)) {
            None => Ok(()),
            Some(lines) => Err(format!(
                "another output (- the page, + what came) of\n{}\n{lines}",
                command.text
            )),
        }
    }

    /// The status of the command under way.
    fn status(&mut self) -> Result<i32, String> {
        match self.statuses.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
            Ok(status) => Ok(status.parse().unwrap()),
            Err(RecvTimeoutError::Timeout) => Err("the page takes too long, in".to_owned()),
            // `set -e` has ended it.
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.process.wait().unwrap();
                Err(format!("{status}, not 0, of"))
            }
        }
    }

    /// What was printed since this was asked last.
    fn printed(&mut self) -> String {
        let all = read(&self.folder.join("printed"));
        let new = all.get(self.printed..).unwrap_or_default().to_owned();
        self.printed = all.len();
        new
    }

    /// Starts what stays, and waits until it has said where it is, and is there.
    fn serve(&mut self, command: &Command) -> Result<(), String> {
        self.served += 1;
        let file = self.folder.join(format!("served-{}", self.served));
        let log = self.folder.join(format!("served-{}-printed", self.served));
        let ended = self.folder.join(format!("served-{}-ended", self.served));
        fs::write(&file, &command.text).unwrap();
        writeln!(
            self.commands,
            "set -m; (set +em; . '{}'; echo $? >'{}') </dev/null >'{}' 2>&1 3>&- &
             set +m; echo $! >>'{}/groups'",
            file.display(),
            ended.display(),
            log.display(),
            self.folder.display(),
        )
        .unwrap();
        loop {
            let said = read(&log);
            let is_as_shown =
                command.output.as_deref().is_none_or(|wanted| difference(wanted, &said).is_none());
            if is_as_shown && is_there(&said) {
                return Ok(());
            }
            // The file is there a moment before the status is in it.
            let fault = match read(&ended).trim() {
                "" if Instant::now() > self.deadline => "it did not come up".to_owned(),
                "" => {
                    thread::sleep(INTERVAL);
                    continue;
                }
                status => format!("it ended with exit status {status}"),
            };
            let said = read(&log);
            let shown = command.output.as_deref().and_then(|wanted| difference(wanted, &said));
            return Err(format!(
                "{fault}:\n{}\nit printed\n{}",
                command.text,
                shown.unwrap_or(said)
            ));
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let mut groups = vec![self.process.id().to_string()];
        groups.extend(read(&self.folder.join("groups")).lines().map(str::to_owned));
        for group in groups {
            let kill = format!("kill -KILL -- -{group}");
            let _ = Process::new("bash").args(["-c", &kill]).stderr(Stdio::null()).status();
        }
        let _ = self.process.wait();
    }
}

fn read(file: &Path) -> String {
    String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned()
}

/// Whether a program has said all that it says at its start, and all addresses of this machine in it answer.
fn is_there(said: &str) -> bool {
    let mut addresses = ["http://127.0.0.1:", "http://localhost:"]
        .iter()
        .flat_map(|start| said.split(start).skip(1))
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u16>().ok());
    said.contains(LAST_LINE)
        && addresses.all(|port| TcpStream::connect(("localhost", port)).is_ok())
}
