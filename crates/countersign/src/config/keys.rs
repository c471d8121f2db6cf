//! Every setting: its name, what it is for, what it may be and what it is if nobody says.

pub struct Key {
    pub name: &'static str,
    /// Lines for the example file.
    pub about: &'static [&'static str],
    pub allowed: &'static str,
    pub default: Option<&'static str>,
    /// A secret is never shown, and may come from a file by `COUNTERSIGN_…_FILE`.
    pub is_secret: bool,
    /// Written in the example file where there is no default.
    pub example: &'static str,
}

const KEY: Key = Key { name: "", about: &[], allowed: "", default: None, is_secret: false, example: "" };

pub const KEYS: &[Key] = &[
    Key {
        name: "listen",
        about: &[
            "Where the server listens. Put a TLS proxy before it wherever it is not this machine alone.",
        ],
        allowed: "an address and a port, such as \"127.0.0.1:8080\"",
        default: Some("127.0.0.1:8080"),
        ..KEY
    },
    Key {
        name: "public_url",
        about: &[
            "The one address under which people reach the server. Links, cookies and the check where a form",
            "came from go by it, never by what a request says.",
        ],
        allowed: "an https address without a path, such as \"https://signin.example.com\"; http for localhost only",
        default: Some("http://localhost:8080"),
        ..KEY
    },
    Key {
        name: "product_name",
        about: &["The name on every page and in people's authenticator apps."],
        allowed: "a short name",
        default: Some("Countersign"),
        ..KEY
    },
    Key {
        name: "support_contact",
        about: &["Shown wherever a person can get no further alone."],
        allowed: "an address, a number or a short sentence",
        example: "support@example.com",
        ..KEY
    },
    Key {
        name: "database",
        about: &[
            "A file for SQLite, or the address of a PostgreSQL database. A secret if it holds a password.",
        ],
        allowed: "a path, or postgres://user:password@host:port/name",
        default: Some("countersign.db"),
        is_secret: true,
        ..KEY
    },
    Key {
        name: "database_pool_size",
        about: &["PostgreSQL only: connections at once."],
        allowed: "a number from 1 to 1000",
        default: Some("16"),
        ..KEY
    },
    Key {
        name: "database_statement_cache",
        about: &["PostgreSQL only: false behind a pooler that hands each transaction to another connection."],
        allowed: "true or false",
        default: Some("true"),
        ..KEY
    },
    Key {
        name: "keys_file",
        about: &[
            "The keys that seal secrets in the database; `countersign init` makes them. Readable by the server",
            "alone. Keep a copy apart from the database's: without it nobody can sign in.",
        ],
        allowed: "a path",
        default: Some("countersign.keys"),
        ..KEY
    },
    Key {
        name: "hash_threads",
        about: &["Passwords hashed at once, each with 19 MiB of memory; 0 means as many as there are cores."],
        allowed: "a number from 0 to 256",
        default: Some("0"),
        ..KEY
    },
    Key {
        name: "hash_queue",
        about: &["How many more may wait; beyond that people are asked to try again in a moment."],
        allowed: "a number from 0 to 64",
        default: Some("64"),
        ..KEY
    },
    Key {
        name: "breached_passwords_file",
        about: &[
            "Passwords that may not be chosen because they are known from breaches: lines of upper-case SHA-1,",
            "optionally \":count\", sorted.",
        ],
        allowed: "a path",
        example: "breached.txt",
        ..KEY
    },
    Key {
        name: "log",
        about: &[
            "What is logged, as JSON lines on standard error: error, warn, info, debug, or targets with levels.",
        ],
        allowed: "a level, or a list such as \"info,countersign_web=debug\"",
        default: Some("info"),
        ..KEY
    },
];

/// All names, for the refusal of one that is none.
pub fn names() -> String {
    KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

/// `config.example.toml`: every setting with its default, commented out.
pub fn example() -> String {
    let head = "# Settings of Countersign. Each may also come from the environment, as COUNTERSIGN_ and its name in\n\
                # capitals; secrets also from a file whose path is in COUNTERSIGN_…_FILE. Relative paths begin where\n\
                # this file lies. What is commented out is the default.\n";
    std::iter::once(head.to_owned()).chain(KEYS.iter().map(explained)).collect()
}

fn explained(key: &Key) -> String {
    let about = key.about.join("\n# ");
    let value = key.default.unwrap_or(key.example);
    let is_bare = value.parse::<u64>().is_ok() || value.parse::<bool>().is_ok();
    let value = if is_bare { value.to_owned() } else { format!("{value:?}") };
    format!("\n# {about}\n# Allowed: {}\n# {} = {value}\n", key.allowed, key.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_reads_as_a_configuration_once_its_settings_are_uncommented() {
        let is_setting = |line: &str| KEYS.iter().any(|key| line.starts_with(&format!("{} = ", key.name)));
        let example = example();
        let settings =
            example.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| is_setting(line));
        let uncommented = settings.collect::<Vec<_>>().join("\n");
        let table: toml::Table = uncommented.parse().unwrap();
        assert_eq!(table.len(), KEYS.len());
    }
}
