//! A QR code as the path of an inline SVG, so that its secret is in no address and no other request.

use std::fmt::Write;

use fast_qr::{ECL, Module, QRBuilder};

use crate::error::PageError;

/// Dark modules as runs: `M4 4h7v1h-7z` is seven of them.
pub(crate) struct QrCode {
    path: String,
    side: usize,
}

impl QrCode {
    pub(crate) fn of(text: &str) -> Result<Self, PageError> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().map_err(|_too_long| PageError::Fault)?;
        let mut path = String::new();
        for (y, row) in code.data.chunks(code.size).take(code.size).enumerate() {
            push_row(&mut path, row, y + QUIET_MODULES);
        }
        Ok(Self { path, side: code.size + 2 * QUIET_MODULES })
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// In modules, with the quiet zone.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    pub(super) fn pixels(&self) -> usize {
        self.side * PIXELS_PER_MODULE
    }
}

fn push_row(path: &mut String, row: &[Module], y: usize) {
    let mut x = QUIET_MODULES;
    for run in row.chunk_by(|a, b| a.value() == b.value()) {
        let length = run.len();
        if run.first().is_some_and(|module| module.value()) {
            let _infallible = write!(path, "M{x} {y}h{length}v1h-{length}z");
        }
        x += length;
    }
}

/// Scanners need four light modules around the code (ISO/IEC 18004).
const QUIET_MODULES: usize = 4;
/// Large enough for a phone at arm's length.
const PIXELS_PER_MODULE: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finder_pattern_starts_after_the_quiet_zone() {
        let qr = QrCode::of("otpauth://totp/Trackwell:ann%40example.com?secret=ABC").unwrap();
        assert!(qr.path().starts_with("M4 4h7v1h-7z"));
        assert_eq!(qr.pixels(), 4 * qr.side());
    }

    #[test]
    fn a_text_too_long_for_any_code_is_a_fault() {
        assert_eq!(QrCode::of(&"x".repeat(5000)).err(), Some(PageError::Fault));
    }
}
