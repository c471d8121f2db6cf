//! The real parts that tests and measurements run against: finds which are missing, and installs them where allowed.

mod debian;
mod packages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::shell;

use packages::{NODE, PYTHON, Packages};

pub(crate) use packages::folder;

/// Something the tests cannot do without.
pub(crate) struct Part {
    name: &'static str,
    is_there: fn() -> bool,
    source: Source,
}

#[derive(Clone, Copy)]
enum Source {
    DebianPackage(&'static str),
    CargoPackage(&'static str),
    Packages(Packages),
}

/// The test runner: needed even where only SQLite is tested.
pub(crate) const RUNNER: &[Part] = &[Part {
    name: "cargo-nextest, the test runner",
    is_there: || shell::output(&mut shell::cargo(["nextest", "--version"])).is_ok(),
    source: Source::CargoPackage("cargo-nextest"),
}];

/// What the tests of real parts start or look at.
pub(crate) const REAL: &[Part] = &[
    Part {
        name: "PostgreSQL server",
        is_there: || postgres_folder().is_some(),
        source: Source::DebianPackage("postgresql"),
    },
    Part {
        name: "pg_basebackup, which makes a standby",
        is_there: || has_postgres_program("pg_basebackup"),
        source: Source::DebianPackage("postgresql-client"),
    },
    Part {
        name: "PgBouncer, a pooler",
        is_there: || is_file("/usr/sbin/pgbouncer"),
        source: Source::DebianPackage("pgbouncer"),
    },
    Part {
        name: "libfaketime, a clock that tests set",
        is_there: || is_file("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"),
        source: Source::DebianPackage("faketime"),
    },
    Part {
        name: "Chromium",
        is_there: || shell::find("chromium").is_some(),
        source: Source::DebianPackage("chromium"),
    },
    Part {
        name: "ChromeDriver",
        is_there: || shell::find("chromedriver").is_some(),
        source: Source::DebianPackage("chromium-driver"),
    },
    Part {
        name: "oathtool, an authenticator",
        is_there: || shell::find("oathtool").is_some(),
        source: Source::DebianPackage("oathtool"),
    },
    Part {
        name: "zbarimg, a reader of QR codes",
        is_there: || shell::find("zbarimg").is_some(),
        source: Source::DebianPackage("zbar-tools"),
    },
    Part {
        name: "Kannel, an SMS gateway",
        is_there: || is_file("/usr/sbin/bearerbox") && is_file("/usr/sbin/smsbox"),
        source: Source::DebianPackage("kannel"),
    },
    Part {
        name: "fakesmsc, a phone network for Kannel",
        is_there: || is_file("/usr/lib/kannel/test/fakesmsc"),
        source: Source::DebianPackage("kannel-extras"),
    },
    Part {
        name: "Postfix, a mail server",
        is_there: || is_file("/usr/lib/postfix/sbin/master"),
        source: Source::DebianPackage("postfix"),
    },
    Part {
        name: "Dovecot, where Postfix's mails are read",
        is_there: || is_file("/usr/sbin/dovecot") && is_file("/usr/lib/dovecot/imap"),
        source: Source::DebianPackage("dovecot-imapd"),
    },
    Part {
        name: "openssl, for certificates",
        is_there: || shell::find("openssl").is_some(),
        source: Source::DebianPackage("openssl"),
    },
    Part {
        name: "nginx, a proxy",
        is_there: || is_file("/usr/sbin/nginx"),
        source: Source::DebianPackage("nginx-light"),
    },
    Part {
        name: "systemd-analyze, which reads the unit",
        is_there: || shell::find("systemd-analyze").is_some(),
        source: Source::DebianPackage("systemd"),
    },
    Part {
        name: "Python with virtual environments",
        is_there: || shell::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok(),
        source: Source::DebianPackage("python3-venv"),
    },
    Part {
        name: "npm with Node.js",
        is_there: || shell::find("npm").is_some(),
        source: Source::DebianPackage("npm"),
    },
    Part {
        name: "Python packages: mail server, Twilio's client, authenticator",
        is_there: || PYTHON.are_there(),
        source: Source::Packages(PYTHON),
    },
    Part {
        name: "npm packages: Twilio's API from its description, authenticators",
        is_there: || NODE.are_there(),
        source: Source::Packages(NODE),
    },
    // Without fonts Chromium draws boxes, and a screenshot proves nothing.
    Part {
        name: "DejaVu fonts",
        is_there: || has_font("DejaVuSans.ttf"),
        source: Source::DebianPackage("fonts-dejavu-core"),
    },
    Part {
        name: "Noto fonts",
        is_there: || has_font("NotoSans-Regular.ttf"),
        source: Source::DebianPackage("fonts-noto-core"),
    },
];

/// What `bench` measures with.
pub(crate) const BENCH: &[Part] = &[
    Part {
        name: "PostgreSQL server with pgbench",
        is_there: || postgres_folder().is_some() && shell::find("pgbench").is_some(),
        source: Source::DebianPackage("postgresql"),
    },
    Part {
        name: "wrk, a load generator for HTTP",
        is_there: || shell::find("wrk").is_some(),
        source: Source::DebianPackage("wrk"),
    },
];

/// What `fuzz` runs the targets with.
pub(crate) const FUZZ: &[Part] = &[Part {
    name: "cargo-fuzz, which drives libFuzzer",
    is_there: || shell::output(&mut shell::cargo(["fuzz", "--version"])).is_ok(),
    source: Source::CargoPackage("cargo-fuzz"),
}];

/// Installs what is missing, or only names it.
pub(crate) fn provide(wanted: &[&Part], no_install: bool) -> Outcome {
    if no_install { require(wanted) } else { install(wanted) }
}

/// Fails with the names of the missing parts.
pub(crate) fn require(wanted: &[&Part]) -> Outcome {
    let missing = missing(wanted);
    if missing.is_empty() { Ok(()) } else { Err(complaint(&missing)) }
}

/// Installs what is missing, saying so first, then looks again.
fn install(wanted: &[&Part]) -> Outcome {
    let missing = missing(wanted);
    // First and all at once: what follows may need them.
    let debian_packages: Vec<_> = missing.iter().filter_map(|part| part.source.debian_package()).collect();
    if !debian_packages.is_empty() {
        debian::install(&debian_packages)?;
    }
    for part in missing {
        match part.source {
            Source::DebianPackage(_) => {}
            Source::CargoPackage(package) => {
                println!("installing with Cargo, which takes some minutes: {package}");
                shell::run(&mut shell::cargo(["install", "--locked", package]))?;
            }
            Source::Packages(packages) => packages.install()?,
        }
    }
    require(wanted)
}

/// The folder with PostgreSQL's server programs, the newest version first. Debian keeps them off the search path.
pub(crate) fn postgres_folder() -> Option<PathBuf> {
    let on_path = shell::find("initdb").and_then(|program| program.parent().map(Path::to_path_buf));
    let mut folders: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    folders.sort();
    let packaged = folders.into_iter().rev().map(|(_version, folder)| folder);
    on_path
        .into_iter()
        .chain(packaged)
        .find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file()))
}

/// Debian keeps those that are seldom used by hand off the search path.
fn has_postgres_program(name: &str) -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin").join(name).is_file())
}

impl Source {
    fn debian_package(self) -> Option<&'static str> {
        match self {
            Source::DebianPackage(name) => Some(name),
            Source::CargoPackage(_) | Source::Packages(_) => None,
        }
    }

    fn in_words(self) -> String {
        match self {
            Source::DebianPackage(name) => format!("Debian package {name}"),
            Source::CargoPackage(name) => format!("cargo install --locked {name}"),
            Source::Packages(packages) => packages.in_words(),
        }
    }
}

fn missing<'part>(wanted: &[&'part Part]) -> Vec<&'part Part> {
    wanted.iter().copied().filter(|part| !(part.is_there)()).collect()
}

fn complaint(missing: &[&Part]) -> String {
    let lines: Vec<_> =
        missing.iter().map(|part| format!("  {} ({})", part.name, part.source.in_words())).collect();
    format!("parts are missing here:\n{}", lines.join("\n"))
}

fn is_file(path: &str) -> bool {
    Path::new(path).is_file()
}

fn has_font(file_name: &str) -> bool {
    let mut folders = vec![PathBuf::from("/usr/share/fonts"), PathBuf::from("/usr/local/share/fonts")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name() == file_name {
                return true;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER_THERE: Part =
        Part { name: "a unicorn", is_there: || false, source: Source::DebianPackage("unicorn") };
    const ALWAYS_THERE: Part =
        Part { name: "air", is_there: || true, source: Source::CargoPackage("cargo-air") };

    #[test]
    fn a_missing_part_is_named_with_its_package() {
        let reason = require(&[&ALWAYS_THERE, &NEVER_THERE]).unwrap_err();
        assert!(reason.contains("a unicorn (Debian package unicorn)"), "{reason}");
        assert!(!reason.contains("air"), "{reason}");
    }

    #[test]
    fn nothing_missing_is_no_failure() {
        assert_eq!(install(&[&ALWAYS_THERE]), Ok(()));
    }
}
