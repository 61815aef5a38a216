//! One life of one contender: its start, its first call, and how it fares when it is warm.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::Context as _;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use serde::Serialize;

use crate::contender::{Addresses, Contender};
use crate::cores;
use crate::runtime_api::Listening;
use crate::stub::{Seen, Stub};

/// How a contender is run.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Calls before each measurement: so many in all have been made by then.
    pub warm_ups: &'static [usize],
    /// Calls that a measurement is made of.
    pub calls: usize,
    /// The share of one core that it has once it has started, in percent.
    pub core_percent: Option<f64>,
}

/// What one life came to.
#[derive(Debug, Serialize)]
pub struct Life {
    /// From the start of the process to its request for the first event.
    pub init_ms: f64,
    pub first_ms: f64,
    pub init_requests: u64,
    pub first_requests: u64,
    pub warm: Vec<Warm>,
    /// After the last call.
    pub resident_mb: f64,
}

/// One measurement of warm calls.
#[derive(Debug, Serialize)]
pub struct Warm {
    pub after: usize,
    pub p50_us: f64,
    pub p99_us: f64,
    /// Of all threads, for each call.
    pub cpu_us: f64,
    pub requests: f64,
    pub connections: f64,
}

/// Starts `contender`, asks it `events` in turn and again and again, and ends it. The first answer has to
/// pass `check`.
pub fn live(
    contender: &Contender,
    addresses: &Addresses,
    stubs: &[&Stub],
    events: &[Vec<u8>],
    plan: Plan,
    check: impl Fn(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<Life> {
    let seen = || stubs.iter().fold(Seen::default(), |all, stub| all + stub.seen());
    let listening = Listening::start()?;
    let (program, arguments) = contender.command();
    let before = seen();
    let started = Instant::now();
    cores::take(cores::FUNCTION)?;
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(contender.environment(addresses))
        .env("AWS_LAMBDA_RUNTIME_API", listening.address()?.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    cores::take(cores::DRIVER)?;
    let mut process = Process(child);
    let mut api = listening.first_request(|| process.is_alive())?;
    let init = started.elapsed();
    let after_init = seen();
    let throttle =
        plan.core_percent.map(|percent| Throttle::new(process.0.id(), percent)).transpose()?;
    let mut events = events.iter().cycle();
    let mut ask = || api.invoke(events.next().context("no event")?);
    let (first, answer) = ask()?;
    let after_first = seen();
    check(&answer)?;
    let mut made = 1;
    let mut warm = Vec::new();
    for &warm_up in plan.warm_ups {
        while made < warm_up {
            ask()?;
            made += 1;
        }
        warm.push(measure(&mut ask, &process, plan.calls, made, seen)?);
        made += plan.calls;
    }
    let resident_mb = process.resident_mb()?;
    drop(process);
    drop(throttle);
    Ok(Life {
        init_ms: millis(init),
        first_ms: millis(first),
        init_requests: (after_init - before).requests,
        first_requests: (after_first - after_init).requests,
        warm,
        resident_mb,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
fn measure(
    ask: &mut impl FnMut() -> anyhow::Result<(Duration, Vec<u8>)>,
    process: &Process,
    calls: usize,
    after: usize,
    seen: impl Fn() -> Seen,
) -> anyhow::Result<Warm> {
    let (before, cpu_before) = (seen(), process.cpu_time()?);
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        times.push(ask()?.0);
    }
    let (cpu, seen) = (process.cpu_time()?.saturating_sub(cpu_before), seen() - before);
    times.sort_unstable();
    let at = |share: usize| times.get(calls * share / 100).copied().unwrap_or_default();
    let each = |count: u64| count as f64 / calls as f64;
    Ok(Warm {
        after,
        p50_us: micros(at(50)),
        p99_us: micros(at(99)),
        cpu_us: micros(cpu) / calls as f64,
        requests: each(seen.requests),
        connections: each(seen.connections),
    })
}

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A process that ends when it is dropped.
struct Process(Child);

impl Process {
    fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Of all its threads, those that have ended among them.
    fn cpu_time(&self) -> anyhow::Result<Duration> {
        let pid = Pid::from_raw(self.0.id().try_into()?);
        let clock: ClockId = clock_getcpuclockid(pid)?;
        Ok(clock.now()?.into())
    }

    fn resident_mb(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
        Ok(kilobytes.parse::<f64>()? / 1_024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A control group that lets a process have a share of a core, as Lambda does with little memory.
struct Throttle(PathBuf);

impl Throttle {
    /// The period by which the kernel counts, and Lambda's by what is known of it.
    const PERIOD_US: u32 = 20_000;

    fn new(process: u32, percent: f64) -> anyhow::Result<Self> {
        let quota = (f64::from(Self::PERIOD_US) * percent / 100.0).round();
        let version_1 = Path::new("/sys/fs/cgroup/cpu");
        let (group, settings) = if version_1.is_dir() {
            let settings = vec![
                ("cpu.cfs_period_us", Self::PERIOD_US.to_string()),
                ("cpu.cfs_quota_us", quota.to_string()),
            ];
            (version_1.join("gatepost-bench"), settings)
        } else {
            let settings = vec![("cpu.max", format!("{quota} {}", Self::PERIOD_US))];
            (PathBuf::from("/sys/fs/cgroup/gatepost-bench"), settings)
        };
        let throttle = Self(group);
        let write = || -> io::Result<()> {
            if !throttle.0.is_dir() {
                fs::create_dir(&throttle.0)?;
            }
            for (name, value) in settings {
                fs::write(throttle.0.join(name), value)?;
            }
            fs::write(throttle.0.join("cgroup.procs"), process.to_string())
        };
        write().with_context(|| {
            format!("cannot throttle by {} (this needs root)", throttle.0.display())
        })?;
        Ok(throttle)
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        // Its process has ended by now; the kernel may take a moment to know.
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
