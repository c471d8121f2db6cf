//! The mail servers that most of the world runs: Postfix takes mails in, Dovecot knows the passwords and hands mails out.
//!
//! ```text
//!   sender ──SMTP──▶ Postfix ──▶ mail/ ──▶ Dovecot ──IMAP──▶ Python's imaplib ──▶ test
//!                       └──"who is this?"────▲
//! ```
//!
//! Both need root, for processes of several users. Nothing leaves: every other domain is refused.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use tempfile::TempDir;

use super::{
    background::{Background, as_root, free_port, until_there_are},
    certificate,
    mail::Mail,
    output_of,
    packages::python,
};

pub(super) struct Postfix {
    _smtp: Background,
    _imap: Background,
    ports: Ports,
    authority: PathBuf,
    /// After the programs that work in it: fields are dropped in this order.
    folder: Folder,
}

#[derive(Clone, Copy)]
struct Ports {
    starttls: u16,
    tls: u16,
    imap: u16,
}

/// Where everything lies, readable to the servers' users, some of it theirs.
struct Folder(TempDir);

impl Postfix {
    /// Who may send, by the password that opens every mailbox as well.
    pub(super) const USER: &str = "countersign@example.com";
    pub(super) const PASSWORD: &str = "mail-password";

    /// With a mailbox for each of these addresses, whose domain is `example.com`.
    pub(super) async fn start(addresses: &[&str]) -> Self {
        let folder = Folder::make();
        let authority = certificate::make(folder.path());
        let ports = Ports { starttls: free_port(), tls: free_port(), imap: free_port() };
        folder.write("postfix/main.cf", &main_cf(&folder, addresses));
        folder.make_old("postfix/main.cf");
        folder.write("postfix/master.cf", &master_cf(ports));
        folder.make_old("postfix/master.cf");
        folder.write("dovecot/dovecot.conf", &dovecot_conf(&folder, ports));
        let knows = |address: &&str| format!("{address}:{{PLAIN}}{}\n", Self::PASSWORD);
        folder.write("dovecot/users", &addresses.iter().chain([&Self::USER]).map(knows).collect::<String>());

        let (config, log) = (folder.name("dovecot/dovecot.conf"), folder.path().join("dovecot.out"));
        let mut dovecot = Background::start_as_root("/usr/sbin/dovecot", &["-F", "-c", &config], &log);
        dovecot.until_it_listens(ports.imap).await;
        // Without `postfix start`, which looks at the whole installation for seconds; `-d` keeps it in our process
        // group and lets it speak to us.
        let (config, log) = (folder.name("postfix"), folder.path().join("postfix.out"));
        let mut postfix =
            Background::start_as_root("/usr/lib/postfix/sbin/master", &["-d", "-c", &config], &log);
        postfix.until_it_listens(ports.tls).await;
        Self { _smtp: postfix, _imap: dovecot, ports, authority, folder }
    }

    /// Where clients say STARTTLS first.
    pub(super) fn starttls_port(&self) -> u16 {
        self.ports.starttls
    }

    /// Where TLS begins with the connection.
    pub(super) fn tls_port(&self) -> u16 {
        self.ports.tls
    }

    /// What a client must trust, as a file in PEM: the server proves to be `localhost`.
    pub(super) fn authority(&self) -> &Path {
        &self.authority
    }

    /// What is in a mailbox, the oldest first.
    pub(super) fn read_imap(&self, address: &str) -> Vec<Mail> {
        let mut script = python("read_imap.py");
        script.args([&self.ports.imap.to_string(), address, Self::PASSWORD]);
        let printed: Vec<String> = serde_json::from_str(&output_of(&mut script)).unwrap();
        printed.iter().map(|mail| Mail::parse(&BASE64_STANDARD.decode(mail).unwrap())).collect()
    }

    /// Waits for so many mails in a mailbox.
    pub(super) async fn until_there_are_mails(&self, address: &str, count: usize) -> Vec<Mail> {
        until_there_are(count, async || self.read_imap(address)).await
    }

    /// What Postfix wrote about its mails.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("mail.log")).unwrap()
    }
}

impl Folder {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        output_of(as_root("sh").args(["-c", MAKE_FOLDERS, "make"]).arg(folder.path()));
        for inner in ["postfix", "dovecot"] {
            fs::create_dir(folder.path().join(inner)).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn name(&self, inner: &str) -> String {
        self.path().join(inner).display().to_string()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), text).unwrap();
    }

    /// Postfix reads a file of the last two seconds again and again: somebody could still be writing it.
    fn make_old(&self, file: &str) {
        let file = File::options().write(true).open(self.path().join(file)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Some of it belongs to others than us.
        let _removed = as_root("rm").arg("-rf").arg(self.path()).status();
    }
}

fn main_cf(folder: &Folder, addresses: &[&str]) -> String {
    let root = folder.path().display();
    let mailboxes: Vec<_> = addresses.iter().map(|address| format!("{{{address} = {address}/}}")).collect();
    let mailboxes = mailboxes.join(", ");
    format!(
        "
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.com
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
default_transport = error:no mail leaves a test
relay_transport = error:no mail leaves a test
virtual_mailbox_domains = example.com
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{NOBODY}
virtual_gid_maps = static:{NOBODY}
smtpd_tls_cert_file = {root}/certificate.pem
smtpd_tls_key_file = {root}/certificate.key
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
"
    )
}

/// Only what takes in and delivers; nothing here sends.
fn master_cf(ports: Ports) -> String {
    let Ports { starttls, tls, .. } = ports;
    format!(
        "
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{tls} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
    )
}

fn dovecot_conf(folder: &Folder, ports: Ports) -> String {
    let root = folder.path().display();
    let imap = ports.imap;
    format!(
        "
base_dir = {root}/dovecot/run
state_dir = {root}/dovecot/state
log_path = {root}/dovecot.log
protocols = imap
listen = 127.0.0.1
# Mails are read on this machine; it is their sending that is tested.
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{root}/mail/%u
passdb {{
  driver = passwd-file
  args = username_format=%u {root}/dovecot/users
}}
userdb {{
  driver = static
  args = uid={NOBODY} gid={NOBODY} home={root}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
}}
# Wrong passwords slow nobody down: the next mail comes from the same address.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener {root}/queue/private/auth {{
    mode = 0666
  }}
}}
"
    )
}

/// Debian's user `nobody` and group `nogroup`, to whom the mailboxes belong.
const NOBODY: u32 = 65534;

/// What `postfix start` would make, which is not used.
const MAKE_FOLDERS: &str = r#"
set -e
cd "$1"
chmod 755 .
mkdir queue data mail
chown nobody mail
chown postfix data
cd queue
mkdir pid private public maildrop incoming active deferred bounce defer flush saved trace corrupt hold
chown postfix private public maildrop incoming active deferred bounce defer flush saved trace corrupt hold
"#;

const ANN: &str = "ann@example.com";

/// Sends by Python's own client, and gives what came of it.
fn send(postfix: &Postfix, tls: &str, password: &str, receiver: &str) -> String {
    let port = if tls == "implicit" { postfix.tls_port() } else { postfix.starttls_port() };
    let mut script = python("send_mail.py");
    script.args([&port.to_string(), tls]).arg(postfix.authority());
    output_of(script.args([Postfix::USER, password, receiver, tls]))
}

#[tokio::test]
async fn postfix_takes_mails_by_both_kinds_of_encryption_and_dovecot_hands_them_out() {
    let postfix = Postfix::start(&[ANN]).await;
    for (before, tls) in ["starttls", "implicit"].into_iter().enumerate() {
        assert_eq!(send(&postfix, tls, Postfix::PASSWORD, ANN), "sent", "{}", postfix.log());
        // One after the other, in this order.
        postfix.until_there_are_mails(ANN, before + 1).await;
    }
    let mails = postfix.read_imap(ANN);
    assert_eq!(mails.len(), 2);
    assert_eq!((mails[0].subject.as_str(), mails[1].subject.as_str()), ("starttls", "implicit"));
    assert_eq!(mails[0].delivered_to(), [ANN]);
    assert_eq!(mails[0].text.as_deref(), Some("Grüße\n"));
    assert!(mails[0].header("received")[0].contains("with ESMTPSA"), "encrypted and authenticated");

    assert_eq!(send(&postfix, "starttls", "another-password", ANN), "535");
    assert_eq!(send(&postfix, "starttls", Postfix::PASSWORD, "nobody@example.com"), "550");
    assert_eq!(send(&postfix, "starttls", Postfix::PASSWORD, "somebody@example.org"), "550");
    assert_eq!(postfix.read_imap(ANN).len(), 2);
}
