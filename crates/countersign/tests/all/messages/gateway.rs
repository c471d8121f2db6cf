//! A gateway for text messages on loopback: it answers as Twilio or Kannel does, or misbehaves as it is told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use url::form_urlencoded;

use crate::harness::{Person, Setup, TestServer, choosing_a_method, until};

pub(super) struct Gateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

/// What becomes of the next requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behavior {
    Accept,
    /// A status, and the code by which Twilio says why.
    Refuse(u16, u32),
    /// Takes the text and answers when it is told to; until then, never.
    Hold,
    /// Closes the connection and forgets the text.
    HangUp,
    /// Takes the text and closes the connection: the sender cannot know.
    LoseTheAnswer,
    AnswerTwice,
}

/// A text that the gateway took.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) to: String,
    pub(super) body: String,
    /// Where its sender wants to hear what became of it.
    pub(super) reports_url: String,
}

struct Shared {
    behavior: Mutex<Behavior>,
    texts: Mutex<Vec<Text>>,
    /// How many requests came.
    requests: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

impl Gateway {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            behavior: Mutex::new(Behavior::Accept),
            texts: Mutex::default(),
            requests: watch::Sender::new(0),
            released: watch::Sender::new(false),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, serving }
    }

    /// A server that texts by this gateway, as one of Twilio's.
    pub(super) fn as_twilio(&self) -> Setup {
        setup(&[
            ("sms_gateway", "twilio"),
            ("twilio_url", &format!("http://{}", self.address)),
            ("twilio_account_sid", "AC0123456789abcdef0123456789abcdef"),
            ("twilio_auth_token", "gateway-password"),
            ("twilio_from", "+15125550100"),
        ])
    }

    /// The same as one of Kannel's.
    pub(super) fn as_kannel(&self) -> Setup {
        setup(&[
            ("sms_gateway", "kannel"),
            ("kannel_url", &format!("http://{}/cgi-bin/sendsms", self.address)),
            ("kannel_username", "countersign"),
            ("kannel_password", "gateway-password"),
            ("kannel_from", "12345"),
        ])
    }

    /// From the next request on.
    pub(super) fn behave(&self, behavior: Behavior) {
        *self.shared.behavior.lock().unwrap() = behavior;
    }

    /// Answers what was held, and holds nothing any more.
    pub(super) fn release(&self) {
        self.behave(Behavior::Accept);
        self.shared.released.send_replace(true);
    }

    /// Waits for so many requests since the start.
    pub(super) async fn until_there_were(&self, requests: usize) {
        until("requests to the gateway", async || self.requests() >= requests).await;
    }

    pub(super) fn requests(&self) -> usize {
        *self.shared.requests.borrow()
    }

    /// Turns two-factor authentication on for somebody, with texts by this gateway. What they prove next they prove
    /// at another moment.
    pub(super) async fn enroll(&self, server: &TestServer, person: &Person, number: &str) {
        let mut browser = choosing_a_method(server, person).await;
        browser.choose("In a text message").press("Next").await;
        browser.fill("Mobile number", number).press("Next: confirm access").await;
        server.settle().await;
        browser.fill("Authentication code", &self.code(number)).press("Next: complete setup").await;
        browser.must_see("Two-factor authentication is on");
        server.clock.advance(Duration::from_secs(1));
    }

    /// What it took for this number, the oldest first.
    pub(super) fn texts_to(&self, number: &str) -> Vec<Text> {
        let texts = self.shared.texts.lock().unwrap();
        texts.iter().filter(|text| text.to == number).cloned().collect()
    }

    /// The code in the newest text to this number.
    pub(super) fn code(&self, number: &str) -> String {
        let texts = self.texts_to(number);
        texts.last().unwrap_or_else(|| panic!("no text to {number}")).code()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Text {
    pub(super) fn code(&self) -> String {
        self.body.chars().take_while(char::is_ascii_digit).collect()
    }
}

fn setup(settings: &[(&'static str, &str)]) -> Setup {
    let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let settings = settings.chain([("sms_home_country", "US".to_owned())]).collect();
    Setup { settings, records_texts: false, ..Setup::default() }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(talk(BufStream::new(stream), Arc::clone(&shared)));
    }
}

/// One connection, which the other side keeps for its next requests.
async fn talk(mut stream: BufStream<TcpStream>, shared: Arc<Shared>) {
    while let Some(request) = read(&mut stream).await {
        shared.requests.send_modify(|count| *count += 1);
        let behavior = *shared.behavior.lock().unwrap();
        let is_taken = !matches!(behavior, Behavior::Refuse(..) | Behavior::HangUp);
        if is_taken {
            shared.texts.lock().unwrap().push(request.text);
        }
        if behavior == Behavior::Hold {
            let mut released = shared.released.subscribe();
            if released.wait_for(|is_released| *is_released).await.is_err() {
                return;
            }
        }
        let answer = match behavior {
            Behavior::HangUp | Behavior::LoseTheAnswer => return,
            Behavior::Refuse(status, code) => answer(status, &format!(r#"{{"code":{code},"message":"no"}}"#)),
            // What a gateway says a second time is not the answer to the next request.
            Behavior::AnswerTwice => format!("{}{}", request.acceptance, answer(400, r#"{"code":21610}"#)),
            Behavior::Accept | Behavior::Hold => request.acceptance,
        };
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

struct Request {
    text: Text,
    /// How the one that it is made to says that it takes the text.
    acceptance: String,
}

/// None when the other side is done.
async fn read(stream: &mut BufStream<TcpStream>) -> Option<Request> {
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let target = first.split(' ').nth(1)?;
    if let Some((_, query)) = target.split_once('?') {
        let text = text(query.as_bytes(), ["to", "text", "dlr-url"]);
        return Some(Request { text, acceptance: answer(202, "0: Accepted for delivery") });
    }
    let text = text(&body, ["To", "Body", "StatusCallback"]);
    Some(Request { text, acceptance: answer(201, r#"{"sid":"SM0123456789abcdef0123456789abcdef"}"#) })
}

fn text(form: &[u8], [to, body, reports_url]: [&str; 3]) -> Text {
    let fields: Vec<(String, String)> = form_urlencoded::parse(form).into_owned().collect();
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).unwrap().1.clone();
    Text { to: field(to), body: field(body), reports_url: field(reports_url) }
}

fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} As told\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
