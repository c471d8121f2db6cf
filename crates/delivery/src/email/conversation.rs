//! A conversation with the mail server, step by step, each with a limit of its own.
//!
//! ```text
//!   NOOP or connect ─ STARTTLS ─ AUTH ─ MAIL ─ RCPT ─ DATA ─┬─ the mail ─ "250 taken"
//!   └── 10 s each; what breaks here was surely not taken ───┘  └── 1 min; what breaks here was perhaps taken
//! ```
//!
//! Spelled out because the library would send a mail in one step: its limit would either be too short for a
//! server that looks a mail through before it takes it, or too long for one that does not answer at all.

use std::time::Duration;

use lettre::{
    Message,
    address::Envelope,
    transport::smtp::{
        Error as SmtpFault,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use tokio::time;

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

/// A conversation that ended before the mail was taken.
#[derive(Debug)]
pub(super) struct Break {
    pub(super) cause: Cause,
    /// The whole mail was written: whether it was taken, only the missing answer could tell.
    pub(super) is_written: bool,
}

#[derive(Debug)]
pub(super) enum Cause {
    Late,
    /// The server takes no addresses outside ASCII.
    NotAscii,
    Fault(SmtpFault),
}

/// A healthy server needs a second or two. Whatever takes longer is tried again later, which costs nothing:
/// the mail was not written yet.
pub(super) const STEP_MAX: Duration = Duration::from_secs(10);
/// Filters look a mail through before it is taken, for half a minute at times. To hang up on them is to send it
/// twice; RFC 5321 §4.5.3.2.6 would even have us wait for ten minutes.
const TAKING_MAX: Duration = Duration::from_mins(1);
/// The longest conversation: seven steps, and the mail itself.
pub(crate) const CONVERSATION_MAX: Duration = STEP_MAX.saturating_mul(7).saturating_add(TAKING_MAX);

impl Server {
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, Break> {
        let from_the_start = match &self.encryption {
            Encryption::FromTheStart(parameters) => Some(parameters.clone()),
            Encryption::None | Encryption::StartTls(_) => None,
        };
        let address = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, from_the_start, None);
        let mut connection = step(connecting).await?;
        if let Encryption::StartTls(parameters) = &self.encryption {
            step(connection.starttls(parameters.clone(), &self.hello)).await?;
        }
        if let Some(login) = &self.login {
            step(connection.auth(DEFAULT_MECHANISMS, login)).await?;
        }
        Ok(connection)
    }
}

/// Hands a mail over. After a break the connection is of no use any more.
pub(super) async fn hand_over(connection: &mut AsyncSmtpConnection, mail: &Message) -> Result<(), Break> {
    let (envelope, content) = (mail.envelope(), mail.formatted());
    let parameters = parameters(connection, envelope, &content)?;
    step(connection.command(Mail::new(envelope.from().cloned(), parameters))).await?;
    for to in envelope.to() {
        step(connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
    }
    step(connection.command(Data)).await?;
    let taking = within(TAKING_MAX, connection.message(&content)).await;
    taking.map(|_| ()).map_err(|cause| Break { cause, is_written: true })
}

/// What the mail needs beyond ASCII (RFC 6152, RFC 6531).
fn parameters(
    connection: &AsyncSmtpConnection,
    envelope: &Envelope,
    content: &[u8],
) -> Result<Vec<MailParameter>, Break> {
    let is_ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut needed = Vec::new();
    if !envelope.to().iter().chain(envelope.from()).all(is_ascii) {
        needed.push((Extension::SmtpUtfEight, MailParameter::SmtpUtfEight));
    }
    if !content.is_ascii() {
        let body = MailParameter::Body(MailBodyParameter::EightBitMime);
        needed.push((Extension::EightBitMime, body));
    }
    let offered = connection.server_info();
    if needed.iter().all(|(extension, _)| offered.supports_feature(*extension)) {
        Ok(needed.into_iter().map(|(_, parameter)| parameter).collect())
    } else {
        Err(Break { cause: Cause::NotAscii, is_written: false })
    }
}

/// A step before the mail is written.
pub(super) async fn step<T>(step: impl Future<Output = Result<T, SmtpFault>>) -> Result<T, Break> {
    within(STEP_MAX, step).await.map_err(|cause| Break { cause, is_written: false })
}

async fn within<T>(limit: Duration, step: impl Future<Output = Result<T, SmtpFault>>) -> Result<T, Cause> {
    time::timeout(limit, step).await.map_err(|_| Cause::Late)?.map_err(Cause::Fault)
}
