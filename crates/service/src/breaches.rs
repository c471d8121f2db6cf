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
/// Lines looked at before a file is trusted: seven hundred reads are done in a few milliseconds.
const SAMPLES: u64 = 700;
/// The longest line that is a line of such a file: digest, colon, a 64-bit count, CR and LF.
const LINE_BYTES_MAX: usize = 64;

impl BreachFile {
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let file = File::open(path).map_err(Fault::Breaches)?;
        let bytes = file.metadata().map_err(Fault::Breaches)?.len();
        let opened = Self { file: Arc::new(file), bytes };
        opened.check_order().map_err(Fault::Breaches)?;
        Ok(opened)
    }

    /// Whether the password is in the file. Reads from disk: not for an async thread.
    pub fn contains(&self, password: &Password) -> Result<bool, Fault> {
        let wanted = digest_of(password);
        self.search(&wanted).map_err(Fault::Breaches)
    }

    /// Samples lines all over the file: another kind of file, or one that is not sorted, would list nothing.
    fn check_order(&self) -> io::Result<()> {
        let mut before = None;
        for sample in 0..SAMPLES.min(self.bytes) {
            let position = self.bytes / SAMPLES.min(self.bytes) * sample;
            let (digest, _) = self.line_from(self.line_start(position)?)?;
            if before.is_some_and(|before| before > digest) {
                return Err(unreadable("it is not sorted"));
            }
            before = Some(digest);
        }
        Ok(())
    }

    /// Halves the file until the line that could hold the digest is found.
    fn search(&self, wanted: &[u8; DIGEST_CHARACTERS]) -> io::Result<bool> {
        let (mut low, mut high) = (0, self.bytes);
        while low < high {
            let middle = low + (high - low) / 2;
            let start = self.line_start(middle)?;
            match self.line_from(start)? {
                (digest, _) if digest == *wanted => return Ok(true),
                (digest, next) if digest < *wanted => low = next,
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

    /// The digest of the line at `start` and where the next line begins. A line without a digest is a fault:
    /// to pass over it would be to say that nothing is listed.
    fn line_from(&self, start: u64) -> io::Result<([u8; DIGEST_CHARACTERS], u64)> {
        let mut line = [0; LINE_BYTES_MAX];
        let read = self.file.read_at(&mut line, start)?;
        let line = line.get(..read).unwrap_or(&[]);
        let no_digest = || unreadable("a line of it is no SHA-1 digest in upper-case hexadecimal");
        let (digest, rest) = line.split_first_chunk::<DIGEST_CHARACTERS>().ok_or_else(no_digest)?;
        let is_digest = digest.iter().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte));
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        is_digest.then_some((*digest, start + (DIGEST_CHARACTERS + end) as u64)).ok_or_else(no_digest)
    }
}

fn unreadable(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
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
        let digest = |byte: &str| byte.repeat(DIGEST_CHARACTERS);
        for other in [
            "hunter2\npassword\n".to_owned(),
            format!("{}\n{}\n", digest("B"), digest("A")),
            format!("{}\n{}\n", digest("A"), digest("b")),
        ] {
            let (_kept, refused) = file(&other);
            assert!(matches!(refused, Err(Fault::Breaches(_))), "{other}");
        }
    }
}
