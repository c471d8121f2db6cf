//! Wakes the worker as soon as there is something to send.

use tokio::sync::watch;

/// A clone pokes the same worker.
#[derive(Clone)]
pub struct Wake(watch::Sender<u64>);

impl Default for Wake {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Wake {
    /// To be called after the commit: what is not committed yet would not be found.
    pub fn poke(&self) {
        self.0.send_modify(|pokes| *pokes = pokes.wrapping_add(1));
    }

    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
