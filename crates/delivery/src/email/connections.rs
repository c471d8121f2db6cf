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
use lettre::{
    Message,
    transport::smtp::{
        Error as SmtpFault,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};

pub(super) struct Connections {
    server: Server,
    idle: Mutex<Vec<Idle>>,
}

/// Whom we talk to, and how.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) login: Option<Credentials>,
    pub(super) hello: ClientId,
}

pub(super) enum Encryption {
    None,
    StartTls(TlsParameters),
    FromTheStart(TlsParameters),
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
    pub(super) async fn send(&self, mail: &Message, now: Timestamp) -> Result<(), SmtpFault> {
        let mut connection = self.take(now).await?;
        connection.send(mail.envelope(), &mail.formatted()).await?;
        self.keep(connection, now);
        Ok(())
    }

    pub(super) async fn check(&self) -> Result<(), SmtpFault> {
        self.server.connect().await?.quit().await.map(|_| ())
    }

    async fn take(&self, now: Timestamp) -> Result<AsyncSmtpConnection, SmtpFault> {
        while let Some(mut connection) = self.newest(now) {
            if connection.test_connected().await {
                return Ok(connection);
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

impl Server {
    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpFault> {
        let from_the_start = match &self.encryption {
            Encryption::FromTheStart(parameters) => Some(parameters.clone()),
            Encryption::None | Encryption::StartTls(_) => None,
        };
        let address = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, from_the_start, None);
        let mut connection = connecting.await?;
        if let Encryption::StartTls(parameters) = &self.encryption {
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lettre::message::header::ContentType;
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
        sync::Notify,
    };

    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_356_300_000);

    /// Takes every mail, but may fall silent when the first one is written.
    struct MailServer {
        port: u16,
        /// What each connection was told, line by line.
        heard: Arc<Mutex<Vec<Vec<String>>>>,
        fell_silent: Arc<Notify>,
    }

    impl MailServer {
        async fn start(falls_silent: bool) -> Self {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = Self { port, heard: Arc::default(), fell_silent: Arc::default() };
            let (heard, silent) = (Arc::clone(&server.heard), Arc::clone(&server.fell_silent));
            tokio::spawn(async move {
                for number in 0.. {
                    let (stream, _) = listener.accept().await.unwrap();
                    heard.lock().unwrap().push(Vec::new());
                    let silent = (falls_silent && number == 0).then(|| Arc::clone(&silent));
                    tokio::spawn(converse(stream, number, Arc::clone(&heard), silent));
                }
            });
            server
        }

        fn connections(&self) -> Connections {
            Connections::new(Server {
                host: "127.0.0.1".into(),
                port: self.port,
                encryption: Encryption::None,
                login: None,
                hello: ClientId::Domain("signin.trackwell.example".into()),
            })
        }

        fn heard(&self) -> Vec<Vec<String>> {
            self.heard.lock().unwrap().clone()
        }
    }

    async fn converse(
        stream: TcpStream,
        number: usize,
        heard: Arc<Mutex<Vec<Vec<String>>>>,
        silent: Option<Arc<Notify>>,
    ) {
        let (reading, mut writing) = stream.into_split();
        writing.write_all(b"220 ready\r\n").await.unwrap();
        let mut lines = BufReader::new(reading).lines();
        let mut is_content = false;
        while let Ok(Some(line)) = lines.next_line().await {
            heard.lock().unwrap()[number].push(line.clone());
            let answer = match (is_content, line.as_str()) {
                (true, ".") => {
                    if let Some(silent) = &silent {
                        silent.notify_one();
                        continue;
                    }
                    is_content = false;
                    "250 taken\r\n"
                }
                (true, _) => continue,
                (false, "DATA") => {
                    is_content = true;
                    "354 go on\r\n"
                }
                (false, _) => "250 fine\r\n",
            };
            writing.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    fn mail(to: &str) -> Message {
        let builder = Message::builder().from("no-reply@trackwell.example".parse().unwrap());
        let builder = builder.to(to.parse().unwrap()).header(ContentType::TEXT_PLAIN);
        builder.body(format!("for {to} only")).unwrap()
    }

    fn count(lines: &[String], start: &str) -> usize {
        lines.iter().filter(|line| line.starts_with(start)).count()
    }

    #[tokio::test]
    async fn messages_in_turn_share_a_connection_until_nobody_needs_it() {
        let server = MailServer::start(false).await;
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
        let server = MailServer::start(true).await;
        let connections = server.connections();
        let to_ann = mail("ann@a.example");
        tokio::select! {
            _ = connections.send(&to_ann, NOON) => panic!("nobody took it"),
            () = server.fell_silent.notified() => {}
        }
        connections.send(&mail("ben@a.example"), NOON).await.unwrap();
        let heard = server.heard();
        assert_eq!(heard.len(), 2);
        assert!(!heard[0].concat().contains("ben") && heard[1].concat().contains("for ben@a.example only"));
    }

    #[tokio::test]
    async fn a_check_sends_nothing() {
        let server = MailServer::start(false).await;
        server.connections().check().await.unwrap();
        assert_eq!(server.heard()[0], ["EHLO signin.trackwell.example", "QUIT"]);
    }
}
