//! The file of root keys: one line each, a number and 32 bytes in base64url; readable by its owner alone.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign_core::{
    keys::{KeyRing, ROOT_KEY_BYTES, RootKey},
    secret::Secret,
};
use thiserror::Error;

use super::new_file;

#[derive(Debug, Error)]
pub enum KeyFileError {
    #[error("the keys file {} cannot be read: {cause}; restore it from its copy, or name the right one as keys_file. It is never made anew by itself, since what the old keys sealed would be lost", path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("the keys file {} can be read by others; run: chmod 400 {}", path.display(), path.display())]
    OpenToOthers { path: PathBuf },
    #[error("the keys file {} is damaged at line {line}: a line is a number, a space and 32 bytes in base64url", path.display())]
    Damaged { path: PathBuf, line: usize },
    #[error("the keys file {} holds no key", path.display())]
    Empty { path: PathBuf },
    #[error("the keys file {} cannot be written: {cause}", path.display())]
    Unwritable { path: PathBuf, cause: std::io::Error },
}

/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;

/// Reads all keys, or says what is wrong; a key is never guessed or replaced.
pub fn read(path: &Path) -> Result<KeyRing, KeyFileError> {
    let unreadable = |cause| KeyFileError::Unreadable { path: path.to_owned(), cause };
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & OTHERS != 0 {
        return Err(KeyFileError::OpenToOthers { path: path.to_owned() });
    }
    let text = Secret::new(fs::read_to_string(path).map_err(unreadable)?);
    let mut roots: Vec<RootKey> = Vec::new();
    for (index, line) in text.expose().lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let root = parse(line).filter(|root| roots.iter().all(|other| other.number != root.number));
        roots.push(root.ok_or_else(|| KeyFileError::Damaged { path: path.to_owned(), line: index + 1 })?);
    }
    KeyRing::new(roots).ok_or_else(|| KeyFileError::Empty { path: path.to_owned() })
}

/// Writes a file with one key; never over one that is there.
pub fn create(path: &Path, key: &Secret<[u8; ROOT_KEY_BYTES]>) -> Result<(), KeyFileError> {
    let encoded = Secret::new(URL_SAFE_NO_PAD.encode(key.expose()));
    let text = Secret::new(format!(
        "# Keys of Countersign: without them nobody can sign in, and whoever has them and the database has\n\
         # everything. Keep a copy, apart from the database's.\n1 {}\n",
        encoded.expose()
    ));
    let unwritable = |cause| KeyFileError::Unwritable { path: path.to_owned(), cause };
    new_file::write(path, 0o400, text.expose()).map_err(unwritable)
}

fn parse(line: &str) -> Option<RootKey> {
    let (number, encoded) = line.split_once(' ')?;
    let decoded = Secret::new(URL_SAFE_NO_PAD.decode(encoded.trim()).ok()?);
    let bytes = decoded.expose().as_slice().try_into().ok()?;
    Some(RootKey { number: number.parse().ok()?, bytes: Secret::new(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.keys");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_that_was_made_reads_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.keys");
        create(&path, &Secret::new([7; 32])).unwrap();
        assert!(read(&path).is_ok());
        assert!(matches!(create(&path, &Secret::new([8; 32])), Err(KeyFileError::Unwritable { .. })));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o400);
    }

    #[test]
    fn a_missing_open_damaged_or_empty_file_is_refused() {
        let key = URL_SAFE_NO_PAD.encode([7; 32]);
        assert!(matches!(read(Path::new("/nowhere/keys")), Err(KeyFileError::Unreadable { .. })));
        let (_folder, open) = written(&format!("1 {key}\n"), 0o644);
        assert!(matches!(read(&open), Err(KeyFileError::OpenToOthers { .. })));
        for damaged in ["1 short", "x", &format!("one {key}"), &format!("1 {key}\n1 {key}")] {
            let (_folder, path) = written(damaged, 0o400);
            assert!(matches!(read(&path), Err(KeyFileError::Damaged { .. })), "{damaged}");
        }
        let (_folder, empty) = written("# nothing\n", 0o400);
        assert!(matches!(read(&empty), Err(KeyFileError::Empty { .. })));
    }
}
