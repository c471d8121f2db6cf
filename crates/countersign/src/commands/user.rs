//! `countersign user`: people. Works beside a running server.

mod help;
mod mailing;
mod shown;

use std::io::{self, IsTerminal, Read};

use clap::Subcommand;
use countersign_core::{
    authenticator::password::{PASSWORD_BYTES_MAX, Password},
    ceremony::by_operator::Lost,
    organization::Role,
};
use countersign_service::people::{FirstAccess, PersonToAdd};
use serde::Serialize;

use mailing::Mailing;

use super::{
    ConfigFile, Failure,
    output::{address, answer},
    with_service,
};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Make a person. The password is asked for, or read from standard input if that is no terminal; or the
    /// person is invited to choose one.
    Add {
        email: String,
        #[arg(long)]
        name: String,
        /// A company that is there already.
        #[arg(long)]
        organization: String,
        /// owner, admin or member.
        #[arg(long, default_value = "member")]
        role: String,
        /// Mail them a link by which they choose a password; it proves their address, too.
        #[arg(long)]
        invite: bool,
        /// Vouch for the address: that it is this person's was made sure of elsewhere.
        #[arg(long, conflicts_with = "invite")]
        verified_email: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Mail somebody a link by which they choose a password; an older one is good no more.
    Invite {
        email: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Find people: by a whole id, or by part of a name or an email address.
    Find {
        /// Without it, everybody.
        text: Option<String>,
        /// Only the people of this company.
        #[arg(long)]
        organization: Option<String>,
        /// Only those who are locked now.
        #[arg(long)]
        locked: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Show a person: companies, methods, locks, sessions, and what was recorded lately.
    Show {
        email: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// End somebody's locks before their time. What too many wrong entries took out of use stays so.
    Unlock {
        email: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Sign somebody out everywhere; what they have begun ends, too.
    EndSessions {
        email: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Take all second factors from somebody who lost them, after you made sure who they are. Their sessions end,
    /// and they are told.
    ResetTwoFactor {
        email: String,
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// The same for one of them: app or phone.
    ResetMethod {
        email: String,
        method: String,
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Let the next code of somebody's app in again, after a clock of this machine that was ahead has used it up.
    ResetAppClock {
        email: String,
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Set somebody's password and end their sessions. It is asked for, or read from standard input.
    SetPassword {
        email: String,
        #[command(flatten)]
        file: ConfigFile,
    },
}

#[derive(clap::Args)]
pub(super) struct Why {
    /// For the record: what happened, and how you made sure who they are.
    #[arg(long)]
    reason: String,
}

#[derive(Serialize)]
struct Added<'a> {
    user: String,
    email: &'a str,
    invited: bool,
    /// Of the invitation.
    #[serde(flatten)]
    mailing: Option<Mailing>,
}

#[derive(Serialize)]
struct Invited<'a> {
    email: &'a str,
    #[serde(flatten)]
    mailing: Mailing,
}

#[derive(Serialize)]
struct PasswordSet<'a> {
    email: &'a str,
}

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::Add { email, name, organization, role, invite, verified_email, file } => {
            let person = PersonToAdd {
                email: address(email)?,
                name: name.clone(),
                organization: organization.clone(),
                role: parse_role(role)?,
                access: first_access(*invite, *verified_email)?,
            };
            add(person, file, json)
        }
        Verb::Invite { email, file } => {
            let email = address(email)?;
            with_service(file, async |service| Ok(service.invite(email.clone()).await?))?;
            let mailing = Mailing::of(file)?;
            let sentence = format!("A link to choose a password by goes to {email}{}.", mailing.of_link());
            answer(json, &sentence, &Invited { email: email.as_str(), mailing })
        }
        Verb::Find { text, organization, locked, file } => {
            let wanted = shown::Wanted {
                text: text.as_deref(),
                organization: organization.as_deref(),
                locked: *locked,
            };
            shown::find(&wanted, file, json)
        }
        Verb::Show { email, file } => shown::show(&address(email)?, file, json),
        Verb::Unlock { email, file } => help::unlock(&address(email)?, file, json),
        Verb::EndSessions { email, file } => help::end_sessions(&address(email)?, file, json),
        Verb::ResetTwoFactor { email, why, file } => {
            help::reset(&address(email)?, (Lost::SecondFactors, &why.reason), file, json)
        }
        Verb::ResetMethod { email, method, why, file } => {
            help::reset(&address(email)?, (parse_method(method)?, &why.reason), file, json)
        }
        Verb::ResetAppClock { email, why, file } => {
            help::reset_app_clock(&address(email)?, &why.reason, file, json)
        }
        Verb::SetPassword { email, file } => {
            let (email, password) = (address(email)?, ask_password()?);
            with_service(file, async |service| Ok(service.set_password(email.clone(), password).await?))?;
            let sentence = format!("Set the password of {email} and ended their sessions.");
            answer(json, &sentence, &PasswordSet { email: email.as_str() })
        }
    }
}

fn add(person: PersonToAdd, file: &ConfigFile, json: bool) -> Result<(), Failure> {
    let email = person.email.clone();
    let invited = matches!(person.access, FirstAccess::Invitation);
    let mailing = if invited { Some(Mailing::of(file)?) } else { None };
    let mut sentence = format!("Made {} <{email}> in {}.", person.name, person.organization);
    if let Some(mailing) = mailing {
        sentence = format!("{sentence} A link to choose a password by goes to them{}.", mailing.of_link());
    }
    let id = with_service(file, async |service| Ok(service.add_user(person).await?))?;
    answer(json, &sentence, &Added { user: id.to_string(), email: email.as_str(), invited, mailing })
}

fn parse_method(text: &str) -> Result<Lost, Failure> {
    let method = Lost::parse(text).filter(|lost| *lost != Lost::SecondFactors);
    method.ok_or_else(|| {
        Failure::new("no_such_method", format!("there is no method {text:?}; there are: app, phone"))
    })
}

fn parse_role(text: &str) -> Result<Role, Failure> {
    Role::parse(text).ok_or_else(|| {
        let sentence = format!("there is no role {text:?}; there are: owner, admin, member");
        Failure::new("no_such_role", sentence)
    })
}

fn first_access(invite: bool, is_address_vouched_for: bool) -> Result<FirstAccess, Failure> {
    if invite {
        return Ok(FirstAccess::Invitation);
    }
    Ok(FirstAccess::Password { password: ask_password()?, is_address_vouched_for })
}

fn ask_password() -> Result<Password, Failure> {
    let unread = |cause: io::Error| Failure::new("password", cause);
    if !io::stdin().is_terminal() {
        let mut typed = String::new();
        io::stdin().take(PASSWORD_BYTES_MAX as u64 + 3).read_to_string(&mut typed).map_err(unread)?;
        let typed =
            typed.strip_suffix('\n').map_or(typed.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        return Ok(Password::new(typed.to_owned()));
    }
    let typed = rpassword::prompt_password("Password: ").map_err(unread)?;
    if rpassword::prompt_password("Once more: ").map_err(unread)? == typed {
        Ok(Password::new(typed))
    } else {
        Err(Failure::new("password", "the two passwords differ; nothing was made"))
    }
}
