//! `countersign user`: people. Works beside a running server.

use std::io::{self, IsTerminal, Read};

use clap::Subcommand;
use countersign_core::{
    authenticator::password::{PASSWORD_BYTES_MAX, Password},
    organization::Role,
    user::EmailAddress,
};
use countersign_service::{Service, people::PersonToAdd};
use serde::Serialize;

use super::{ConfigFile, Failure, block_on, output::answer};
use crate::{
    app::{self, Sources},
    config::key_file,
};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Make a person. The password is asked for, or read from standard input if that is no terminal.
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

#[derive(Serialize)]
struct Added<'a> {
    user: String,
    email: &'a str,
}

#[derive(Serialize)]
struct PasswordSet<'a> {
    email: &'a str,
}

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    match verb {
        Verb::Add { email, name, organization, role, file } => {
            let Some(role) = Role::parse(role) else {
                let sentence = format!("there is no role {role:?}; there are: owner, admin, member");
                return Err(Failure::new("no_such_role", sentence));
            };
            let person = PersonToAdd {
                email: address(email)?,
                name: name.clone(),
                organization: organization.clone(),
                role,
                password: ask_password()?,
            };
            add(person, file, json)
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
    let sentence = format!("Made {} <{email}> in {}.", person.name, person.organization);
    let id = with_service(file, async |service| Ok(service.add_user(person).await?))?;
    answer(json, &sentence, &Added { user: id.to_string(), email: email.as_str() })
}

fn address(typed: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(typed).map_err(|error| Failure::new("email_address", error))
}

/// Runs operator work on the configured database, beside a server or without one.
pub(super) fn with_service<T>(
    file: &ConfigFile,
    work: impl AsyncFnOnce(&Service) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let config = file.load()?;
    block_on(async {
        let keys = key_file::read(&config.keys_file)?;
        let database = app::open_beside(&config).await?;
        let service = app::service(&config, database.clone(), keys, Sources::default())?;
        let done = work(&service).await;
        database.close().await;
        done
    })
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
