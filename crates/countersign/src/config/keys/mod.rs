//! Every setting: its name, what it is for, what it may be and what it is if nobody says.

mod table;

pub use table::KEYS;

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

/// All names, for the refusal of one that is none.
pub fn names() -> String {
    KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

/// `config.example.toml`: every setting with its default, commented out.
pub fn example() -> String {
    let head = "# Settings of Countersign. Each may also come from the environment, as COUNTERSIGN_ and its name in\n\
                # capitals; secrets also from a file whose path is in COUNTERSIGN_…_FILE. Relative paths begin where\n\
                # this file lies. What is commented out is the default; where there is none, an example.\n";
    std::iter::once(head.to_owned()).chain(KEYS.iter().map(explained)).collect()
}

fn explained(key: &Key) -> String {
    let about = key.about.join("\n# ");
    let value = key.default.unwrap_or(key.example);
    // A number with a sign is somebody's phone.
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_bare = is_number || value.parse::<bool>().is_ok();
    let value = if is_bare { value.to_owned() } else { format!("{value:?}") };
    let no_default = if key.default.is_none() { "; no default" } else { "" };
    format!("\n# {about}\n# Allowed: {}{no_default}\n# {} = {value}\n", key.allowed, key.name)
}

/// `docs/configuration.md`: the same as a page to look things up in.
pub fn reference() -> String {
    let head = "# Settings\n\n\
        Generated from the program (`cargo xtask gen`): do not edit. `config.example.toml` is the same as a file to begin with.\n\n\
        A setting is read from its variable in the environment, else from `countersign.toml`, else it is the default. Secrets may\n\
        also come from a file whose path is in the variable with `_FILE` behind its name. Relative paths begin where the\n\
        configuration file lies. A wrong value is refused at the start, with its name, what was found and what is allowed.\n";
    std::iter::once(head.to_owned()).chain(KEYS.iter().map(section)).collect()
}

fn section(key: &Key) -> String {
    let Key { name, about, allowed, default, is_secret, example } = key;
    let variable = format!("COUNTERSIGN_{}", name.to_uppercase());
    let file = if *is_secret { format!(" or `{variable}_FILE`; never shown") } else { String::new() };
    let value = match default {
        Some(default) => format!("Default: `{default}`"),
        None => format!("No default. Example: `{example}`"),
    };
    format!(
        "\n## `{name}`\n\n{}\n\n- Environment: `{variable}`{file}\n- Allowed: {allowed}\n- {value}\n",
        about.join("\n")
    )
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
