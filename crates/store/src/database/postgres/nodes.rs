//! The servers that an address names: which of them takes writes, found again whenever a connection is made.
//!
//! ```text
//!   postgres://…@one,two/name     one ─ dead, frozen or a standby ─▶ two ─ takes writes ─▶ remembered, asked first
//! ```
//!
//! Each server has a time of its own to answer. The driver would limit only the opening of the connection, and a
//! frozen machine opens connections: whoever waits for its greeting would never get to the next server.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_postgres::Connect;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, Error, NoTls, Socket};

#[derive(Clone)]
pub(super) struct Nodes {
    /// One configuration for each server; at least one.
    each: Arc<[Config]>,
    /// The one that a connection was last made to.
    last: Arc<AtomicUsize>,
    limit: Duration,
}

type Connected = (Client, Connection<Socket, NoTlsStream>);

impl Nodes {
    pub(super) fn of(config: &Config, limit: Duration) -> Self {
        let hosts = config.get_hosts();
        let each = if hosts.len() > 1 {
            (0..hosts.len()).map(|number| only(config, number)).collect()
        } else {
            Arc::from([config.clone()])
        };
        Self { each, last: Arc::default(), limit }
    }

    /// How long [`Nodes::connect`] takes at most, if its caller ends the wait for the last server.
    pub(super) fn limit(&self) -> Duration {
        self.limit * u32::try_from(self.each.len()).unwrap_or(u32::MAX)
    }

    /// To the first server that answers and takes writes. The last one has as long as the caller waits: its
    /// answer is the only one that tells why there was none.
    pub(super) async fn connect(&self) -> Result<Connected, Error> {
        let start = self.last.load(Ordering::Relaxed);
        let turns = (start..self.each.len()).chain(0..start);
        let mut left = self.each.len();
        let mut outcome = None;
        for number in turns {
            left -= 1;
            let Some(config) = self.each.get(number) else { continue };
            let mut connecting = pin!(config.connect(NoTls));
            let answer = if left == 0 {
                connecting.await
            } else {
                match tokio::time::timeout(self.limit, &mut connecting).await {
                    Ok(answer) => answer,
                    Err(_silent) => continue,
                }
            };
            if answer.is_ok() {
                self.last.store(number, Ordering::Relaxed);
                return answer;
            }
            outcome = Some(answer);
        }
        match outcome {
            Some(outcome) => outcome,
            None => std::future::pending().await,
        }
    }
}

impl Connect for Nodes {
    fn connect(
        &self,
        _config: &Config,
    ) -> futures_util::future::BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        Box::pin(async move {
            let (client, connection) = Nodes::connect(self).await?;
            let driving = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(%error, "a connection to the database was lost");
                }
            });
            Ok((client, driving))
        })
    }
}

/// The same configuration for one of its servers, which has to take writes: of several, some are standbys.
fn only(config: &Config, number: usize) -> Config {
    let mut one = Config::new();
    match config.get_hosts().get(number) {
        Some(Host::Tcp(name)) => one.host(name),
        Some(Host::Unix(path)) => one.host_path(path),
        None => &mut one,
    };
    if let Some(address) = config.get_hostaddrs().get(number) {
        one.hostaddr(*address);
    }
    if let Some(port) = config.get_ports().get(number).or(config.get_ports().first()) {
        one.port(*port);
    }
    config.get_user().map(|user| one.user(user));
    config.get_password().map(|password| one.password(password));
    config.get_dbname().map(|name| one.dbname(name));
    config.get_options().map(|options| one.options(options));
    config.get_application_name().map(|name| one.application_name(name));
    config.get_connect_timeout().map(|limit| one.connect_timeout(*limit));
    config.get_tcp_user_timeout().map(|limit| one.tcp_user_timeout(*limit));
    config.get_keepalives_interval().map(|interval| one.keepalives_interval(interval));
    config.get_keepalives_retries().map(|retries| one.keepalives_retries(retries));
    one.ssl_mode(config.get_ssl_mode())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_keeps_what_the_address_says_and_has_to_take_writes() {
        let config: Config =
            "postgres://ann:hunter2@one:5433,two:5434/cs?application_name=a&connect_timeout=3"
                .parse()
                .unwrap();
        let nodes = Nodes::of(&config, Duration::from_secs(2));
        assert_eq!(nodes.limit(), Duration::from_secs(4));
        for (number, (name, port)) in [("one", 5433), ("two", 5434)].into_iter().enumerate() {
            let mut expected = config.clone();
            expected.target_session_attrs(TargetSessionAttrs::ReadWrite);
            let one = &nodes.each[number];
            assert_eq!((one.get_hosts(), one.get_ports()), (&[Host::Tcp(name.to_owned())][..], &[port][..]));
            assert_eq!((one.get_user(), one.get_password()), (expected.get_user(), expected.get_password()));
            assert_eq!(one.get_dbname(), expected.get_dbname());
            assert_eq!(one.get_application_name(), expected.get_application_name());
            assert_eq!(one.get_connect_timeout(), expected.get_connect_timeout());
            assert_eq!(one.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        }
    }

    #[test]
    fn one_server_stays_as_the_address_has_it() {
        let config: Config = "postgres://ann@one/cs".parse().unwrap();
        assert_eq!(Nodes::of(&config, Duration::from_secs(2)).each[0], config);
    }
}
