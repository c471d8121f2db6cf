//! The certificate of the server: that it has its key, how long it is good, and whether it is the one of `public_url`.

use std::time::Duration;

use countersign_core::timestamp::Timestamp;
use countersign_web::server::tls::{CertificateFiles, Examined};
use url::Url;

use super::{Finding, files::rights};
use crate::config::Config;

/// Certificates that renew themselves do so about a month before their end: then something is wrong.
const RENEWED_BY: Duration = Duration::from_hours(21 * 24);

/// Permission bits of all who are neither the owner nor of the group, which is often that of all servers with TLS.
const EVERYBODY: u32 = 0o007;

/// `None` where TLS ends elsewhere.
pub(super) fn examine(config: &Config, now: Timestamp) -> Option<Finding> {
    let files = config.tls.as_ref()?;
    Some(match files.examine() {
        Ok(certificate) => judge(config, files, &certificate, now),
        Err(error) => Finding::fail("certificate", error.to_string(), "A server does not start with it"),
    })
}

fn judge(config: &Config, files: &CertificateFiles, certificate: &Examined, now: Timestamp) -> Finding {
    let shown = files.chain.display();
    let Some(end) = certificate.expires_at else {
        let advice = "Look yourself, with: openssl x509 -enddate";
        return Finding::warn("certificate", format!("{shown} does not tell its end"), advice);
    };
    let host = Url::parse(&config.public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    if !host.is_some_and(|host| certificate.covers(&host)) {
        let tried = format!("{shown} is not for {}", config.public_url);
        return Finding::fail("certificate", tried, "Browsers refuse it: get one that names this host");
    }
    if end <= now {
        return Finding::fail("certificate", format!("{shown} is over"), "Browsers refuse it: replace it");
    }
    if rights(&files.key).is_ok_and(|rights| rights & EVERYBODY != 0) {
        let key = files.key.display();
        return Finding::fail(
            "certificate",
            format!("everybody can read {key}"),
            format!("Run: chmod o= {key}"),
        );
    }
    let days = end.since(now).as_secs() / Duration::from_hours(24).as_secs();
    let tried = format!("{shown} has its key and is good for {days} more days");
    if end.since(now) < RENEWED_BY {
        return Finding::warn("certificate", tried, "Replace it; the server takes the new one by itself");
    }
    Finding::ok("certificate", tried)
}
