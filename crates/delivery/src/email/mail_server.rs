//! A mail server for tests, which takes every mail unless it is told otherwise.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use countersign_core::timestamp::Timestamp;
use lettre::{Message, message::header::ContentType, transport::smtp::extension::ClientId};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time,
};

use super::{
    Security, Smtp, SmtpOptions,
    connections::Connections,
    conversation::{Encryption, Server},
};

pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_795_356_300_000);

pub(crate) struct MailServer {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    habit: Habit,
    /// What each connection was told, line by line.
    heard: Mutex<Vec<Vec<String>>>,
    fell_silent: Notify,
}

#[derive(Default)]
enum Habit {
    #[default]
    Prompt,
    /// Does not answer the first mail.
    SilentOnce,
    /// Takes no mail, and does not say so.
    HangsUp,
    KnowsNobody,
    /// Answers a line that begins so only after this time, which passes at once.
    Slow(&'static str, Duration),
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        Self::with(Habit::Prompt).await
    }

    pub(crate) async fn silent_once() -> Self {
        Self::with(Habit::SilentOnce).await
    }

    pub(crate) async fn hanging_up_on_mails() -> Self {
        Self::with(Habit::HangsUp).await
    }

    pub(crate) async fn knowing_nobody() -> Self {
        Self::with(Habit::KnowsNobody).await
    }

    pub(crate) async fn slow(line: &'static str, span: Duration) -> Self {
        Self::with(Habit::Slow(line, span)).await
    }

    async fn with(habit: Habit) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared { habit, ..Shared::default() });
        let sharing = Arc::clone(&shared);
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                sharing.heard.lock().unwrap().push(Vec::new());
                let shared = Arc::clone(&sharing);
                tokio::spawn(async move { converse(stream, number, &shared).await });
            }
        });
        Self { port, shared }
    }

    pub(crate) fn smtp(&self) -> Smtp {
        self.smtp_with(Security::Plain)
    }

    pub(crate) fn smtp_with(&self, security: Security) -> Smtp {
        let options = SmtpOptions {
            host: "127.0.0.1".into(),
            port: self.port,
            security,
            login: None,
            extra_ca: None,
            from: "Trackwell <no-reply@trackwell.example>".into(),
            reply_to: None,
            domain: "signin.trackwell.example".into(),
        };
        Smtp::new(options).unwrap()
    }

    pub(super) fn connections(&self) -> Connections {
        Connections::new(Server {
            host: "127.0.0.1".into(),
            port: self.port,
            encryption: Encryption::None,
            login: None,
            hello: ClientId::Domain("signin.trackwell.example".into()),
        })
    }

    pub(crate) fn heard(&self) -> Vec<Vec<String>> {
        self.shared.heard.lock().unwrap().clone()
    }

    pub(crate) async fn fell_silent(&self) {
        self.shared.fell_silent.notified().await;
    }
}

pub(crate) fn mail(to: &str) -> Message {
    let builder = Message::builder().from("no-reply@trackwell.example".parse().unwrap());
    let builder = builder.to(to.parse().unwrap()).header(ContentType::TEXT_PLAIN);
    builder.body(format!("for {to} only")).unwrap()
}

/// Until the other side hangs up.
async fn converse(stream: TcpStream, number: usize, shared: &Shared) -> Option<()> {
    let (reading, mut writing) = stream.into_split();
    writing.write_all(b"220 ready\r\n").await.ok()?;
    let mut lines = BufReader::new(reading).lines();
    let mut is_content = false;
    while let Some(line) = lines.next_line().await.ok()? {
        shared.heard.lock().unwrap()[number].push(line.clone());
        if let Habit::Slow(slow, span) = shared.habit
            && line.starts_with(slow)
        {
            time::pause();
            time::advance(span).await;
            time::resume();
        }
        let answer = match (is_content, line.as_str()) {
            (true, ".") if number == 0 && matches!(shared.habit, Habit::SilentOnce) => {
                shared.fell_silent.notify_one();
                continue;
            }
            (true, ".") if matches!(shared.habit, Habit::HangsUp) => return None,
            (true, ".") => {
                is_content = false;
                "250 taken\r\n"
            }
            (true, _) => continue,
            (false, "DATA") => {
                is_content = true;
                "354 go on\r\n"
            }
            (false, to) if to.starts_with("RCPT") && matches!(shared.habit, Habit::KnowsNobody) => {
                "550 5.1.1 <ann@a.example>: no such mailbox\r\n"
            }
            (false, _) => "250 fine\r\n",
        };
        writing.write_all(answer.as_bytes()).await.ok()?;
    }
    None
}
