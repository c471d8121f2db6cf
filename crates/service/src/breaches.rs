//! Passwords that are known from breaches: a file that the operator supplies, looked up on disk.
//!
//! One line per password, `SHA-1 in upper-case hex`, optionally `:count`, sorted: the format in which
//! breach lists are published. Forty gigabytes of it cost thirty-six reads a look-up and no memory.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path, sync::Arc};

use countersign_core::authenticator::password::Password;
use sha1::{Digest, Sha1};

use crate::Fault;

#[derive(Clone)]
pub struct BreachFile {
    file: Arc<File>,
    bytes: u64,
}

const DIGEST_CHARACTERS: usize = 40;
/// The longest line that is a line of such a file: digest, colon, a 64-bit count, CR and LF.
const LINE_BYTES_MAX: usize = 64;

impl BreachFile {
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let file = File::open(path).map_err(Fault::Breaches)?;
        let bytes = file.metadata().map_err(Fault::Breaches)?.len();
        let opened = Self { file: Arc::new(file), bytes };
        let first = opened.line_from(0).map_err(Fault::Breaches)?;
        if bytes > 0 && first.is_none() {
            let reason = "its first line is no SHA-1 digest in upper-case hexadecimal";
            return Err(Fault::Breaches(io::Error::new(io::ErrorKind::InvalidData, reason)));
        }
        Ok(opened)
    }

    /// Whether the password is in the file. Reads from disk: not for an async thread.
    pub fn contains(&self, password: &Password) -> Result<bool, Fault> {
        let wanted = digest_of(password);
        self.search(&wanted).map_err(Fault::Breaches)
    }

    /// Halves the file until the line that could hold the digest is found.
    fn search(&self, wanted: &[u8; DIGEST_CHARACTERS]) -> io::Result<bool> {
        let (mut low, mut high) = (0, self.bytes);
        while low < high {
            let middle = low + (high - low) / 2;
            let start = self.line_start(middle)?;
            match self.line_from(start)? {
                Some((digest, _)) if digest == *wanted => return Ok(true),
                Some((digest, next)) if digest < *wanted => low = next,
                _ => high = start,
            }
        }
        Ok(false)
    }

    /// Where the line begins that `position` lies in.
    fn line_start(&self, position: u64) -> io::Result<u64> {
        let from = position.saturating_sub(LINE_BYTES_MAX as u64);
        let mut before = [0; LINE_BYTES_MAX];
        let length = usize::try_from(position - from).unwrap_or(LINE_BYTES_MAX);
        let before = before.get_mut(..length).unwrap_or(&mut []);
        self.file.read_exact_at(before, from)?;
        Ok(match before.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => from + at as u64 + 1,
            None => from,
        })
    }

    /// The digest of the line at `start` and where the next line begins; `None` if it holds no digest.
    fn line_from(&self, start: u64) -> io::Result<Option<([u8; DIGEST_CHARACTERS], u64)>> {
        let mut line = [0; LINE_BYTES_MAX];
        let read = self.file.read_at(&mut line, start)?;
        let line = line.get(..read).unwrap_or(&[]);
        let Some((digest, rest)) = line.split_first_chunk::<DIGEST_CHARACTERS>() else {
            return Ok(None);
        };
        let is_digest = digest.iter().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte));
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        Ok(is_digest.then_some((*digest, start + (DIGEST_CHARACTERS + end) as u64)))
    }
}

fn digest_of(password: &Password) -> [u8; DIGEST_CHARACTERS] {
    let digest: [u8; 20] = Sha1::digest(password.expose().as_bytes()).into();
    let mut text = [0; DIGEST_CHARACTERS];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest) {
        for (place, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *place =
                char::from_digit(u32::from(half), 16).map_or(b'0', |digit| digit.to_ascii_uppercase() as u8);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(lines: &str) -> (tempfile::NamedTempFile, Result<BreachFile, Fault>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(lines.as_bytes()).unwrap();
        let opened = BreachFile::open(file.path());
        (file, opened)
    }

    fn sorted(passwords: &[String], line_end: &str) -> String {
        let mut digests: Vec<String> = passwords
            .iter()
            .map(|text| String::from_utf8(digest_of(&Password::new(text.clone())).to_vec()).unwrap())
            .collect();
        digests.sort();
        let lines: Vec<String> = digests.iter().map(|digest| format!("{digest}:7{line_end}")).collect();
        lines.concat()
    }

    #[test]
    fn every_listed_password_is_found_and_no_other() {
        let listed: Vec<String> = (0..500).map(|number| format!("listed-{number}")).collect();
        for line_end in ["\n", "\r\n"] {
            let (_kept, breaches) = file(&sorted(&listed, line_end));
            let breaches = breaches.unwrap();
            for text in &listed {
                assert!(breaches.contains(&Password::new(text.clone())).unwrap(), "{text}");
            }
            for number in 0..500 {
                assert!(!breaches.contains(&Password::new(format!("other-{number}"))).unwrap());
            }
        }
    }

    #[test]
    fn an_empty_file_lists_nothing_and_another_kind_of_file_is_refused() {
        let (_kept, empty) = file("");
        assert!(!empty.unwrap().contains(&Password::new("anything".into())).unwrap());
        let (_kept, other) = file("hunter2\npassword\n");
        assert!(matches!(other, Err(Fault::Breaches(_))));
    }
}
