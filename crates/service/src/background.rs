//! What the server does by itself and over and over: one loop for each task.
//!
//! ```text
//!   ┌─▶ turn ─▶ rest ─┐      a turn that ends in a fault is tried again, each time after twice the pause
//!   └─────────────────┘      so is one that panics; who is asked to stop finishes the turn, and winds up
//! ```

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::{sync::watch, task::JoinHandle, time};

use crate::Fault;

/// Something to be done over and over.
pub(crate) trait Task: Send + 'static {
    const NAME: &'static str;
    /// Real time between two turns.
    const REST: Duration;

    fn turn(&mut self) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The last thing before the end.
    fn wind_up(self) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A running loop. If it is dropped it stops too, only nobody knows when it has.
pub struct Background {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

/// A database that was away for long is asked twice a minute.
const REST_MAX: Duration = Duration::from_secs(30);

impl Background {
    /// Must be called inside the runtime.
    pub(crate) fn start(task: impl Task) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, running: tokio::spawn(run(task, stopped)) }
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.running.await.is_err() {
            tracing::error!("a task in the background panicked");
        }
    }
}

async fn run<T: Task>(mut task: T, mut stop: watch::Receiver<bool>) {
    let mut rest = T::REST;
    loop {
        tokio::select! {
            () = time::sleep(rest) => {}
            _ = stop.changed() => break,
        }
        let later = rest.saturating_mul(2).min(REST_MAX.max(T::REST));
        rest = match AssertUnwindSafe(task.turn()).catch_unwind().await {
            Ok(Ok(())) => T::REST,
            Ok(Err(fault)) => {
                tracing::error!(task = T::NAME, %fault, code = fault.code(), "a turn failed");
                later
            }
            Err(_told_by_the_hook) => {
                tracing::error!(task = T::NAME, "a turn panicked");
                later
            }
        };
    }
    if let Err(fault) = task.wind_up().await {
        tracing::warn!(task = T::NAME, %fault, code = fault.code(), "not wound up");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Notify;

    use super::*;

    /// Fails, panics, and then does its work.
    struct Troubled {
        turns: u32,
        done: Arc<Notify>,
        told: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Task for Troubled {
        const NAME: &'static str = "troubled";
        const REST: Duration = Duration::from_millis(1);

        async fn turn(&mut self) -> Result<(), Fault> {
            self.turns += 1;
            match self.turns {
                1 => {
                    self.told.lock().unwrap().push("failed");
                    Err(Fault::Randomness)
                }
                2 => {
                    self.told.lock().unwrap().push("panicked");
                    panic!("as intended")
                }
                _ => {
                    self.told.lock().unwrap().push("done");
                    self.done.notify_one();
                    Ok(())
                }
            }
        }

        async fn wind_up(self) -> Result<(), Fault> {
            self.told.lock().unwrap().push("wound up");
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_turn_that_failed_or_panicked_is_tried_again_and_who_is_stopped_winds_up() {
        let (done, told) = (Arc::new(Notify::new()), Arc::<Mutex<Vec<_>>>::default());
        let task = Troubled { turns: 0, done: Arc::clone(&done), told: Arc::clone(&told) };
        let running = Background::start(task);
        done.notified().await;
        running.stop().await;
        let told = told.lock().unwrap();
        assert_eq!(told.first_chunk(), Some(&["failed", "panicked", "done"]));
        assert_eq!(told.last(), Some(&"wound up"));
    }
}
