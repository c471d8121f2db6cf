//! Gathers settings as text, from wherever they come, and reads them one by one.

#[cfg(test)]
use std::{cell::RefCell, collections::BTreeSet};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use super::{
    ConfigError,
    keys::{KEYS, Key},
};

const PREFIX: &str = "COUNTERSIGN_";
/// What the tests of this project are told by; no setting.
const TEST_PREFIX: &str = "COUNTERSIGN_TEST_";
const FILE_SUFFIX: &str = "_FILE";

/// Settings as they were written, by name.
pub struct Values {
    found: BTreeMap<&'static str, String>,
    folder: PathBuf,
    #[cfg(test)]
    asked: RefCell<BTreeSet<&'static str>>,
}

impl Values {
    pub fn gather(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
        let mut values = Self {
            found: BTreeMap::new(),
            folder: folder.to_owned(),
            #[cfg(test)]
            asked: RefCell::default(),
        };
        if let Some(path) = file {
            values.read_file(path)?;
        }
        values.read_environment(environment)?;
        Ok(values)
    }

    /// A value that must be there, read as its type.
    pub fn parsed<T: FromStr>(&self, name: &'static str) -> Result<T, ConfigError> {
        self.text(name)?.parse().map_err(|_| self.refused(name))
    }

    /// A text that must not be empty.
    pub fn text(&self, name: &'static str) -> Result<String, ConfigError> {
        let text = self.raw(name).unwrap_or_default();
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(self.refused(name));
        }
        Ok(text)
    }

    pub fn optional(&self, name: &'static str) -> Option<String> {
        self.raw(name).filter(|text| !text.trim().is_empty())
    }

    /// The same, read by `parse`.
    pub fn optional_as<T, E>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        let text = self.optional(name);
        text.map(|text| parse(&text)).transpose().map_err(|_| self.refused(name))
    }

    pub fn number(&self, name: &'static str, range: RangeInclusive<usize>) -> Result<usize, ConfigError> {
        let number = self.parsed(name)?;
        if range.contains(&number) { Ok(number) } else { Err(self.refused(name)) }
    }

    pub fn seconds(&self, name: &'static str, range: RangeInclusive<usize>) -> Result<Duration, ConfigError> {
        let seconds = self.number(name, range)?;
        u64::try_from(seconds).map(Duration::from_secs).map_err(|_| self.refused(name))
    }

    pub fn path(&self, name: &'static str) -> Result<PathBuf, ConfigError> {
        self.text(name).map(|text| self.folder.join(text))
    }

    pub fn optional_path(&self, name: &'static str) -> Option<PathBuf> {
        self.optional(name).map(|text| self.folder.join(text))
    }

    /// The refusal of a value that was found; a secret is not repeated.
    pub fn refused(&self, name: &'static str) -> ConfigError {
        let key = key(name);
        let found = self.raw(name).unwrap_or_default();
        let found = match key {
            Some(key) if key.is_secret => "a secret".to_owned(),
            _ => format!("{found:?}"),
        };
        ConfigError::Value { key: name, found, allowed: key.map_or("", |key| key.allowed) }
    }

    /// Settings as from the environment.
    #[cfg(test)]
    pub(super) fn of(settings: &[(&str, &str)]) -> Self {
        let variable = |name: &str| format!("{PREFIX}{}", name.to_uppercase()).into();
        let environment = settings.iter().map(|(name, value)| (variable(name), (*value).into()));
        Self::gather(None, environment).unwrap()
    }

    /// The names that were asked for so far.
    #[cfg(test)]
    pub fn asked(&self) -> BTreeSet<&'static str> {
        self.asked.borrow().clone()
    }

    fn raw(&self, name: &'static str) -> Option<String> {
        #[cfg(test)]
        self.asked.borrow_mut().insert(name);
        let default = || key(name).and_then(|key| key.default).map(str::to_owned);
        self.found.get(name).cloned().or_else(default)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text =
            read(path, || "name the right one by --config, or make one by `countersign init`".to_owned())?;
        let table: toml::Table = text.parse().map_err(|cause| no_toml(path, &text, &cause))?;
        for (name, value) in table {
            let known = key(&name).ok_or_else(|| ConfigError::Unknown {
                place: path.display().to_string(),
                name: name.clone(),
            })?;
            self.found.insert(known.name, as_text(&value));
        }
        Ok(())
    }

    fn read_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let mut from_files = Vec::new();
        let mut direct = Vec::new();
        for (variable, value) in environment {
            let (Some(variable), value) = (variable.to_str(), value.to_string_lossy().into_owned()) else {
                continue;
            };
            let Some(name) = variable.strip_prefix(PREFIX).filter(|_| !variable.starts_with(TEST_PREFIX))
            else {
                continue;
            };
            let secret = name.strip_suffix(FILE_SUFFIX).and_then(|name| key(&name.to_lowercase()));
            match (key(&name.to_lowercase()), secret.filter(|key| key.is_secret)) {
                (Some(key), _) => direct.push((key.name, value)),
                (None, Some(key)) => {
                    let advice = || format!("name a file that the server may read by {variable}");
                    from_files.push((key.name, read(Path::new(&value), advice)?.trim_end().to_owned()));
                }
                (None, None) => {
                    let place = "the environment".to_owned();
                    return Err(ConfigError::Unknown { place, name: variable.to_owned() });
                }
            }
        }
        if let Some((key, _)) =
            from_files.iter().find(|(name, _)| direct.iter().any(|(other, _)| other == name))
        {
            return Err(ConfigError::Twice { key, variable: format!("{PREFIX}{}", key.to_uppercase()) });
        }
        self.found.extend(direct.into_iter().chain(from_files));
        Ok(())
    }
}

fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// As it would stand in a variable of the environment, where a list has commas.
fn as_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(values) => values.iter().map(as_text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What is wrong and where: the error's own text would print the line, with the password that may stand there.
fn no_toml(path: &Path, text: &str, cause: &toml::de::Error) -> ConfigError {
    let start = cause.span().map_or(0, |span| span.start);
    let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
    ConfigError::NoToml { path: path.to_owned(), line, message: cause.message().to_owned() }
}

fn read(path: &Path, advice: impl FnOnce() -> String) -> Result<String, ConfigError> {
    let unreadable = |cause| ConfigError::Unreadable { path: path.to_owned(), cause, advice: advice() };
    std::fs::read_to_string(path).map_err(unreadable)
}
