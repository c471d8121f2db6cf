//! Makes of the configuration what messages are put into words with, and by which ways they leave.

use std::sync::Arc;

use countersign_core::{keys::KeyRing, secret::Secret};
use countersign_delivery::{
    email::{Smtp, SmtpOptions},
    http::{HttpClient, Login},
    place::Places,
    recorded::Recorded,
    render::{Renderer, RendererOptions},
    route::{EmailRoute, SmsRoute},
    sms::{
        kannel::{Kannel, KannelOptions},
        twilio::{Sender, Twilio, TwilioOptions},
    },
};
use countersign_service::reports::ReportKeys;
use url::Url;

use crate::{
    app::StartError,
    config::{
        Config, ConfigError,
        mail::{Mail, MailServer},
        texts::{Gateway, KannelGateway, TwilioAccount},
    },
};

/// The ways by which messages leave; without one, those of that kind wait.
pub struct Routes {
    pub sms: Option<SmsRoute>,
    pub email: Option<EmailRoute>,
}

impl Routes {
    /// Must be called inside the runtime, which looks after open connections.
    pub fn new(config: &Config, keys: &Arc<KeyRing>, recorded: &Recorded) -> Result<Self, StartError> {
        let sms = match config.texts.as_ref().map(|texts| &texts.gateway) {
            Some(Gateway::Twilio(account)) => Some(SmsRoute::Twilio(Box::new(twilio(config, account)?))),
            Some(Gateway::Kannel(gateway)) => {
                Some(SmsRoute::Kannel(Box::new(kannel(config, gateway, keys)?)))
            }
            Some(Gateway::Recorded) => Some(SmsRoute::Recorded(recorded.clone())),
            None => None,
        };
        let email = match &config.mail {
            Some(Mail::Server(server)) => Some(EmailRoute::Smtp(Box::new(smtp(config, server)?))),
            Some(Mail::Recorded) => Some(EmailRoute::Recorded(recorded.clone())),
            None => None,
        };
        Ok(Self { sms, email })
    }
}

/// Must be called inside the runtime.
pub fn smtp(config: &Config, server: &MailServer) -> Result<Smtp, StartError> {
    let unreadable = |path: &std::path::Path, cause| ConfigError::Unreadable {
        path: path.to_owned(),
        cause,
        advice: "name a file that the server may read as smtp_ca_file".to_owned(),
    };
    let ca =
        server.ca_file.as_deref().map(|path| std::fs::read(path).map_err(|cause| unreadable(path, cause)));
    let login = |login: &Login| Login { user: login.user.clone(), password: copy(&login.password) };
    Ok(Smtp::new(SmtpOptions {
        host: server.host.clone(),
        port: server.port,
        security: server.security,
        login: server.login.as_ref().map(login),
        extra_ca: ca.transpose()?,
        from: server.from.clone(),
        reply_to: server.reply_to.clone(),
        domain: public_host(config)?,
    })?)
}

/// The file that says where network addresses are, read into memory.
pub fn places(config: &Config) -> Result<Option<Places>, StartError> {
    Ok(config.location_file.as_deref().map(Places::open).transpose()?)
}

pub fn renderer(config: &Config, places: Option<Places>) -> Result<Renderer, StartError> {
    Ok(Renderer::new(RendererOptions {
        product_name: config.product_name.clone(),
        public_url: config.public_url.clone(),
        host: public_host(config)?,
        support_contact: config.support_contact.clone(),
        places,
    }))
}

/// What gateways sign their reports with.
pub fn report_keys(config: &Config) -> ReportKeys {
    let twilio_auth_token = match config.texts.as_ref().map(|texts| &texts.gateway) {
        Some(Gateway::Twilio(account)) => Some(copy(&account.auth_token)),
        _ => None,
    };
    ReportKeys { twilio_auth_token }
}

fn twilio(config: &Config, account: &TwilioAccount) -> Result<Twilio, StartError> {
    let login = twilio_login(account);
    let options = TwilioOptions {
        base: account.url.clone(),
        account: account.account.clone(),
        user: login.user,
        password: login.password,
        sender: match &account.sender {
            Sender::From(from) => Sender::From(from.clone()),
            Sender::MessagingService(service) => Sender::MessagingService(service.clone()),
        },
        reports_url: public_page(config, "reports/twilio")?,
    };
    Ok(Twilio::new(HttpClient::new()?, options)?)
}

/// The API key where there is one, else the account itself.
pub fn twilio_login(account: &TwilioAccount) -> Login {
    match &account.api_key {
        Some(key) => Login { user: key.name.clone(), password: copy(&key.secret) },
        None => twilio_account_login(account),
    }
}

pub fn twilio_account_login(account: &TwilioAccount) -> Login {
    Login { user: account.account.clone(), password: copy(&account.auth_token) }
}

fn kannel(config: &Config, gateway: &KannelGateway, keys: &Arc<KeyRing>) -> Result<Kannel, StartError> {
    let options = KannelOptions {
        sendsms_url: gateway.url.clone(),
        username: gateway.username.clone(),
        password: copy(&gateway.password),
        from: gateway.from.clone(),
        reports_url: public_page(config, "reports/kannel")?,
    };
    Ok(Kannel::new(HttpClient::new()?, options, Arc::clone(keys)))
}

fn public_page(config: &Config, path: &str) -> Result<Url, StartError> {
    let url = Url::parse(&config.public_url).and_then(|url| url.join(path));
    url.map_err(|_| StartError::Address)
}

/// Without the port: what phones and mail servers know us by.
fn public_host(config: &Config) -> Result<String, StartError> {
    let url = Url::parse(&config.public_url).map_err(|_| StartError::Address)?;
    url.host_str().map(str::to_owned).ok_or(StartError::Address)
}

/// A secret of the configuration, for the one who shows it to the other side.
fn copy(secret: &Secret<String>) -> Secret<String> {
    Secret::new(secret.expose().clone())
}
