//! Holds the crates' normal dependencies against the architecture.
//!
//! ```text
//!   countersign ─► web ─► service ─► core        core   reaches no runtime, database, network, randomness
//!                           │  └──► store        store  alone names databases
//!                           └─────► delivery     delivery alone names clients of other servers
//!                                                web    alone names HTTP servers
//! ```
//!
//! What a crate *names* comes from `cargo metadata`. What it *reaches* comes from `cargo tree -p CRATE`,
//! since the metadata's graph carries the features that other members switched on in shared packages.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::Outcome;
use crate::shell;

pub(crate) fn run() -> Outcome {
    let manifests = read_manifests()?;
    let mut violations = wrong_edges(&manifests);
    violations.extend(misplaced_names(&manifests));
    for layer in PURE_LAYERS.iter().filter(|layer| manifests.contains_key(**layer)) {
        violations.extend(impure_reach(&read_tree(layer)?));
    }
    if violations.is_empty() { Ok(()) } else { Err(violations.join("\n")) }
}

/// Workspace crate → packages that its manifest names as normal dependencies, on any platform, optional or not.
type Manifests = BTreeMap<String, BTreeSet<String>>;

/// A crate of the workspace, and the others that it may depend on.
struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer { name: "countersign-core", may_use: &[] },
    Layer { name: "countersign-oidc", may_use: &["countersign-core"] },
    Layer { name: "countersign-store", may_use: &["countersign-core"] },
    Layer { name: "countersign-delivery", may_use: &["countersign-core", "countersign-store"] },
    Layer {
        name: "countersign-service",
        may_use: &["countersign-core", "countersign-oidc", "countersign-store", "countersign-delivery"],
    },
    // Not store: every door goes through service.
    Layer {
        name: "countersign-web",
        may_use: &["countersign-core", "countersign-oidc", "countersign-service"],
    },
    Layer {
        name: "countersign",
        may_use: &[
            "countersign-core",
            "countersign-oidc",
            "countersign-store",
            "countersign-delivery",
            "countersign-service",
            "countersign-web",
        ],
    },
    Layer {
        name: "countersign-bench",
        may_use: &["countersign", "countersign-core", "countersign-service", "countersign-store"],
    },
    Layer {
        name: "countersign-fuzz-targets",
        may_use: &[
            "countersign",
            "countersign-core",
            "countersign-delivery",
            "countersign-service",
            "countersign-web",
        ],
    },
    Layer { name: "xtask", may_use: &[] },
];

/// What measures a technology names it: the bare HTTP server and the bare database are its limits.
const MEASURES: &str = "countersign-bench";

/// Layers that decide and never do: the present time and random values are handed to them.
const PURE_LAYERS: &[&str] = &["countersign-core", "countersign-oidc"];

const DATABASES: &[&str] = &[
    "rusqlite",
    "libsqlite3-sys",
    "tokio-postgres",
    "postgres",
    "deadpool",
    "deadpool-postgres",
    "sqlx",
    "diesel",
    "sea-orm",
];

const OUTGOING: &[&str] = &["lettre", "reqwest", "ureq", "rusmpp", "rusmppc", "hickory-resolver"];

const HTTP_SERVERS: &[&str] =
    &["axum", "axum-core", "hyper", "hyper-util", "actix-web", "warp", "rustls", "tokio-rustls"];

const RUNTIMES: &[&str] =
    &["tokio", "async-std", "smol", "async-io", "async-executor", "futures-executor", "mio", "socket2"];

/// `rand_core` and `rand_chacha` are not here: without `getrandom` they only stretch a seed that was handed in.
const RANDOMNESS: &[&str] = &["getrandom", "rand", "fastrand", "oorandom"];

/// `time` is not here: `zxcvbn` asks it for the present year, once, to score years in passwords.
const CLOCKS: &[&str] = &["chrono", "jiff", "quanta", "coarsetime"];

/// Counting is a deed: those who only decide leave it to those who carry out.
const NUMBERS: &[&str] = &["metrics", "metrics-exporter-prometheus"];

/// A technology, and the one layer that may name it.
const OWNERS: &[(&[&str], &str)] = &[
    (DATABASES, "countersign-store"),
    (OUTGOING, "countersign-delivery"),
    (HTTP_SERVERS, "countersign-web"),
];

fn wrong_edges(manifests: &Manifests) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, dependencies) in manifests {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            violations
                .push(format!("{name} is no known layer: give it a place in xtask/src/check_layers.rs"));
            continue;
        };
        let members = dependencies.iter().filter(|dependency| manifests.contains_key(*dependency));
        let wrong = members.filter(|member| !layer.may_use.contains(&member.as_str()));
        violations.extend(wrong.map(|member| format!("{name} must not depend on {member}")));
    }
    violations
}

fn misplaced_names(manifests: &Manifests) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, dependencies) in manifests.iter().filter(|(name, _)| *name != MEASURES) {
        for (technology, owner) in OWNERS.iter().filter(|(_, owner)| owner != name) {
            let misplaced = technology.iter().filter(|package| dependencies.contains(**package));
            violations.extend(misplaced.map(|package| format!("{name} names {package}: only {owner} may")));
        }
    }
    violations
}

/// Finds forbidden packages in the tree of a pure layer, as printed by `cargo tree --prefix depth`: each once, with one
/// way to it.
fn impure_reach(tree: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    let mut reported = BTreeSet::new();
    for line in tree.lines() {
        let Some((depth, package)) = tree_line(line) else {
            continue;
        };
        path.truncate(depth);
        path.push(package);
        let forbidden = [DATABASES, OUTGOING, HTTP_SERVERS, RUNTIMES, RANDOMNESS, CLOCKS, NUMBERS];
        if forbidden.iter().any(|packages| packages.contains(&package)) && reported.insert(package) {
            violations.push(format!("a layer that only decides reaches {package}: {}", path.join(" → ")));
        }
    }
    violations
}

/// `2hmac v0.13.0 (*)` → 2 and `hmac`. No package's name begins with a digit.
fn tree_line(line: &str) -> Option<(usize, &str)> {
    let name_at = line.find(|character: char| !character.is_ascii_digit())?;
    let (depth, rest) = line.split_at_checked(name_at)?;
    Some((depth.parse().ok()?, rest.split(' ').next()?))
}

fn read_manifests() -> Outcome<Manifests> {
    let metadata = MetadataCommand::new().no_deps().exec().map_err(|fault| fault.to_string())?;
    let normal_names = |package: &cargo_metadata::Package| {
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        normal.map(|dependency| dependency.name.clone()).collect()
    };
    Ok(metadata.packages.iter().map(|package| (package.name.to_string(), normal_names(package))).collect())
}

/// Code that runs only inside the compiler (procedural macros) is left out: it decides nothing about people.
fn read_tree(layer: &str) -> Outcome<String> {
    let mut tree = shell::cargo(["tree", "--edges", "normal,no-proc-macro", "--prefix", "depth"]);
    shell::output(tree.args(["--package", layer]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifests(crates: &[(&str, &[&str])]) -> Manifests {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        crates.iter().map(|(name, dependencies)| ((*name).to_owned(), owned(dependencies))).collect()
    }

    #[test]
    fn the_intended_shape_has_no_violation() {
        let intended = manifests(&[
            ("countersign-core", &["hmac", "rand_core"]),
            ("countersign-store", &["countersign-core", "rusqlite", "tokio-postgres", "tokio"]),
            ("countersign-delivery", &["countersign-core", "countersign-store", "lettre"]),
            ("countersign-service", &["countersign-core", "countersign-store", "countersign-delivery"]),
            ("countersign-web", &["countersign-core", "countersign-service", "axum", "hyper"]),
            ("countersign", &["countersign-store", "countersign-web", "clap"]),
            ("xtask", &["clap"]),
        ]);
        assert_eq!(wrong_edges(&intended), Vec::<String>::new());
        assert_eq!(misplaced_names(&intended), Vec::<String>::new());
    }

    #[test]
    fn web_may_not_go_around_service_to_the_store() {
        let planted = manifests(&[("countersign-store", &[]), ("countersign-web", &["countersign-store"])]);
        assert_eq!(wrong_edges(&planted), ["countersign-web must not depend on countersign-store"]);
    }

    #[test]
    fn a_layer_may_not_depend_on_the_one_above() {
        let planted =
            manifests(&[("countersign-core", &["countersign-service"]), ("countersign-service", &[])]);
        assert_eq!(wrong_edges(&planted), ["countersign-core must not depend on countersign-service"]);
    }

    #[test]
    fn a_crate_without_a_place_is_reported() {
        let planted = manifests(&[("countersign-extras", &[])]);
        assert!(wrong_edges(&planted).concat().contains("countersign-extras is no known layer"));
    }

    #[test]
    fn each_technology_has_one_owner() {
        let planted = manifests(&[
            ("countersign-service", &["rusqlite", "reqwest"]),
            ("countersign-store", &["rusqlite"]),
            ("countersign-delivery", &["lettre", "axum"]),
        ]);
        assert_eq!(
            misplaced_names(&planted),
            [
                "countersign-delivery names axum: only countersign-web may",
                "countersign-service names rusqlite: only countersign-store may",
                "countersign-service names reqwest: only countersign-delivery may",
            ]
        );
    }

    #[test]
    fn a_forbidden_package_is_found_at_any_depth_with_the_way_to_it() {
        let tree = "0countersign-core v0.1.0 (/somewhere)\n1hmac v0.13.0\n2digest v0.11.0\n1zxcvbn v3.1.0\n\
                    2time v0.3.0\n1helper v1.0.0\n2getrandom v0.4.0\n1getrandom v0.4.0 (*)\n";
        assert_eq!(
            impure_reach(tree),
            ["a layer that only decides reaches getrandom: countersign-core → helper → getrandom"]
        );
    }

    #[test]
    fn a_tree_without_forbidden_packages_passes() {
        let tree = "0countersign-core v0.1.0\n1rand_chacha v0.10.0\n2rand_core v0.10.0\n1hmac v0.13.0 (*)\n";
        assert_eq!(impure_reach(tree), Vec::<String>::new());
    }
}
