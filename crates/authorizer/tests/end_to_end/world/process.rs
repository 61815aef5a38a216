//! The function as a process of this machine.

use std::fs;
use std::process::Command;

use super::World;

impl World {
    /// The id of the function's process.
    ///
    /// It is the one whose environment has this world's address of the table.
    pub(crate) fn process_id(&self) -> u32 {
        let mark = format!("AWS_ENDPOINT_URL_DYNAMODB={}", self.store.origin());
        let has_mark = |id: &u32| {
            let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        let entries = fs::read_dir("/proc").unwrap();
        let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.into_iter().find(has_mark).expect("the function has a process")
    }

    /// Ends the function's process as `abort` does, which is what a panic comes to in a release.
    pub(crate) fn abort_process(&self) {
        let id = self.process_id().to_string();
        assert!(Command::new("kill").args(["-ABRT", &id]).status().unwrap().success());
    }

    /// The function's resident memory, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process_id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
