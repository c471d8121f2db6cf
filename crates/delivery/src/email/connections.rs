//! Connections to the mail server, kept while they are in use again and again.
//!
//! Our own and not the library's pool: that one takes a connection back from a conversation that was given up
//! midway, and the next message would then be written into the one before it, or be told its answer. Here a
//! connection belongs to its conversation and comes back only from its end.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use countersign_core::timestamp::Timestamp;
use lettre::{Message, transport::smtp::client::AsyncSmtpConnection};
use tokio::time;

use super::conversation::{Break, STEP_MAX, Server, hand_over, step};

pub(super) struct Connections {
    server: Server,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Timestamp,
}

/// Servers hang up after some minutes; before that we let go of what nobody needs.
const IDLE_MAX: Duration = Duration::from_mins(1);
/// As many as the worker sends at once.
const KEPT_MAX: usize = 16;

impl Connections {
    pub(super) fn new(server: Server) -> Self {
        Self { server, idle: Mutex::default() }
    }

    /// May be given up at any time: the connection is then closed.
    pub(super) async fn send(&self, mail: &Message, now: Timestamp) -> Result<(), Break> {
        let mut connection = self.take(now).await?;
        hand_over(&mut connection, mail).await?;
        self.keep(connection, now);
        Ok(())
    }

    pub(super) async fn check(&self) -> Result<(), Break> {
        let mut connection = self.server.connect().await?;
        step(connection.quit()).await.map(|_| ())
    }

    async fn take(&self, now: Timestamp) -> Result<AsyncSmtpConnection, Break> {
        while let Some(mut connection) = self.newest(now) {
            match time::timeout(STEP_MAX, connection.test_connected()).await {
                Ok(true) => return Ok(connection),
                // The server hung up on this one.
                Ok(false) => {}
                // The way to the server is gone; one after the other would keep us waiting.
                Err(_) => self.idle().clear(),
            }
        }
        self.server.connect().await
    }

    fn newest(&self, now: Timestamp) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle();
        idle.retain(|idle| now.since(idle.since) < IDLE_MAX);
        idle.pop().map(|idle| idle.connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection, since: Timestamp) {
        let mut idle = self.idle();
        if idle.len() < KEPT_MAX && !connection.has_broken() {
            idle.push(Idle { connection, since });
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::mail_server::{MailServer, NOON, mail};

    fn count(lines: &[String], start: &str) -> usize {
        lines.iter().filter(|line| line.starts_with(start)).count()
    }

    #[tokio::test]
    async fn messages_in_turn_share_a_connection_until_nobody_needs_it() {
        let server = MailServer::start().await;
        let connections = server.connections();
        for to in ["ann@a.example", "ben@a.example"] {
            connections.send(&mail(to), NOON).await.unwrap();
        }
        assert_eq!((server.heard().len(), count(&server.heard()[0], "MAIL FROM")), (1, 2));
        connections.send(&mail("ann@a.example"), NOON.plus(IDLE_MAX)).await.unwrap();
        assert_eq!((server.heard().len(), count(&server.heard()[1], "MAIL FROM")), (2, 1));
    }

    #[tokio::test]
    async fn a_conversation_that_was_given_up_midway_is_continued_by_no_other_message() {
        let server = MailServer::silent_once().await;
        let connections = server.connections();
        let to_ann = mail("ann@a.example");
        tokio::select! {
            _ = connections.send(&to_ann, NOON) => panic!("nobody took it"),
            () = server.fell_silent() => {}
        }
        connections.send(&mail("ben@a.example"), NOON).await.unwrap();
        let heard = server.heard();
        assert_eq!(heard.len(), 2);
        assert!(!heard[0].concat().contains("ben") && heard[1].concat().contains("for ben@a.example only"));
    }

    #[tokio::test]
    async fn a_check_sends_nothing() {
        let server = MailServer::start().await;
        server.connections().check().await.unwrap();
        assert_eq!(server.heard()[0], ["EHLO signin.trackwell.example", "QUIT"]);
    }
}
