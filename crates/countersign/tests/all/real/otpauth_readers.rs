//! Other people's readers of the address in a QR code: it must mean the same to every app.

use serde::Deserialize;

use super::{
    output_of,
    packages::{node, python},
};

/// What a reader makes of an address.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) issuer: String,
    pub(super) account: String,
    pub(super) algorithm: String,
    pub(super) digits: u32,
    pub(super) period: u32,
    /// What it shows at the time that was asked for.
    pub(super) code: String,
}

/// The readings of pyotp, otpauth and otplib at a time in seconds since 1970: three programs that share no code.
pub(super) fn read(address: &str, time: u64) -> [Reading; 3] {
    let time = time.to_string();
    let by_python = output_of(python("read_otpauth.py").args([address, &time]));
    let by_node = output_of(node("read_otpauth.js").args([address, &time]));
    let lines = by_python.lines().chain(by_node.lines());
    let readings: Vec<Reading> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    readings.try_into().expect("three readers")
}

/// RFC 6238, appendix B: the code at 59 s, of which an app of six digits shows the end.
#[test]
fn three_readers_find_everything_in_an_address_and_show_the_code_of_the_standard() {
    let address = "otpauth://totp/M%C3%BCller%20%26%20Co:ann%2B1%40example.com\
        ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=M%C3%BCller%20%26%20Co&algorithm=SHA1&digits=6&period=30";
    for reading in read(address, 59) {
        let expected = Reading {
            issuer: "Müller & Co".to_owned(),
            account: "ann+1@example.com".to_owned(),
            algorithm: "SHA1".to_owned(),
            digits: 6,
            period: 30,
            code: "287082".to_owned(),
        };
        assert_eq!(reading, expected);
    }
}
