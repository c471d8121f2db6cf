//! The table of all settings, in the order in which the example file explains them.

use super::Key;

const KEY: Key = Key { name: "", about: &[], allowed: "", default: None, is_secret: false, example: "" };

pub const KEYS: &[Key] = &[
    Key {
        name: "listen",
        about: &[
            "Where the server listens. Wherever it is not this machine alone, give it a certificate or put a proxy",
            "that speaks TLS before it.",
        ],
        allowed: "an address and a port, such as \"127.0.0.1:8080\"",
        default: Some("127.0.0.1:8080"),
        ..KEY
    },
    Key {
        name: "drain_secs",
        about: &[
            "How long the server goes on serving after SIGTERM while /readyz answers 503, so that a load balancer",
            "stops sending people here before it stops. Longer than the balancer takes to notice. Ctrl-C does not wait.",
        ],
        allowed: "a number from 0 to 600",
        default: Some("5"),
        ..KEY
    },
    Key {
        name: "tls_certificate",
        about: &[
            "The certificate of public_url, where TLS ends in this server: its own first, then those that lead to a",
            "root. A new one is taken within a minute, or at once on SIGHUP, and nobody is cut off by it.",
        ],
        allowed: "a path to certificates in PEM; with tls_key or not at all",
        example: "certificate.pem",
        ..KEY
    },
    Key {
        name: "tls_key",
        about: &["The private key of tls_certificate. Readable by the server alone."],
        allowed: "a path to a key in PEM",
        example: "certificate.key",
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
        name: "trusted_proxies",
        about: &[
            "The reverse proxies before the server, whose X-Forwarded-For is believed: whose address people see in",
            "messages, and by which network their texts are counted. Without them everybody comes from the proxy.",
            "Name no network from which visitors come themselves.",
        ],
        allowed: "a list of addresses and networks without bits behind their prefix, such as \
                  [\"127.0.0.1\", \"10.0.0.0/8\"] or \"127.0.0.1, 10.0.0.0/8\"",
        example: "127.0.0.1, ::1",
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
            "A file for SQLite, or the address of a PostgreSQL database. A secret if it holds a password. Of several",
            "hosts the one that takes writes is found again after each failover.",
        ],
        allowed: "a path, or postgres://user:password@host:port/name, with all hosts of a cluster, as in \
                  postgres://user:password@one:5432,two:5432/name",
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
        name: "database_answer_secs",
        about: &[
            "PostgreSQL only: how long one statement may take. Half as long again without an answer, and the server",
            "counts as gone: people are asked to come back, and a connection is made anew.",
        ],
        allowed: "a number from 1 to 600",
        default: Some("10"),
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
        name: "operator_email",
        about: &[
            "Who is mailed when an operator has to look, for example at a wave of texts to numbers never proved.",
        ],
        allowed: "an email address",
        example: "operator@example.com",
        ..KEY
    },
    Key {
        name: "failures_minute_max",
        about: &[
            "Names that may fail to sign in within a minute, all companies together. Beyond that somebody may be trying",
            "passwords: networks wait as soon as two names fail there, and the operator is told.",
        ],
        allowed: "a number from 1 to 1000000",
        default: Some("300"),
        ..KEY
    },
    Key {
        name: "reset_links_hour_max",
        about: &[
            "Links for forgotten passwords that may be mailed within an hour, all companies together. Beyond that nobody is",
            "mailed one, whoever asks sees the same page, and the operator is told.",
        ],
        allowed: "a number from 1 to 1000000",
        default: Some("1000"),
        ..KEY
    },
    Key {
        name: "location_file",
        about: &[
            "Where network addresses are, so that messages can say \"from Austin, US\"; in MaxMind's format, which",
            "all suppliers of such files offer. Without it messages name the network address.",
        ],
        allowed: "a path to an .mmdb file",
        example: "places.mmdb",
        ..KEY
    },
    Key {
        name: "smtp_host",
        about: &[
            "The mail server that takes our emails. Without one they wait in the outbox: nobody is told of changes",
            "to their account, and nobody can be invited or prove an address.",
        ],
        allowed: "a name or an address of a host",
        example: "smtp.example.com",
        ..KEY
    },
    Key {
        name: "smtp_port",
        about: &[
            "Its port; usually 587 for starttls, 465 for tls and 25 for none, which is what counts if nobody says.",
        ],
        allowed: "a number from 1 to 65535",
        example: "587",
        ..KEY
    },
    Key {
        name: "smtp_security",
        about: &["How the way to it is encrypted; none is for a mail server on this machine only."],
        allowed: "starttls, tls or none",
        default: Some("starttls"),
        ..KEY
    },
    Key {
        name: "smtp_username",
        about: &["Name and password, where the mail server wants them: both or neither."],
        allowed: "a name",
        example: "countersign",
        ..KEY
    },
    Key {
        name: "smtp_password",
        about: &["The password of smtp_username."],
        allowed: "a password",
        example: "a password",
        is_secret: true,
        ..KEY
    },
    Key {
        name: "smtp_ca_file",
        about: &[
            "Certificates that are believed beside those of the system, for a mail server of one's own.",
        ],
        allowed: "a path to certificates in PEM",
        example: "mail-ca.pem",
        ..KEY
    },
    Key {
        name: "mail_from",
        about: &["Who our emails are from. With smtp_host it must be there."],
        allowed: "an email address, also with a name: \"Example <no-reply@example.com>\"",
        example: "Example <no-reply@example.com>",
        ..KEY
    },
    Key {
        name: "mail_reply_to",
        about: &["Where answers to them go, if not to mail_from."],
        allowed: "an email address, also with a name",
        example: "Example support <support@example.com>",
        ..KEY
    },
    Key {
        name: "sms_gateway",
        about: &["Who sends our text messages. With none, people are offered an authenticator app only."],
        allowed: "none, twilio or kannel",
        default: Some("none"),
        ..KEY
    },
    Key {
        name: "sms_home_country",
        about: &["Where phone numbers belong that are typed without a +. With a gateway it must be there."],
        allowed: "the two letters of a country, such as \"US\"",
        example: "US",
        ..KEY
    },
    Key {
        name: "sms_countries",
        about: &[
            "The only countries whose numbers are texted; without a list, the home country alone. Each one more is a",
            "place where somebody may earn by having us text it.",
        ],
        allowed: "a list of countries, such as [\"US\", \"CA\"] or \"US, CA\"",
        example: "US, CA",
        ..KEY
    },
    Key {
        name: "sms_hour_max",
        about: &[
            "Texts in an hour whose code nobody entered, all companies together. Beyond that none is sent and the",
            "operator is told.",
        ],
        allowed: "a number from 1 to 1000000",
        default: Some("1000"),
        ..KEY
    },
    Key {
        name: "twilio_account_sid",
        about: &["For sms_gateway = \"twilio\": the account."],
        allowed: "the letters AC and 32 hexadecimal digits",
        example: "AC00000000000000000000000000000000",
        ..KEY
    },
    Key {
        name: "twilio_auth_token",
        about: &["Its auth token, with which Twilio also signs what it reports to us."],
        allowed: "a token",
        example: "a token",
        is_secret: true,
        ..KEY
    },
    Key {
        name: "twilio_api_key",
        about: &["An API key to send with in place of the auth token; with its secret or not at all."],
        allowed: "the name of a key, which begins with SK",
        example: "SK00000000000000000000000000000000",
        ..KEY
    },
    Key {
        name: "twilio_api_secret",
        about: &["The secret of twilio_api_key."],
        allowed: "a secret",
        example: "a secret",
        is_secret: true,
        ..KEY
    },
    Key {
        name: "twilio_from",
        about: &["Who the texts are from: this, or twilio_messaging_service, and never both."],
        allowed: "a number or a name that the account may send from",
        example: "+15125550100",
        ..KEY
    },
    Key {
        name: "twilio_messaging_service",
        about: &["The messaging service that picks a number to send from."],
        allowed: "the name of a service, which begins with MG",
        example: "MG00000000000000000000000000000000",
        ..KEY
    },
    Key {
        name: "twilio_url",
        about: &["Where Twilio is; another address is for a proxy or a test."],
        allowed: "an https:// address, or an http:// address of this machine",
        default: Some("https://api.twilio.com"),
        ..KEY
    },
    Key {
        name: "kannel_url",
        about: &["For sms_gateway = \"kannel\": the gateway's sendsms."],
        allowed: "an https:// address, or an http:// address of this machine",
        example: "http://127.0.0.1:13013/cgi-bin/sendsms",
        ..KEY
    },
    Key {
        name: "kannel_username",
        about: &["Its sendsms-user."],
        allowed: "a name",
        example: "countersign",
        ..KEY
    },
    Key {
        name: "kannel_password",
        about: &["The password of kannel_username."],
        allowed: "a password",
        example: "a password",
        is_secret: true,
        ..KEY
    },
    Key {
        name: "kannel_from",
        about: &["Who the texts are from."],
        allowed: "a number or a name that the gateway may send from",
        example: "+15125550100",
        ..KEY
    },
    Key {
        name: "audit_retention_days",
        about: &[
            "How many days audit events are kept; 0 keeps them for ever. A mark stays in the place of what was",
            "removed, against which `countersign audit verify` checks the rest.",
        ],
        allowed: "a number from 0 to 36500",
        default: Some("0"),
        ..KEY
    },
    Key {
        name: "metrics_listen",
        about: &[
            "Where a Prometheus server reads numbers, at /metrics and over HTTP; nothing is counted without it.",
            "Whoever reaches it sees how many people come and how many are refused: keep it to this machine or a",
            "network of your own.",
        ],
        allowed: "an address and a port other than that of listen",
        example: "127.0.0.1:9090",
        ..KEY
    },
    Key {
        name: "otel_endpoint",
        about: &[
            "An OpenTelemetry collector that is told what each request did, by OTLP over HTTP. Only in a program that",
            "was built with the feature otel.",
        ],
        allowed: "an address of a collector, such as \"http://127.0.0.1:4318\"",
        example: "http://127.0.0.1:4318",
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
