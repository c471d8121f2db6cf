//! `countersign operator`: who runs the installation. Works beside a running server.

use clap::Subcommand;
use countersign_core::{
    operator_link::OPERATOR_LINK_LIFE, stated_reason::StatedReason, token::OperatorLinkToken,
};
use countersign_service::{Service, operators::OperatorLine};
use serde::Serialize;

use super::{
    ConfigFile, Failure,
    output::{address, answer, in_utc},
    with_service,
};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// List the operators.
    List {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Print a link by which somebody becomes an operator; it works once, within a day. All operators are told.
    Invite {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Withdraw every link by which somebody could still become an operator.
    Withdraw {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Break-glass: take password and second factor from an operator who lost them, and print a link by which
    /// they set up both anew. Their sessions end, and all operators are told.
    Reset {
        email: String,
        /// Why; it is kept in the record.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Make an operator of somebody who signs in with a second factor already. Their sessions end, and all
    /// operators are told.
    Add {
        email: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Make an ordinary person of an operator. Their sessions end, and all operators are told.
    Remove {
        email: String,
        /// Why; it is kept in the record.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        file: ConfigFile,
    },
}

#[derive(Serialize)]
struct Listed {
    email: String,
    name: String,
    operator_since: String,
    can_sign_in: bool,
}

#[derive(Serialize)]
struct Printed {
    link: String,
    /// The operator whom it is for; without one, it makes another.
    email: Option<String>,
    expires_after_hours: u64,
}

#[derive(Serialize)]
struct Withdrawn {
    links: &'static str,
}

#[derive(Serialize)]
struct Changed<'a> {
    email: &'a str,
    operator: bool,
}

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::List { file } => {
            let found = with_service(file, async |service| Ok(service.operators().await?))?;
            let listed: Vec<Listed> = found.into_iter().map(Listed::from).collect();
            answer(json, &table(&listed), &listed)
        }
        Verb::Invite { file } => {
            let token = with_service(file, async |service| Ok(service.invite_operator().await?))?;
            let link = link(&file.load()?.public_url, &token);
            let sentence = format!("Whoever opens this link becomes an operator, {ONCE}\n  {link}");
            answer(json, &sentence, &Printed { link, email: None, expires_after_hours: hours() })
        }
        Verb::Withdraw { file } => {
            with_service(file, async |service| Ok(service.withdraw_operator_links().await?))?;
            let sentence = "No link makes anybody an operator any more; `operator invite` prints a new one.";
            answer(json, sentence, &Withdrawn { links: "withdrawn" })
        }
        Verb::Reset { email, reason, file } => {
            let (email, reason) = (address(email)?, stated(reason)?);
            let resetting =
                async |service: &Service| Ok(service.reset_operator(email.clone(), reason).await?);
            let token = with_service(file, resetting)?;
            let link = link(&file.load()?.public_url, &token);
            let sentence = format!(
                "{email} is signed out everywhere and has neither password nor second factor any more. With this \
                 link they set up both anew, {ONCE}\n  {link}"
            );
            let email = Some(email.to_string());
            answer(json, &sentence, &Printed { link, email, expires_after_hours: hours() })
        }
        Verb::Add { email, file } => {
            let email = address(email)?;
            with_service(file, async |service| Ok(service.add_operator(email.clone()).await?))?;
            let sentence = format!("{email} is an operator now; their sessions ended.");
            answer(json, &sentence, &Changed { email: email.as_str(), operator: true })
        }
        Verb::Remove { email, reason, file } => {
            let (email, reason) = (address(email)?, stated(reason)?);
            with_service(file, async |service| Ok(service.remove_operator(email.clone(), reason).await?))?;
            let sentence = format!("{email} is no operator any more; their sessions ended.");
            answer(json, &sentence, &Changed { email: email.as_str(), operator: false })
        }
    }
}

const ONCE: &str = "once, within a day. Hand it over so that nobody else reads it:";

/// Where the page of a link is.
pub(super) fn link(public_url: &str, token: &OperatorLinkToken) -> String {
    format!("{public_url}/operator/set-up?token={}", token.expose_text())
}

fn hours() -> u64 {
    OPERATOR_LINK_LIFE.as_secs() / 3600
}

fn stated(typed: &str) -> Result<StatedReason, Failure> {
    StatedReason::parse(typed).map_err(|error| Failure::new("reason", error))
}

impl From<OperatorLine> for Listed {
    fn from(line: OperatorLine) -> Self {
        Self {
            email: line.email,
            name: line.name,
            operator_since: in_utc(line.since),
            can_sign_in: line.can_sign_in,
        }
    }
}

fn table(operators: &[Listed]) -> String {
    if operators.is_empty() {
        return "There is no operator yet.".to_owned();
    }
    let line = |one: &Listed| {
        let Listed { email, name, operator_since, can_sign_in } = one;
        let state = if *can_sign_in { "" } else { "  cannot sign in" };
        format!("{email:<30} {name:<24} since {operator_since}{state}")
    };
    operators.iter().map(line).collect::<Vec<_>>().join("\n")
}
