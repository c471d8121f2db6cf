//! Hears from other nodes that there is something to send.

use std::future::poll_fn;
use std::time::Duration;

use tokio_postgres::AsyncMessage;

use super::session::Session;
use super::{Postgres, fault};
use crate::Fault;

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

    /// Until the connection is lost, or its server says nothing any more.
    async fn hear(&self, wake: &impl Fn()) -> Result<(), Fault> {
        let connecting = tokio::time::timeout(self.nodes.limit(), self.nodes.connect());
        let Ok(connected) = connecting.await else { return Ok(()) };
        let (client, mut connection) = connected.map_err(fault)?;
        let hearing = async {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(_) = message.map_err(fault)? {
                    wake();
                }
            }
            Ok(())
        };
        let session = Session { client: &client, cache: None, silence: self.silence };
        let asking = async {
            session.in_time(session.say("LISTEN countersign_outbox")).await?;
            // What was committed before is not told.
            wake();
            loop {
                tokio::time::sleep(self.silence).await;
                // Nobody else asks here, and a frozen server looks like one that has nothing to tell.
                session.in_time(session.say("")).await?;
            }
        };
        tokio::select! {
            lost = hearing => lost,
            silent = asking => silent,
        }
    }
}
