//! What lies on the disk: the keys, the database's file, the file of places.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

use countersign_core::keys::KeyRing;
use countersign_delivery::place::Places;

use super::Finding;
use crate::config::{Config, DatabaseAddress, key_file};

/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;
/// Those of them that let others put a file of their own in the place of ours.
const OTHERS_WRITE: u32 = 0o022;

/// The keys themselves as well, for what is tried with them.
pub(super) fn keys(config: &Config) -> (Option<KeyRing>, Finding) {
    let path = config.keys_file.display();
    match key_file::read(&config.keys_file) {
        Ok(keys) => (Some(keys), Finding::ok("keys", format!("read {path}, which only its owner can read"))),
        Err(error) => {
            (None, Finding::fail("keys", error.to_string(), "Without its keys a server does not start"))
        }
    }
}

/// A SQLite file holds everything: whoever else can read it needs only the keys. PostgreSQL looks after its own.
pub(super) fn data(config: &Config) -> Option<Finding> {
    let DatabaseAddress::Sqlite(file) = &config.database else { return None };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (shown, shown_folder) = (file.display(), folder.display());
    let rights = match rights(file) {
        Ok(rights) => rights,
        Err(cause) => {
            let advice = "Make it by `countersign migrate`, or name the right file as database";
            return Some(Finding::fail("data", format!("{shown} cannot be looked at: {cause}"), advice));
        }
    };
    if rights & OTHERS != 0 {
        let tried = format!("{shown} can be read or written by others");
        return Some(Finding::fail("data", tried, format!("Run: chmod 600 {shown}*")));
    }
    if self::rights(folder).is_ok_and(|rights| rights & OTHERS_WRITE != 0) {
        let tried = format!("others can write into {shown_folder}, where the database lies");
        return Some(Finding::fail("data", tried, format!("Run: chmod go-w {shown_folder}")));
    }
    Some(Finding::ok("data", format!("only their owner can read {shown} and change {shown_folder}")))
}

pub(super) fn places(config: &Config) -> Finding {
    let Some(path) = &config.location_file else {
        return Finding::ok("places", "no location_file: messages name the network address");
    };
    match Places::open(path) {
        Ok(_) => Finding::ok("places", format!("opened {}", path.display())),
        Err(error) => {
            let advice = "Bring the file back or take location_file out: a server does not start with it";
            Finding::fail("places", error.to_string(), advice)
        }
    }
}

pub(super) fn rights(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode())
}
