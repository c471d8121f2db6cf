//! Who is reached over the network: people at the public address, the mail server, the gateway. Nothing is sent.

use countersign_delivery::{
    SendError,
    http::{HttpClient, Login},
};
use url::Url;

use super::{Failure, Finding};
use crate::{
    app::StartError,
    channels,
    config::{
        Config,
        mail::{Mail, MailServer},
        texts::{Gateway, KannelGateway, TwilioAccount},
    },
};

pub(super) fn public_url(config: &Config) -> Finding {
    let url = &config.public_url;
    if url.starts_with("https://") {
        if config.tls.is_some() {
            return Finding::ok("public_url", format!("{url}: TLS ends in this server"));
        }
        let tried = format!("{url}: behind it must be a proxy that speaks TLS");
        if !config.trusted_proxies.is_empty() {
            return Finding::ok("public_url", tried);
        }
        let advice = "Set trusted_proxies to its address: without it everybody comes from there, and the texts \
                      that one network may ask for are those of all people together";
        return Finding::warn("public_url", tried, advice);
    }
    let reports = match config.texts.as_ref().map(|texts| &texts.gateway) {
        Some(Gateway::Twilio(_)) => "; Twilio does not reach it either and may refuse to send",
        _ => "",
    };
    let advice = format!("Set public_url to the https address that people see{reports}");
    Finding::warn("public_url", format!("{url} is for this machine only"), advice)
}

pub(super) async fn mail(config: &Config) -> Finding {
    match &config.mail {
        Some(Mail::Server(server)) => mail_server(config, server).await,
        Some(Mail::Recorded) | None => Finding::warn(
            "mail",
            "there is no smtp_host",
            "Emails wait: nobody hears of changes to their account, and nobody can be invited or prove an address",
        ),
    }
}

async fn mail_server(config: &Config, server: &MailServer) -> Finding {
    let MailServer { host, port, .. } = server;
    let smtp = match channels::smtp(config, server) {
        Ok(smtp) => smtp,
        Err(error) => {
            let advice = "A server does not start with these settings";
            return Finding::fail("mail", Failure::from(error).message(), advice);
        }
    };
    let login = if server.login.is_some() { ", logged in" } else { "" };
    match smtp.check().await {
        Ok(()) => Finding::ok("mail", format!("connected to {host}:{port}{login}; nothing was sent")),
        Err(error) => {
            let advice = "Emails wait until it works: check the settings that begin with smtp_";
            Finding::fail("mail", format!("tried {host}:{port}: {error}"), advice)
        }
    }
}

pub(super) async fn texts(config: &Config) -> Finding {
    let Some(texts) = &config.texts else {
        return Finding::ok("texts", "there is no sms_gateway: people are offered an authenticator app only");
    };
    let tried = match &texts.gateway {
        Gateway::Twilio(account) => twilio(account).await,
        Gateway::Kannel(gateway) => kannel(gateway).await,
        Gateway::Recorded => Ok("texts are kept in memory".to_owned()),
    };
    match tried {
        Ok(tried) if config.operator_email.is_some() => Finding::ok("texts", tried),
        Ok(tried) => {
            let advice = "Set operator_email: nobody is told if somebody misuses the texts";
            Finding::warn("texts", tried, advice)
        }
        Err(tried) => Finding::fail("texts", tried, "No code is texted until it works"),
    }
}

/// Looks at the newest text, which whatever may send texts may do: an API key need not be allowed to look at the
/// account itself. With a key, the account's token is tried as well: it is what reports are verified by.
async fn twilio(account: &TwilioAccount) -> Result<String, String> {
    let id = account.account.as_str();
    let newest = [("PageSize", "1")];
    twilio_knows(account, &channels::twilio_login(account), &[id, "Messages.json"], &newest).await?;
    if account.api_key.is_none() {
        return Ok("Twilio knows the account and the token; nothing was sent".to_owned());
    }
    let resource = format!("{id}.json");
    twilio_knows(account, &channels::twilio_account_login(account), &[&resource], &[]).await?;
    Ok("Twilio knows the account, the API key and the token; nothing was sent".to_owned())
}

async fn twilio_knows(
    account: &TwilioAccount,
    login: &Login,
    resource: &[&str],
    query: &[(&str, &str)],
) -> Result<(), String> {
    let mut url = account.url.clone();
    let is_set = url.set_username(&login.user).and_then(|()| url.set_password(Some(login.password.expose())));
    match url.path_segments_mut() {
        Ok(mut path) if is_set.is_ok() => {
            path.pop_if_empty().extend(["2010-04-01", "Accounts"]).extend(resource);
        }
        _ => return Err("twilio_url cannot hold a path and a name".to_owned()),
    }
    let is_by_key = login.user != account.account;
    match status(&url, query).await? {
        200 => Ok(()),
        401 | 403 if is_by_key => Err("Twilio refuses twilio_api_key or twilio_api_secret".to_owned()),
        401 | 403 => Err("Twilio refuses twilio_account_sid or twilio_auth_token".to_owned()),
        404 => Err("Twilio knows no such account: check twilio_account_sid".to_owned()),
        other => Err(format!("Twilio answers {other}")),
    }
}

/// Asks for a text to nobody: Kannel looks at name and password first, and then refuses.
async fn kannel(gateway: &KannelGateway) -> Result<String, String> {
    let login = [("username", gateway.username.as_str()), ("password", gateway.password.expose())];
    match status(&gateway.url, &login).await? {
        400 => Ok("Kannel knows the name and the password; nothing was sent".to_owned()),
        403 => Err("Kannel refuses kannel_username or kannel_password".to_owned()),
        404 => Err("Kannel has no such page: check kannel_url".to_owned()),
        503 => Err("Kannel takes no texts now: is its bearerbox up?".to_owned()),
        other => Err(format!("Kannel answers {other}, which was not expected")),
    }
}

async fn status(url: &Url, query: &[(&str, &str)]) -> Result<u16, String> {
    let client =
        HttpClient::new().map_err(|error| Failure::from(StartError::from(error)).message().to_owned())?;
    let reached = |error: SendError| error.to_string();
    Ok(client.get(url, query).await.map_err(reached)?.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{commands::doctor::Verdict, config::Values};

    #[test]
    fn a_proxy_that_nobody_named_is_warned_of() {
        let https = ("COUNTERSIGN_PUBLIC_URL", "https://signin.example.com");
        let unnamed = public_url(&config(&[https]));
        assert!(unnamed.verdict == Verdict::Warn && unnamed.to_string().contains("Set trusted_proxies"));
        let named = public_url(&config(&[https, ("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.0/8")]));
        assert!(named.verdict == Verdict::Ok);
    }

    fn config(settings: &[(&str, &str)]) -> Config {
        let settings = settings.iter().map(|(name, value)| (name.into(), value.into()));
        Config::from_values(&Values::gather(None, settings).unwrap()).unwrap()
    }
}
