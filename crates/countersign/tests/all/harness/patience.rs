//! Waiting for what somebody else does meanwhile: another thread, another process, a real server.
//!
//! Nothing else in these tests waits for time to pass. What is measured in time goes by the virtual clock.

use std::time::Duration;

/// Far longer than anything takes on a busy machine: what is not there by then never comes.
const PATIENCE: Duration = Duration::from_mins(1);
const GLANCE: Duration = Duration::from_millis(2);

/// Looks until there is something to see.
pub(crate) async fn wait_for<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    patiently(look).await.unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain: {what}"))
}

/// Looks until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    wait_for(what, async || is_so().await.then_some(())).await;
}

/// Waits for the end of something that tells by itself.
pub(crate) async fn in_time<T>(what: &str, going_on: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(PATIENCE, going_on).await;
    ended.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain: {what}"))
}

/// The same as [`wait_for`], for those who know more about what was waited for in vain.
pub(crate) async fn patiently<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a figure for the report of a soak run; nothing is asserted on it"
)]
pub(crate) fn stop_watch() -> std::time::Instant {
    std::time::Instant::now()
}
