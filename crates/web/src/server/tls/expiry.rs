//! Until when a certificate is good: the one field that rustls checks in other people's and does not tell of ours.
//!
//! ```text
//!   Certificate  SEQUENCE { tbs SEQUENCE { [0] version?, serial, algorithm, issuer, validity, … }, … }
//!   validity     SEQUENCE { notBefore, notAfter }          (RFC 5280 §4.1)
//! ```
//!
//! rustls has read the certificate before: this walks along a shape that is known to be there, and gives up
//! where it is not.

use countersign_core::timestamp::Timestamp;

const SEQUENCE: u8 = 0x30;
/// `[0]`, in which the version stands unless it is the first.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

pub(crate) fn of(certificate: &[u8]) -> Option<Timestamp> {
    let (SEQUENCE, certificate, _) = element(certificate)? else { return None };
    let (SEQUENCE, signed, _) = element(certificate)? else { return None };
    let (tag, _, mut rest) = element(signed)?;
    if tag == VERSION {
        (_, _, rest) = element(rest)?;
    }
    // What was passed is the serial number.
    let (_algorithm, _, rest) = element(rest)?;
    let (_issuer, _, rest) = element(rest)?;
    let (SEQUENCE, validity, _) = element(rest)? else { return None };
    let (_, _, rest) = element(validity)?;
    let (tag, not_after, _) = element(rest)?;
    time(tag, std::str::from_utf8(not_after).ok()?)
}

/// The first element: its tag, what is in it, and what follows it (X.690 §8.1, in the definite form).
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // The number of bytes that the length takes: no file is longer than four can say.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, or with four digits for the year (RFC 5280 §4.1.2.5).
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { year + 2000 } else { year + 1900 }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let digits = rest.strip_suffix('Z')?;
    let part = |at: usize| digits.get(at..at + 2)?.parse::<i8>().ok();
    let moment =
        jiff::civil::DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(moment.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_time_are_read() {
        let read = |tag, text| time(tag, text).map(|at| at.as_millis() / 1000);
        assert_eq!(read(UTC_TIME, "261122140500Z"), Some(1_795_356_300));
        assert_eq!(read(UTC_TIME, "991231235959Z"), Some(946_684_799));
        assert_eq!(read(GENERALIZED_TIME, "20501122140500Z"), Some(2_552_738_700));
        for wrong in ["", "261122140500", "261322140500Z", "26112214050Z", "2611221405é0Z"] {
            assert_eq!(read(UTC_TIME, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_certificate_has_no_end() {
        let whole = validity();
        assert_eq!(of(&whole).map(Timestamp::as_millis), Some(1_795_356_300_000));
        for length in 0..whole.len() {
            assert_eq!(of(&whole[..length]), None, "{length}");
        }
        assert_eq!(of(&[SEQUENCE, 0x80]), None);
        assert_eq!(of(&[SEQUENCE, 0x85, 1, 1, 1, 1, 1]), None);
    }

    /// A certificate up to its validity.
    fn validity() -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
        let times = [wrap(UTC_TIME, b"251122140500Z"), wrap(UTC_TIME, b"261122140500Z")].concat();
        let signed = [
            wrap(VERSION, &wrap(2, &[2])),
            wrap(2, &[7]),
            wrap(SEQUENCE, &[]),
            wrap(SEQUENCE, &[]),
            wrap(SEQUENCE, &times),
        ];
        wrap(SEQUENCE, &wrap(SEQUENCE, &signed.concat()))
    }
}
