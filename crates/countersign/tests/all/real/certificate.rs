//! A certificate for `localhost`, from an authority that exists for one test.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::output_of;

/// Makes `certificate.pem` and `certificate.key` in this folder, and gives the certificate that clients must trust.
pub(super) fn make(folder: &Path) -> PathBuf {
    let [authority, authority_key, certificate, key] =
        ["authority.pem", "authority.key", "certificate.pem", "certificate.key"]
            .map(|name| folder.join(name));
    let mut sign = openssl(&authority, &authority_key, "/CN=Authority of one test");
    output_of(sign.args(["-addext", "keyUsage = critical, keyCertSign"]));
    let mut issue = openssl(&certificate, &key, "/CN=localhost");
    issue.arg("-CA").arg(&authority).arg("-CAkey").arg(&authority_key);
    // An authority's own certificate would be refused as a server's.
    issue.args(["-addext", "basicConstraints = critical, CA:FALSE"]);
    issue.args(["-addext", "extendedKeyUsage = serverAuth"]);
    output_of(issue.args(["-addext", "subjectAltName = DNS:localhost, IP:127.0.0.1"]));
    authority
}

/// Makes a key and a certificate for it.
fn openssl(certificate: &Path, key: &Path, subject: &str) -> Command {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-days", "2", "-subj", subject]);
    command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]);
    command.arg("-out").arg(certificate).arg("-keyout").arg(key);
    command
}
