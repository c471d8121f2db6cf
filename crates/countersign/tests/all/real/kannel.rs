//! Kannel, an SMS gateway, between whoever sends and a phone network that can be switched off.
//!
//! ```text
//!   sender ──HTTP──▶ smsbox ──▶ bearerbox ──▶ fakesmsc ──▶ its log: what phones received
//!      ▲                            │
//!      └──────── delivery reports ──┘
//! ```
//!
//! While the network is off, `bearerbox` stores what it is given, and forwards it afterwards.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use tempfile::TempDir;
use url::Url;

use super::{
    background::{Background, free_port, until_there_are},
    loopback::{self, Recorder},
};

pub(super) struct Kannel {
    network: Option<Background>,
    /// Where texts are handed in.
    smsbox: Option<Background>,
    bearerbox: Background,
    ports: Ports,
    /// After the programs that work in it: fields are dropped in this order.
    folder: TempDir,
}

/// What a phone shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) text: String,
    /// How many messages it took, each of which is paid for.
    pub(super) segments: usize,
}

#[derive(Clone, Copy)]
struct Ports {
    admin: u16,
    smsbox: u16,
    sendsms: u16,
    network: u16,
}

const NETWORK_LOG: &str = "fakesmsc.log";

impl Kannel {
    pub(super) const USER: &str = "countersign";
    pub(super) const PASSWORD: &str = "kannel-password";

    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports =
            Ports { admin: free_port(), smsbox: free_port(), sendsms: free_port(), network: free_port() };
        fs::write(folder.path().join("kannel.conf"), configuration(ports)).unwrap();
        let mut bearerbox = start_box("bearerbox", folder.path());
        // One that comes before it gives up.
        bearerbox.until_it_listens(ports.smsbox).await;
        let mut kannel = Self { network: None, smsbox: None, bearerbox, ports, folder };
        kannel.start_to_take_texts().await;
        kannel.start_phone_network().await;
        kannel
    }

    pub(super) fn sendsms_url(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.ports.sendsms)
    }

    /// What phones received until now, the oldest first.
    pub(super) fn texts(&self) -> Vec<Received> {
        received(&self.network_log())
    }

    /// Waits for so many texts.
    pub(super) async fn until_there_are_texts(&self, count: usize) -> Vec<Received> {
        until_there_are(count, async || self.texts()).await
    }

    /// Nobody can hand a text in from now on.
    pub(super) fn stop_to_take_texts(&mut self) {
        self.smsbox = None;
    }

    pub(super) async fn start_to_take_texts(&mut self) {
        let mut smsbox = start_box("smsbox", self.folder.path());
        smsbox.until_it_listens(self.ports.sendsms).await;
        self.smsbox = Some(smsbox);
        self.until_its_status_says("smsbox:").await;
    }

    /// From now on texts wait in the gateway.
    pub(super) async fn stop_phone_network(&mut self) {
        self.network = None;
        // Before the gateway notices, it would take a text for delivered that it wrote to nobody.
        self.until_its_status_says("(re-connecting").await;
    }

    pub(super) async fn start_phone_network(&mut self) {
        let mut fakesmsc = Command::new("/usr/lib/kannel/test/fakesmsc");
        fakesmsc.args(["-H", "127.0.0.1", "-r", &self.ports.network.to_string(), "-i", "0.01"]);
        self.network = Some(Background::start(&mut fakesmsc, &self.folder.path().join(NETWORK_LOG)));
        self.until_its_status_says("(online").await;
    }

    async fn until_its_status_says(&mut self, words: &str) {
        let url = format!("http://127.0.0.1:{}/status.txt?password=admin", self.ports.admin);
        let client = loopback::client();
        let ask = async || {
            let status = client.get(&url).send().await.ok()?.text().await.ok()?;
            status.contains(words).then_some(())
        };
        self.bearerbox.until(&format!("{words:?} in Kannel's status"), ask).await;
    }

    fn network_log(&self) -> String {
        fs::read_to_string(self.folder.path().join(NETWORK_LOG)).unwrap()
    }
}

fn start_box(name: &str, folder: &Path) -> Background {
    let mut command = Command::new(format!("/usr/sbin/{name}"));
    // Level 1 is what went wrong and what happened.
    command.args(["-v", "1", "kannel.conf"]).current_dir(folder);
    Background::start(&mut command, &folder.join(format!("{name}.log")))
}

/// The one file that both boxes read.
fn configuration(ports: Ports) -> String {
    let Ports { admin, smsbox, sendsms, network } = ports;
    let (user, password) = (Kannel::USER, Kannel::PASSWORD);
    // The port of the phone network is open to other machines, hence `connect-allow-ip`.
    format!(
        r#"
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = {smsbox}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
store-type = file
store-location = "store"

group = smsc
smsc = fake
smsc-id = NETWORK
port = {network}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = {user}
password = {password}
concatenation = true
max-messages = 5

group = sms-service
keyword = default
text = "nobody answers here"
"#
    )
}

/// Reads fakesmsc's log. One line for each line of a text, so that a text of two lines takes two:
///
/// ```text
///   Got message 1: <FROM TO text Your code is 123456>
///   Got message 2: <@host #123456>
///   Got message 3: <FROM TO ucs-2 %04%1A…>
///   Got message 4: <FROM TO udh %05%00%03%04%02%01 data word+word…>     part 1 of 2 of text 4
/// ```
fn received(log: &str) -> Vec<Received> {
    // What comes after the last end of a line is still being written.
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines().filter_map(|line| line.split_once(": Got message ")?.1.split_once(": <"));
    let mut parts: Vec<String> = Vec::new();
    for (_number, line) in lines {
        let line = line.strip_suffix('>').expect("a whole line");
        match parts.last_mut() {
            Some(part) if !begins_a_part(line) => part.extend(["\n", line]),
            _ => parts.push(line.to_owned()),
        }
    }
    join(parts.iter().map(|part| Part::parse(part)))
}

/// What goes over the air in one piece.
struct Part<'log> {
    from: &'log str,
    to: &'log str,
    /// The header that says to which text this belongs, and as which part of it.
    header: Option<Vec<u8>>,
    content: Vec<u8>,
}

impl<'log> Part<'log> {
    fn parse(line: &'log str) -> Self {
        let [from, to, kind, content] = words(line).expect("sender, receiver, kind and content");
        let (header, content) = match kind {
            "text" => (None, content.as_bytes().to_vec()),
            "udh" => {
                let (header, content) = content.split_once(" data ").expect("a header and its content");
                (Some(decoded(header)), decoded(content))
            }
            _ => (None, decoded(content)),
        };
        Self { from, to, header, content }
    }

    /// Whether it comes after the first part of a text.
    fn continues(&self) -> bool {
        self.header.as_ref().is_some_and(|header| header.last() != Some(&1))
    }

    /// How many parts its text has.
    fn parts(&self) -> usize {
        self.header.as_ref().map_or(1, |header| header[header.len() - 2].into())
    }
}

fn begins_a_part(line: &str) -> bool {
    words(line).is_some_and(|[_, _, kind, _]| ["text", "data", "ucs-2", "udh"].contains(&kind))
}

fn words(line: &str) -> Option<[&str; 4]> {
    line.splitn(4, ' ').collect::<Vec<_>>().try_into().ok()
}

/// Those texts of which nothing is on its way any more.
fn join<'log>(parts: impl Iterator<Item = Part<'log>>) -> Vec<Received> {
    let mut texts: Vec<(Part, usize)> = Vec::new();
    for part in parts {
        match texts.last_mut() {
            Some((text, segments)) if part.continues() => {
                text.content.extend(part.content);
                *segments += 1;
            }
            _ => texts.push((part, 1)),
        }
    }
    let text = |(part, segments): (Part, usize)| Received {
        from: part.from.to_owned(),
        to: part.to.to_owned(),
        text: shown(&part.content),
        segments,
    };
    texts.retain(|(text, segments)| text.parts() == *segments);
    texts.into_iter().map(text).filter(|text| has_its_last_line(&text.text)).collect()
}

/// Behind a code stands a line of its own, by which phones fill it in.
fn has_its_last_line(text: &str) -> bool {
    let code: String = text.chars().take_while(char::is_ascii_digit).collect();
    code.len() != 6 || text.ends_with(&format!("#{code}"))
}

/// Undoes the encoding of addresses, in which fakesmsc writes what is more than one line of plain text.
fn decoded(content: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = content.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            plain => plain,
        });
    }
    bytes
}

/// A phone is told which alphabet it is; fakesmsc leaves it out for a part of a text. But every text of ours has
/// spaces and digits, which only in UCS-2 hold a zero byte.
fn shown(content: &[u8]) -> String {
    if content.contains(&0) {
        let units = content.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
        return String::from_utf16(&units.collect::<Vec<_>>()).unwrap();
    }
    String::from_utf8(content.to_vec()).unwrap()
}

/// Asks the gateway to send, as a product does, and gives its answer.
async fn send(kannel: &Kannel, parameters: &[(&str, &str)]) -> (u16, String) {
    let identity = [("username", Kannel::USER), ("password", Kannel::PASSWORD)];
    let addresses = [("from", "Trackwell"), ("to", "+4915112345678"), ("charset", "UTF-8")];
    let all = identity.iter().chain(&addresses).chain(parameters);
    let url = Url::parse_with_params(&kannel.sendsms_url(), all).unwrap();
    let reply = loopback::client().get(url).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

fn text(text: &str, segments: usize) -> Received {
    Received {
        from: "Trackwell".to_owned(),
        to: "+4915112345678".to_owned(),
        text: text.to_owned(),
        segments,
    }
}

#[tokio::test]
async fn texts_of_every_alphabet_and_length_reach_the_phone_network_whole() {
    let kannel = Kannel::start().await;
    let code = "123456 is your code.\n@id.example.com #123456";
    let wide = "Код: 123456\n@id.example.com #123456";
    let (long, long_and_wide) = ("Grüße: 12 + 34 % ".repeat(12), "Код 12. ".repeat(12));
    for (text, coding) in [(code, "0"), (wide, "2"), (long.trim_end(), "0"), (long_and_wide.trim_end(), "2")]
    {
        assert_eq!(send(&kannel, &[("text", text), ("coding", coding)]).await.0, 202);
    }
    let expected =
        [text(code, 1), text(wide, 1), text(long.trim_end(), 2), text(long_and_wide.trim_end(), 2)];
    assert_eq!(kannel.until_there_are_texts(4).await, expected);
}

#[tokio::test]
async fn texts_wait_for_the_phone_network_and_their_delivery_is_reported() {
    let mut kannel = Kannel::start().await;
    let reports = Recorder::start().await;
    let report = format!("{}/report?status=%d&token=unguessable", reports.url());
    kannel.stop_phone_network().await;
    let (status, answer) =
        send(&kannel, &[("text", "12 34"), ("dlr-mask", "31"), ("dlr-url", &report)]).await;
    assert_eq!((status, answer.as_str()), (202, "3: Queued for later delivery"));
    assert_eq!(kannel.texts(), []);
    kannel.start_phone_network().await;
    assert_eq!(kannel.until_there_are_texts(1).await, [text("12 34", 1)]);
    // 8: the network took it; 1: the phone received it. One may overtake the other.
    let seen = reports.until_there_are(2).await;
    let statuses: BTreeSet<_> = seen.iter().map(|report| report.query[0].1.as_str()).collect();
    assert_eq!(statuses, BTreeSet::from(["1", "8"]));
}

#[tokio::test]
async fn a_gateway_that_is_asked_by_a_stranger_sends_nothing() {
    let kannel = Kannel::start().await;
    let url = Url::parse_with_params(&kannel.sendsms_url(), [("to", "+4915112345678"), ("text", "12 34")]);
    let reply = loopback::client().get(url.unwrap()).send().await.unwrap();
    assert_eq!(reply.status(), 403);
    assert_eq!(kannel.texts(), []);
}
