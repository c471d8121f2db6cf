//! What the operator decides: `countersign.toml`, each value also by `COUNTERSIGN_…`, secrets also by `…_FILE`.
//!
//! ```text
//!   COUNTERSIGN_DATABASE ─▶ COUNTERSIGN_DATABASE_FILE ─▶ countersign.toml ─▶ the default
//!          (the first that is there counts)
//! ```
//!
//! A wrong value is refused at the start, with the key's name, what was found and what is allowed. The
//! table [`keys::KEYS`] is what the example file is made of.

pub mod key_file;
pub mod keys;
pub mod mail;
pub mod new_file;
pub mod texts;
mod values;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    time::Duration,
};

use countersign_core::user::EmailAddress;
use countersign_web::{server::tls::CertificateFiles, site::PublicAddress, trusted_proxies::TrustedProxies};
use thiserror::Error;
use url::Url;

use mail::Mail;
use texts::Texts;
pub use values::Values;

/// P13: at some 50 hashes a second per core, whoever is last of 64 waits about a second; a longer queue would
/// only be a longer wait.
const HASH_QUEUE_MAX: usize = 64;

const DAY: Duration = Duration::from_hours(24);

pub struct Config {
    pub listen: SocketAddr,
    pub drain: Duration,
    /// Without it, TLS ends at a proxy.
    pub tls: Option<CertificateFiles>,
    pub public_url: String,
    pub trusted_proxies: TrustedProxies,
    pub product_name: String,
    pub support_contact: Option<String>,
    pub operator_email: Option<EmailAddress>,
    pub failures_minute_max: NonZeroU32,
    pub reset_links_hour_max: NonZeroU32,
    pub database: DatabaseAddress,
    pub database_pool_size: usize,
    pub database_statement_cache: bool,
    pub database_answer_limit: Duration,
    pub keys_file: PathBuf,
    pub hash_threads: NonZeroUsize,
    pub hash_queue: usize,
    pub breached_passwords_file: Option<PathBuf>,
    pub location_file: Option<PathBuf>,
    /// Without it, emails wait to be sent.
    pub mail: Option<Mail>,
    /// Without it, phones are not offered.
    pub texts: Option<Texts>,
    /// How long audit events are kept; `None` for ever.
    pub audit_kept: Option<Duration>,
    /// Without it, nothing is counted.
    pub metrics_listen: Option<SocketAddr>,
    /// Without it, no traces are sent.
    pub otel_endpoint: Option<Url>,
    pub log: String,
}

#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    Sqlite(PathBuf),
    /// With the password in it: never printed.
    Postgres(String),
}

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{key}: found {found}; allowed is {allowed}")]
    Value { key: &'static str, found: String, allowed: &'static str },
    #[error("{place}: there is no setting {name:?}; the settings are {}", keys::names())]
    Unknown { place: String, name: String },
    #[error("{} cannot be read: {cause}; {advice}", path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error, advice: String },
    /// Holds no line of the file: the one with the mistake may be the one with the password.
    #[error("{} is no TOML at line {line}: {message}", path.display())]
    NoToml { path: PathBuf, line: usize, message: String },
    #[error("{key}: {variable} and {variable}_FILE are both set; set one of them")]
    Twice { key: &'static str, variable: String },
    #[error("{key} is missing: {because}")]
    Missing { key: &'static str, because: &'static str },
    #[error("public_url begins with http:// although tls_certificate is set: people come by https://")]
    PublicUrlWithoutTls,
    #[error(
        "trusted_proxies holds {0}, in which strangers are too: whoever comes could then claim any address by \
         X-Forwarded-For; name the proxies' own addresses"
    )]
    TrustsStrangers(String),
    #[error("{0} and {1} are both set; set one of them")]
    Both(&'static str, &'static str),
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => out.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => out.write_str("Postgres(a secret)"),
        }
    }
}

impl Config {
    /// Reads the file and the environment. Without a file, `countersign.toml` here counts if it is there.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let usual = Path::new("countersign.toml");
        let file = file.or_else(|| usual.exists().then_some(usual));
        Self::from_values(&Values::gather(file, std::env::vars_os())?)
    }

    /// Makes a configuration of gathered values; relative paths begin where the file lies.
    pub fn from_values(values: &Values) -> Result<Self, ConfigError> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let listen = values.parsed("listen")?;
        Ok(Self {
            listen,
            drain: values.seconds("drain_secs", 0..=600)?,
            tls: tls(values)?,
            public_url: public_url(values)?,
            trusted_proxies: trusted_proxies(values)?,
            product_name: values.text("product_name")?,
            support_contact: values.optional("support_contact"),
            operator_email: values.optional_as("operator_email", EmailAddress::parse)?,
            failures_minute_max: values.parsed("failures_minute_max")?,
            reset_links_hour_max: values.parsed("reset_links_hour_max")?,
            database: database(values)?,
            database_pool_size: values.number("database_pool_size", 1..=1000)?,
            database_statement_cache: values.parsed("database_statement_cache")?,
            database_answer_limit: values.seconds("database_answer_secs", 1..=600)?,
            keys_file: values.path("keys_file")?,
            hash_threads: match values.number("hash_threads", 0..=256)? {
                0 => cores,
                threads => NonZeroUsize::new(threads).unwrap_or(cores),
            },
            hash_queue: values.number("hash_queue", 0..=HASH_QUEUE_MAX)?,
            breached_passwords_file: values.optional_path("breached_passwords_file"),
            location_file: values.optional_path("location_file"),
            mail: Mail::from_values(values)?,
            texts: Texts::from_values(values)?,
            audit_kept: match values.number("audit_retention_days", 0..=36_500)? {
                0 => None,
                days => Some(DAY.saturating_mul(u32::try_from(days).unwrap_or(u32::MAX))),
            },
            metrics_listen: metrics_listen(values, listen)?,
            otel_endpoint: values.optional_as("otel_endpoint", collector)?,
            log: values.text("log")?,
        })
    }
}

fn missing(key: &'static str, because: &'static str) -> ConfigError {
    ConfigError::Missing { key, because }
}

fn public_url(values: &Values) -> Result<String, ConfigError> {
    let text = values.text("public_url")?;
    PublicAddress::parse(&text).map(|_| text).map_err(|_| values.refused("public_url"))
}

fn trusted_proxies(values: &Values) -> Result<TrustedProxies, ConfigError> {
    let named = values.optional_as("trusted_proxies", TrustedProxies::parse)?.unwrap_or_default();
    match named.too_wide() {
        Some(network) => Err(ConfigError::TrustsStrangers(network)),
        None => Ok(named),
    }
}

fn metrics_listen(values: &Values, listen: SocketAddr) -> Result<Option<SocketAddr>, ConfigError> {
    let address = values.optional_as("metrics_listen", str::parse)?;
    if address.is_some_and(|address| overlap(address, listen)) {
        return Err(values.refused("metrics_listen"));
    }
    Ok(address)
}

/// Whether one of them takes what the other listens on. Port 0 is whichever is free.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let takes = |all: IpAddr, one: IpAddr| match all {
        IpAddr::V4(all) => all.is_unspecified() && one.is_ipv4(),
        IpAddr::V6(all) => all.is_unspecified(),
    };
    let (first, second) = (one.ip(), other.ip());
    let is_same_address = first == second || takes(first, second) || takes(second, first);
    is_same_address && one.port() == other.port() && one.port() != 0
}

/// A certificate and its key belong together, and both to an address that people reach by them.
fn tls(values: &Values) -> Result<Option<CertificateFiles>, ConfigError> {
    match (values.optional_path("tls_certificate"), values.optional_path("tls_key")) {
        (Some(chain), Some(key)) if values.text("public_url")?.starts_with("https://") => {
            Ok(Some(CertificateFiles { chain, key }))
        }
        (Some(_), Some(_)) => Err(ConfigError::PublicUrlWithoutTls),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing("tls_key", "tls_certificate is set, and they belong together")),
        (None, Some(_)) => Err(missing("tls_certificate", "tls_key is set, and they belong together")),
    }
}

/// An address that another path can be put behind.
fn collector(text: &str) -> Result<Url, NoCollector> {
    let url = Url::parse(text).map_err(|_| NoCollector)?;
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(NoCollector) }
}

struct NoCollector;

fn database(values: &Values) -> Result<DatabaseAddress, ConfigError> {
    let text = values.text("database")?;
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(DatabaseAddress::Postgres(text));
    }
    if text.contains("://") {
        return Err(values.refused("database"));
    }
    values.path("database").map(DatabaseAddress::Sqlite)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, ffi::OsString};

    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        std::fs::write(&path, file).unwrap();
        let environment =
            environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Config::from_values(&Values::gather(Some(&path), environment)?)
    }

    fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
        load(file, environment).err().unwrap().to_string()
    }

    #[test]
    fn an_empty_file_gives_the_defaults_and_paths_begin_where_it_lies() {
        let config = load("", &[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        let DatabaseAddress::Sqlite(path) = config.database else { panic!("not SQLite") };
        assert!(path.is_absolute() && path.ends_with("countersign.db"), "{}", path.display());
    }

    #[test]
    fn the_environment_counts_before_the_file() {
        let config = load("product_name = \"File\"", &[("COUNTERSIGN_PRODUCT_NAME", "Environment")]).unwrap();
        assert_eq!(config.product_name, "Environment");
    }

    #[test]
    fn a_secret_may_come_from_a_file_of_its_own_but_not_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "postgres://cs:secret@db.example/cs\n").unwrap();
        let path = path.to_str().unwrap();
        let config = load("", &[("COUNTERSIGN_DATABASE_FILE", path)]).unwrap();
        assert_eq!(config.database, DatabaseAddress::Postgres("postgres://cs:secret@db.example/cs".into()));
        let both = [("COUNTERSIGN_DATABASE_FILE", path), ("COUNTERSIGN_DATABASE", "cs.db")];
        assert_eq!(
            refusal("", &both),
            "database: COUNTERSIGN_DATABASE and COUNTERSIGN_DATABASE_FILE are both set; set one of them"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_key_what_was_found_and_what_is_allowed() {
        assert_eq!(
            refusal("listen = \"8080\"", &[]),
            "listen: found \"8080\"; allowed is an address and a port, such as \"127.0.0.1:8080\""
        );
        assert_eq!(
            refusal("hash_queue = -1", &[]),
            "hash_queue: found \"-1\"; allowed is a number from 0 to 64"
        );
        assert!(
            refusal("public_url = \"ftp://a.example\"", &[])
                .starts_with("public_url: found \"ftp://a.example\"")
        );
        assert!(refusal("database = \"mysql://x\"", &[]).starts_with("database: found a secret; allowed is"));
        assert!(refusal("hash_queue = 65", &[]).starts_with("hash_queue: found \"65\""));
        assert!(refusal("product_name = \"\"", &[]).starts_with("product_name: found \"\""));
        assert_eq!(
            refusal("trusted_proxies = [\"10.0.0.1/8\"]", &[]),
            "trusted_proxies: found \"10.0.0.1/8\"; allowed is a list of addresses and networks without bits \
             behind their prefix, such as [\"127.0.0.1\", \"10.0.0.0/8\"] or \"127.0.0.1, 10.0.0.0/8\""
        );
    }

    #[test]
    fn an_unknown_setting_is_refused_wherever_it_stands() {
        assert!(refusal("listn = 1", &[]).contains("there is no setting \"listn\""));
        assert!(refusal("", &[("COUNTERSIGN_LISTN", "x")]).contains("COUNTERSIGN_LISTN"));
    }

    #[test]
    fn what_is_no_toml_is_told_by_its_line_and_never_repeated() {
        for line in [
            "database = \"postgres://cs:canary@db.example/cs",
            "database = postgres://cs:canary@db.example/cs\"",
            "database = postgres://cs:canary@db.example/cs",
            "database = \"postgres://cs:canary@db.example/cs\" canary",
            "database = \"postgres://cs:\\canary@db.example/cs\"",
            "database \"postgres://cs:canary@db.example/cs\"",
            "database = \"cs.db\"\ndatabase = \"postgres://cs:canary@db.example/cs\"",
        ] {
            let error = load(&format!("log = \"info\"\n{line}"), &[]).err().unwrap();
            let told = format!("{error} {error:?}");
            assert!(told.contains("countersign.toml is no TOML at line "), "{told}");
            assert!(!told.contains("canary"), "{told}");
        }
        assert!(refusal("log = \"info\"\nlisten = [", &[]).contains("at line 2: "));
    }

    #[test]
    fn an_address_with_a_password_in_it_cannot_be_printed() {
        let address = DatabaseAddress::Postgres("postgres://cs:canary@db.example/cs".to_owned());
        assert_eq!(format!("{address:?}"), "Postgres(a secret)");
    }

    #[test]
    fn every_setting_of_the_table_is_read_and_no_other() {
        let mut asked = BTreeSet::new();
        let twilio = [
            ("sms_gateway", "twilio"),
            ("sms_home_country", "US"),
            ("twilio_account_sid", "AC1"),
            ("twilio_auth_token", "token"),
            ("twilio_from", "+15125550100"),
        ];
        let kannel = [
            ("sms_gateway", "kannel"),
            ("sms_home_country", "US"),
            ("kannel_url", "http://localhost:13013"),
            ("kannel_username", "cs"),
            ("kannel_password", "password"),
            ("kannel_from", "12345"),
        ];
        for settings in [&[][..], &twilio, &kannel] {
            let values = Values::of(settings);
            assert!(Config::from_values(&values).is_ok());
            asked.extend(values.asked());
        }
        let listed: BTreeSet<_> = keys::KEYS.iter().map(|key| key.name).collect();
        assert_eq!(asked, listed);
    }

    #[test]
    fn a_certificate_comes_with_its_key_and_an_https_address() {
        let https = "public_url = \"https://signin.example.com\"\n";
        let (chain, key) = ("tls_certificate = \"c.pem\"\n", "tls_key = \"c.key\"\n");
        assert!(load(https, &[]).unwrap().tls.is_none());
        let tls = load(&format!("{https}{chain}{key}"), &[]).unwrap().tls.unwrap();
        assert!(tls.chain.is_absolute() && tls.key.ends_with("c.key"));
        for (settings, told) in [
            (format!("{https}{chain}"), "tls_key is missing: tls_certificate is set"),
            (format!("{https}{key}"), "tls_certificate is missing: tls_key is set"),
            (format!("{chain}{key}"), "public_url begins with http:// although tls_certificate is set"),
        ] {
            let refusal = refusal(&settings, &[]);
            assert!(refusal.starts_with(told), "{refusal}");
        }
    }

    #[test]
    fn no_proxy_is_trusted_that_is_not_named() {
        assert!(load("", &[]).unwrap().trusted_proxies.is_empty());
        let named = load("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]", &[]).unwrap().trusted_proxies;
        assert_eq!(named, TrustedProxies::parse("127.0.0.1 10.0.0.0/8").unwrap());
    }

    #[test]
    fn to_trust_strangers_is_refused_with_the_reason() {
        for wide in ["0.0.0.0/0", "::/0", "128.0.0.0/1", "8.0.0.0/6", "8000::/6"] {
            let told = refusal(&format!("trusted_proxies = [\"127.0.0.1\", \"{wide}\"]"), &[]);
            assert!(
                told.starts_with(&format!("trusted_proxies holds {wide}, in which strangers are too")),
                "{told}"
            );
            assert!(told.ends_with("name the proxies' own addresses"), "{told}");
        }
    }

    #[test]
    fn numbers_are_shown_elsewhere_than_people_are_served() {
        let with = |listen: &str, metrics: &str| {
            load(&format!("listen = \"{listen}\"\nmetrics_listen = \"{metrics}\""), &[])
        };
        for (listen, metrics) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("127.0.0.1:8080", "0.0.0.0:8080"),
            ("[::]:8080", "127.0.0.1:8080"),
            ("[::1]:8080", "[::]:8080"),
        ] {
            let told = with(listen, metrics).err().unwrap().to_string();
            let expected = format!(
                "metrics_listen: found \"{metrics}\"; allowed is an address and a port other than that of listen"
            );
            assert_eq!(told, expected, "{listen}");
        }
        for (listen, metrics) in [
            ("127.0.0.1:8080", "127.0.0.1:9090"),
            ("127.0.0.1:8080", "127.0.0.2:8080"),
            ("0.0.0.0:8080", "[::1]:8080"),
            ("127.0.0.1:0", "127.0.0.1:0"),
        ] {
            assert!(with(listen, metrics).is_ok(), "{listen} {metrics}");
        }
    }

    #[test]
    fn a_list_is_written_as_a_list_or_with_commas() {
        let kannel = "sms_gateway = \"kannel\"\nsms_home_country = \"US\"\nkannel_url = \"http://localhost\"\n\
                      kannel_username = \"cs\"\nkannel_password = \"p\"\nkannel_from = \"1\"\n";
        for list in ["[\"US\", \"CA\"]", "\"US, CA\"", "\"US CA\""] {
            let config = load(&format!("{kannel}sms_countries = {list}"), &[]).unwrap();
            let countries: Vec<_> = config.texts.unwrap().countries.iter().map(ToString::to_string).collect();
            assert_eq!(countries, ["US", "CA"], "{list}");
        }
    }
}
