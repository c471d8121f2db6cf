//! Python and npm packages: each set in a folder of its own under `target/parts`, from a committed list.
//!
//! ```text
//!   testdata/parts/requirements.txt ─────────▶ target/parts/python   a virtual environment
//!   testdata/parts/package{,-lock}.json ─────▶ target/parts/node     a folder with node_modules
//! ```
//!
//! Each folder keeps the text of its lists: a list that changed makes the folder anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::shell;

/// The packages of one language.
#[derive(Clone, Copy)]
pub(crate) struct Packages {
    folder: &'static str,
    lists: &'static [&'static str],
    /// What must be in the folder, else it is of no use.
    witness: &'static str,
    fill: fn(&Path) -> Outcome,
}

pub(super) const PYTHON: Packages = Packages {
    folder: "python",
    lists: &["requirements.txt"],
    witness: "bin/python",
    fill: fill_python_folder,
};

pub(super) const NODE: Packages = Packages {
    folder: "node",
    lists: &["package.json", "package-lock.json"],
    witness: "node_modules/.bin/prism",
    fill: fill_node_folder,
};

/// Where the tests, which run in other folders, find the packages.
pub(crate) fn folder() -> Outcome<PathBuf> {
    let folder = Path::new(FOLDER);
    folder.canonicalize().map_err(|fault| format!("cannot find {}: {fault}", folder.display()))
}

impl Packages {
    pub(super) fn are_there(&self) -> bool {
        let installed = fs::read_to_string(self.note()).ok();
        installed.is_some() && installed == self.listed().ok() && self.path().join(self.witness).exists()
    }

    pub(super) fn install(&self) -> Outcome {
        let folder = self.path();
        println!("installing in {}: what {} lists", folder.display(), self.in_words());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|fault| in_the_way(&folder, &fault))?;
        }
        fs::create_dir_all(&folder).map_err(|fault| in_the_way(&folder, &fault))?;
        (self.fill)(&folder)?;
        // Last, so that a folder that was left half filled is made anew.
        fs::write(self.note(), self.listed()?).map_err(|fault| in_the_way(&self.note(), &fault))
    }

    pub(super) fn in_words(&self) -> String {
        self.lists.iter().map(|list| format!("{LISTS}/{list}")).collect::<Vec<_>>().join(" and ")
    }

    fn path(&self) -> PathBuf {
        Path::new(FOLDER).join(self.folder)
    }

    fn note(&self) -> PathBuf {
        self.path().join("installed")
    }

    fn listed(&self) -> Outcome<String> {
        self.lists.iter().map(|list| read(&format!("{LISTS}/{list}"))).collect()
    }
}

fn fill_python_folder(folder: &Path) -> Outcome {
    shell::output(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    shell::output(pip.arg(format!("{LISTS}/requirements.txt")))?;
    Ok(())
}

fn fill_node_folder(folder: &Path) -> Outcome {
    for list in NODE.lists {
        let copied = fs::copy(format!("{LISTS}/{list}"), folder.join(list));
        copied.map_err(|fault| in_the_way(&folder.join(list), &fault))?;
    }
    // None of these packages needs a script of its own to run here.
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]);
    shell::output(npm.current_dir(folder))?;
    Ok(())
}

fn read(path: &str) -> Outcome<String> {
    fs::read_to_string(path).map_err(|fault| format!("cannot read {path}: {fault}"))
}

fn in_the_way(path: &Path, fault: &std::io::Error) -> String {
    format!("cannot make {} anew: {fault}", path.display())
}

const FOLDER: &str = "target/parts";

/// What is wanted is committed here.
const LISTS: &str = "testdata/parts";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_lists_name_every_package_by_its_version() {
        let requirements = include_str!("../../../testdata/parts/requirements.txt");
        let packages = requirements.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for package in packages {
            assert!(package.contains("=="), "{package}");
        }
    }

    #[test]
    fn the_committed_lock_file_names_no_other_registry_than_npms_own() {
        let lock = include_str!("../../../testdata/parts/package-lock.json");
        for line in lock.lines().filter(|line| line.contains("\"resolved\"")) {
            assert!(line.contains("\"https://registry.npmjs.org/"), "{line}");
        }
        assert!(lock.contains("\"integrity\""), "what comes is checked against the lock file");
    }

    #[test]
    fn packages_without_a_folder_are_not_there() {
        let never = Packages { folder: "unicorn", ..PYTHON };
        assert!(!never.are_there());
    }
}
