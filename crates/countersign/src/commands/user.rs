//! `countersign user`: people. Works beside a running server.

use std::io::{self, IsTerminal, Read};

use clap::Subcommand;
use countersign_core::{
    authenticator::password::{PASSWORD_BYTES_MAX, Password},
    organization::Role,
    user::EmailAddress,
};
use countersign_service::{Service, clock::Clock, people::PersonToAdd};
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
}

#[derive(Serialize)]
struct Answer<'a> {
    user: String,
    email: &'a str,
}

pub(super) fn run(verb: &Verb, json: bool) -> Result<(), Failure> {
    let Verb::Add { email, name, organization, role, file } = verb;
    let address = EmailAddress::parse(email).map_err(|error| Failure::new("email_address", error))?;
    let Some(role) = Role::parse(role) else {
        return Err(Failure::new(
            "no_such_role",
            format!("there is no role {role:?}; there are: owner, admin, member"),
        ));
    };
    let password = ask_password()?;
    let id = with_service(file, async |service| {
        let person = PersonToAdd {
            email: address.clone(),
            name: name.clone(),
            organization: organization.clone(),
            role,
            password,
        };
        Ok(service.add_user(person).await?)
    })?;
    let sentence = format!("Made {name} <{address}> in {organization}.");
    answer(json, &sentence, &Answer { user: id.to_string(), email: address.as_str() })
}

/// Runs operator work on the configured database, beside a server or without one.
pub(super) fn with_service<T>(
    file: &ConfigFile,
    work: impl AsyncFnOnce(&Service) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let config = file.load()?;
    block_on(async {
        let keys = key_file::read(&config.keys_file)?;
        let database = app::open_database(&config, &Clock::System).await?;
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
