//! A mail server on loopback that is down at first: its port is taken and refuses, until it comes up.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use mail_parser::MessageParser;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

use crate::harness::{Setup, until};

pub(super) struct MailServer {
    address: SocketAddr,
    /// Holds the port as long as nobody listens there.
    closed: Option<TcpSocket>,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

#[derive(Default)]
struct Shared {
    mails: Mutex<Vec<Mail>>,
    knows_nobody: Mutex<bool>,
}

const WAITING_MAX: u32 = 64;

impl MailServer {
    pub(super) fn down() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { address, closed: Some(socket), shared: Arc::default(), serving: None }
    }

    pub(super) fn come_up(&mut self) {
        let socket = self.closed.take().expect("it is down");
        let listener = socket.listen(WAITING_MAX).unwrap();
        self.serving = Some(tokio::spawn(serve(listener, Arc::clone(&self.shared))));
    }

    /// Every receiver is refused for good, or none any more.
    pub(super) fn know_nobody(&self, knows_nobody: bool) {
        *self.shared.knows_nobody.lock().unwrap() = knows_nobody;
    }

    /// A server that mails by this one.
    pub(super) fn setup(&self) -> Setup {
        let mut setup = Setup { records_mails: false, ..Setup::default() };
        setup.settings.extend(self.settings());
        setup
    }

    pub(super) fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("smtp_host", self.address.ip().to_string()),
            ("smtp_port", self.address.port().to_string()),
            ("smtp_security", "none".to_owned()),
            ("mail_from", "Trackwell <security@trackwell.example>".to_owned()),
        ]
    }

    /// What arrived until now, the oldest first.
    pub(super) fn mails(&self) -> Vec<Mail> {
        self.shared.mails.lock().unwrap().clone()
    }

    pub(super) async fn until_there_are(&self, mails: usize) -> Vec<Mail> {
        until("mails", async || self.mails().len() >= mails).await;
        self.mails()
    }

    /// What the mails to this address are about, sorted.
    pub(super) fn subjects_to(&self, email: &str) -> Vec<String> {
        let mails = self.mails().into_iter().filter(|mail| mail.to == email);
        let mut subjects: Vec<_> = mails.map(|mail| mail.subject).collect();
        subjects.sort();
        subjects
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move { talk(BufStream::new(stream), &shared).await });
    }
}

/// One conversation (RFC 5321); none when the other side is done.
async fn talk(mut stream: BufStream<TcpStream>, shared: &Shared) -> Option<()> {
    say(&mut stream, "220 localhost").await?;
    let mut to = String::new();
    loop {
        let line = hear(&mut stream).await?;
        let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "RCPT" if *shared.knows_nobody.lock().unwrap() => {
                say(&mut stream, "550 5.1.1 no such mailbox").await?;
            }
            "RCPT" => {
                to = rest.split(['<', '>']).nth(1)?.to_owned();
                say(&mut stream, "250 ok").await?;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let mail = read_mail(&mut stream, &to).await?;
                shared.mails.lock().unwrap().push(mail);
                say(&mut stream, "250 taken").await?;
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => say(&mut stream, "250 ok").await?,
        }
    }
}

async fn read_mail(stream: &mut BufStream<TcpStream>, to: &str) -> Option<Mail> {
    let mut raw = String::new();
    loop {
        let line = hear(stream).await?;
        if line == "." {
            break;
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
    let mail = MessageParser::default().parse(raw.as_bytes())?;
    let text = mail.body_text(0)?.into_owned();
    Some(Mail { to: to.to_owned(), subject: mail.subject()?.to_owned(), text })
}

async fn hear(stream: &mut BufStream<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let bytes = stream.read_line(&mut line).await.ok()?;
    (bytes > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn say(stream: &mut BufStream<TcpStream>, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}
