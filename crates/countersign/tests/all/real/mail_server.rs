//! A mail server for one test: it keeps what it receives, and misbehaves as it is told.
//!
//! ```text
//!   sender ──SMTP (STARTTLS, AUTH)──▶ aiosmtpd ──▶ mails/ ──▶ test
//!                                        ▲
//!                                     behavior ◀── test
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

use super::{
    background::{Background, free_port, until_there_are},
    certificate,
    mail::Mail,
    output_of,
    packages::python,
};

pub(super) struct MailServer {
    program: Option<Background>,
    encryption: Encryption,
    port: u16,
    authority: PathBuf,
    /// After the program that works in it: fields are dropped in this order.
    folder: TempDir,
}

/// With either kind of it, the server wants name and password as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    StartTls,
    Implicit,
    None,
}

/// What becomes of the next mails.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behavior {
    Accept,
    /// 450 says later, 550 says never.
    RefuseReceiver(u16),
    AnswerAfter(Duration),
    /// Closes the connection and forgets the mail.
    HangUp,
    /// Keeps the mail and closes the connection: the sender cannot know.
    LoseTheAnswer,
}

impl MailServer {
    pub(super) const USER: &str = "countersign";
    pub(super) const PASSWORD: &str = "mail-password";

    pub(super) async fn start(encryption: Encryption) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for inner in ["mails/new", "mails/tmp"] {
            fs::create_dir_all(folder.path().join(inner)).unwrap();
        }
        let authority = certificate::make(folder.path());
        let mut server = Self { program: None, encryption, port: free_port(), authority, folder };
        server.behave(Behavior::Accept);
        server.start_again().await;
        server
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// What a client must trust, as a file in PEM: the server proves to be `localhost`.
    pub(super) fn authority(&self) -> &Path {
        &self.authority
    }

    /// From the next mail on.
    pub(super) fn behave(&self, behavior: Behavior) {
        let words = match behavior {
            Behavior::Accept => "accept".to_owned(),
            Behavior::RefuseReceiver(status) => format!("refuse {status}"),
            Behavior::AnswerAfter(wait) => format!("wait {}", wait.as_secs_f32()),
            Behavior::HangUp => "hang-up".to_owned(),
            Behavior::LoseTheAnswer => "lose-answer".to_owned(),
        };
        fs::write(self.folder.path().join("behavior"), words).unwrap();
    }

    /// What arrived until now, the oldest first.
    pub(super) fn mails(&self) -> Vec<Mail> {
        let arrived = fs::read_dir(self.folder.path().join("mails/new")).unwrap();
        let mut files: Vec<_> = arrived.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| Mail::parse(&fs::read(file).unwrap())).collect()
    }

    /// Waits for so many mails.
    pub(super) async fn until_there_are_mails(&self, count: usize) -> Vec<Mail> {
        until_there_are(count, async || self.mails()).await
    }

    /// Connections are refused from now on; what arrived is kept.
    pub(super) fn stop(&mut self) {
        self.program = None;
    }

    /// At the same port.
    pub(super) async fn start_again(&mut self) {
        let mut script = python("mail_server.py");
        script.arg(self.folder.path()).args([&self.port.to_string(), self.encryption.as_str()]);
        script.args([Self::USER, Self::PASSWORD]);
        let mut program = Background::start(&mut script, &self.folder.path().join("log"));
        program.until_it_listens(self.port).await;
        self.program = Some(program);
    }
}

impl Encryption {
    fn as_str(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
            Self::None => "none",
        }
    }
}

/// Sends by Python's own client, and gives what came of it.
fn send(server: &MailServer, password: &str, subject: &str) -> String {
    let user = if server.encryption == Encryption::None { "" } else { MailServer::USER };
    let mut script = python("send_mail.py");
    script.args([&server.port().to_string(), server.encryption.as_str()]).arg(server.authority());
    output_of(script.args([user, password, "ann@example.com", subject]))
}

#[tokio::test]
async fn mails_arrive_whole_by_every_kind_of_encryption() {
    for encryption in [Encryption::StartTls, Encryption::Implicit, Encryption::None] {
        let server = MailServer::start(encryption).await;
        assert_eq!(send(&server, MailServer::PASSWORD, "Grüße an Ann"), "sent", "{encryption:?}");
        let mails = server.until_there_are_mails(1).await;
        let mail = &mails[0];
        assert_eq!((mails.len(), mail.subject.as_str()), (1, "Grüße an Ann"));
        assert_eq!(
            (mail.from.as_str(), mail.to.as_str()),
            ("Trackwell <security@example.com>", "ann@example.com")
        );
        assert_eq!(mail.delivered_to(), ["ann@example.com"]);
        assert_eq!(mail.header("return-path"), ["<security@example.com>"]);
        assert_eq!(mail.text.as_deref(), Some("Grüße\n"));
        assert_eq!(mail.html.as_deref(), Some("<p>Grüße</p>\n"));
        assert!(mail.raw.starts_with(b"Return-Path:"));
    }
}

#[tokio::test]
async fn a_mail_server_refuses_strangers() {
    let server = MailServer::start(Encryption::StartTls).await;
    assert_eq!(send(&server, "another-password", "Hello"), "535");
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_mail_server_misbehaves_as_it_is_told_and_comes_back() {
    let mut server = MailServer::start(Encryption::StartTls).await;
    for (behavior, answer) in [
        (Behavior::RefuseReceiver(450), "450"),
        (Behavior::RefuseReceiver(550), "550"),
        (Behavior::HangUp, "disconnected"),
    ] {
        server.behave(behavior);
        assert_eq!(send(&server, MailServer::PASSWORD, "lost"), answer, "{behavior:?}");
    }
    assert!(server.mails().is_empty());
    server.behave(Behavior::LoseTheAnswer);
    assert_eq!(send(&server, MailServer::PASSWORD, "one"), "disconnected");
    server.behave(Behavior::AnswerAfter(Duration::from_millis(50)));
    assert_eq!(send(&server, MailServer::PASSWORD, "two"), "sent");
    server.stop();
    assert!(std::net::TcpStream::connect(("127.0.0.1", server.port())).is_err());
    server.start_again().await;
    server.behave(Behavior::Accept);
    assert_eq!(send(&server, MailServer::PASSWORD, "three"), "sent");
    let subjects: Vec<_> = server.mails().into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["one", "two", "three"]);
}
