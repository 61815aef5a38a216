//! Ctrl-C, and the time a run may take: looked at between steps, so that no step is cut in two.

use std::io;
use std::time::Duration;

use anyhow::bail;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Whether to go on.
pub(super) struct Interrupt {
    signals: watch::Receiver<u32>,
    deadline: Instant,
}

impl Interrupt {
    /// Listens for Ctrl-C and SIGTERM from now on, and ends the run after `total`.
    ///
    /// # Errors
    ///
    /// When the system does not let it listen.
    pub(super) fn listen(total: Duration) -> io::Result<Self> {
        let (send, signals) = watch::channel(0);
        let mut ends = Ends::listen()?;
        tokio::spawn(async move {
            while ends.next().await && !send.is_closed() {
                send.send_modify(|count| *count += 1);
            }
        });
        Ok(Self { signals, deadline: Instant::now() + total })
    }

    /// # Errors
    ///
    /// When the run is to end.
    pub(super) fn go_on(&self) -> anyhow::Result<()> {
        if *self.signals.borrow() > 0 {
            bail!("interrupted");
        }
        if Instant::now() > self.deadline {
            bail!("it has taken longer than it may");
        }
        Ok(())
    }

    /// Waits for something that may be given up.
    ///
    /// # Errors
    ///
    /// When the run is to end meanwhile.
    pub(super) async fn unless<T>(&self, wanted: impl Future<Output = T>) -> anyhow::Result<T> {
        self.go_on()?;
        tokio::select! {
            done = wanted => Ok(done),
            () = self.signalled(1) => bail!("interrupted"),
            () = sleep_until(self.deadline) => bail!("it has taken longer than it may"),
        }
    }

    /// Ready when there has been one more signal than there was until now.
    pub(super) async fn another(&self) {
        let until_now = *self.signals.borrow();
        self.signalled(until_now + 1).await;
    }

    /// Ready when there have been `count` signals.
    async fn signalled(&self, count: u32) {
        let mut signals = self.signals.clone();
        if signals.wait_for(|seen| *seen >= count).await.is_err() {
            // Nobody listens any more, so that there will be none.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Ends {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Ends {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            seen = self.interrupt.recv() => seen.is_some(),
            seen = self.terminate.recv() => seen.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Ends;

#[cfg(not(unix))]
impl Ends {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
