//! Which core does what: the function has one for itself, the driver and the stubs share the other.

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

pub const DRIVER: usize = 0;
pub const FUNCTION: usize = 1;

/// Binds this thread, and the threads and processes that it starts from now on, to a core.
pub fn take(core: usize) -> nix::Result<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &set)
}
