//! Hears from other nodes that there is something to send.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio_postgres::AsyncMessage;

use super::Postgres;

/// Until a lost connection for notifications is made again; meanwhile senders look by themselves.
const LISTEN_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Postgres {
    /// On a connection of its own, which is made anew when it is lost. A pooler that hands each transaction to
    /// another connection lets no notification through: senders look by themselves every second.
    pub(in crate::database) async fn listen(&self, wake: impl Fn()) {
        while !self.pool.is_closed() {
            if let Err(error) = self.hear(&wake).await {
                tracing::warn!(%error, "notifications of other nodes are not heard");
            }
            tokio::time::sleep(LISTEN_AGAIN_AFTER).await;
        }
    }

    /// Until the connection is lost.
    async fn hear(&self, wake: &impl Fn()) -> Result<(), tokio_postgres::Error> {
        let connecting = tokio::time::timeout(self.nodes.limit(), self.nodes.connect());
        let Ok(connected) = connecting.await else { return Ok(()) };
        let (client, mut connection) = connected?;
        let mut asked = pin!(client.batch_execute("LISTEN countersign_outbox"));
        let mut is_listening = false;
        poll_fn(|context| {
            loop {
                if !is_listening && let Poll::Ready(listening) = asked.as_mut().poll(context) {
                    listening?;
                    is_listening = true;
                    // What was committed before is not told.
                    wake();
                }
                match connection.poll_message(context) {
                    Poll::Ready(Some(Ok(AsyncMessage::Notification(_)))) => wake(),
                    Poll::Ready(Some(Ok(_))) => {}
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                    Poll::Ready(None) => return Poll::Ready(Ok(())),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }
}
