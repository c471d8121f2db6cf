//! Mobile numbers that codes are sent to: kept as E.164, shown formatted to their owner and masked elsewhere.

use std::fmt;

use rlibphonenumber::{
    PHONE_NUMBER_UTIL, PhoneNumber as Parsed, PhoneNumberFormat,
    enums::{PhoneNumberType, Region},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A number that can receive text messages, as ITU-T E.164 writes it: `+15125550134`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// A country or territory by its two letters (ISO 3166-1), such as `US`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneNumberError {
    #[error("no number was given")]
    Missing,
    #[error("this is no phone number of that country")]
    Malformed,
    /// Fixed lines, premium rates, freephone, pagers: no text arrives there, or somebody earns by it (A41).
    #[error("text messages do not reach this number")]
    NoMobile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a country is written with two letters, such as US")]
pub struct CountryError;

/// Longer than any way of writing fifteen digits (E.164 §6.1).
const TYPED_BYTES_MAX: usize = 64;
/// What the mask of a number leaves to be read (A38).
const DIGITS_SHOWN: usize = 2;
/// Numbers that differ in the last three digits only are a block: what is sold, and pumped, together (A41).
const DIGITS_WITHIN_BLOCK: usize = 3;

impl Country {
    pub fn parse(typed: &str) -> Result<Self, CountryError> {
        let letters = typed.trim().to_ascii_uppercase();
        let region = letters.parse::<Region>().map_err(|_| CountryError)?;
        let is_known = PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some();
        let is_written_so = letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_known && is_written_so { Ok(Self(letters)) } else { Err(CountryError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A mobile number as people of this country write theirs, which belongs to nobody.
    pub fn example(&self) -> Option<String> {
        let region = self.0.parse::<Region>().ok()?;
        let mobile = PhoneNumberType::Mobile;
        let number = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, mobile).ok()?;
        Some(number.format_as(PhoneNumberFormat::National).to_string())
    }
}

impl PhoneNumber {
    /// Reads a number as people write it. Without a `+` in front it is one of `home`.
    pub fn parse(typed: &str, home: &Country) -> Result<Self, PhoneNumberError> {
        if typed.trim().is_empty() {
            return Err(PhoneNumberError::Missing);
        }
        if typed.len() > TYPED_BYTES_MAX {
            return Err(PhoneNumberError::Malformed);
        }
        let number = PHONE_NUMBER_UTIL.parse(typed, home.0.parse::<Region>().ok());
        let number = number.map_err(|_| PhoneNumberError::Malformed)?;
        if !number.is_valid() || number.extension.is_some() {
            return Err(PhoneNumberError::Malformed);
        }
        match number.get_type() {
            PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => {
                Ok(Self(number.format_as(PhoneNumberFormat::E164).to_string()))
            }
            _ => Err(PhoneNumberError::NoMobile),
        }
    }

    /// Takes a number that was parsed before and read back.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country that the number belongs to; `None` for satellites and the like, which belong to none.
    pub fn country(&self) -> Option<Country> {
        let region = self.parsed()?.get_region_code()?;
        Country::parse(&region.as_region_str()).ok()
    }

    /// As people write it: `+1 512-555-0134`.
    pub fn formatted(&self) -> String {
        self.parsed().map_or_else(
            || self.0.clone(),
            |number| number.format_as(PhoneNumberFormat::International).to_string(),
        )
    }

    /// `•••• 34`: enough to tell one's own phones apart.
    pub fn masked(&self) -> String {
        format!("•••• {}", self.last(DIGITS_SHOWN))
    }

    /// The number without its last three digits.
    pub fn block(&self) -> &str {
        self.0.get(..self.0.len().saturating_sub(DIGITS_WITHIN_BLOCK)).unwrap_or_default()
    }

    fn last(&self, digits: usize) -> &str {
        self.0.get(self.0.len().saturating_sub(digits)..).unwrap_or_default()
    }

    fn parsed(&self) -> Option<Parsed> {
        PHONE_NUMBER_UTIL.parse(&self.0, None).ok()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn home() -> Country {
        Country::parse("us").unwrap()
    }

    #[test]
    fn the_example_of_a_country_is_a_mobile_number_there() {
        for letters in ["US", "DE", "GB", "JP"] {
            let country = Country::parse(letters).unwrap();
            let example = PhoneNumber::parse(&country.example().unwrap(), &country).unwrap();
            assert_eq!(example.country(), Some(country));
        }
    }

    #[test]
    fn one_number_however_it_is_written() {
        for typed in [
            "512 555 0134",
            "(512) 555-0134",
            "+1 512 555 0134",
            "1-512-555-0134",
            "tel:+1-512-555-0134",
            "＋１５１２５５５０１３４",
        ] {
            let number = PhoneNumber::parse(typed, &home()).unwrap();
            assert_eq!(number.as_str(), "+15125550134", "{typed}");
        }
    }

    #[test]
    fn a_number_is_shown_formatted_to_its_owner_and_masked_elsewhere() {
        let number = PhoneNumber::parse("5125550134", &home()).unwrap();
        assert_eq!(number.formatted(), "+1 512-555-0134");
        assert_eq!(number.masked(), "•••• 34");
        assert_eq!(number.block(), "+15125550");
    }

    #[test]
    fn a_number_belongs_to_a_country() {
        for (typed, country) in
            [("512 555 0134", "US"), ("+1 416 555 0134", "CA"), ("+49 151 12345678", "DE")]
        {
            let number = PhoneNumber::parse(typed, &home()).unwrap();
            assert_eq!(number.country(), Country::parse(country).ok(), "{typed}");
        }
        let satellite = PhoneNumber::parse("+881 6 1234 5678", &home()).unwrap();
        assert_eq!(satellite.country(), None);
    }

    #[test]
    fn what_no_text_message_reaches_is_refused_with_the_reason() {
        for (typed, error) in [
            ("", PhoneNumberError::Missing),
            ("  ", PhoneNumberError::Missing),
            ("12345", PhoneNumberError::Malformed),
            ("ann@example.com", PhoneNumberError::Malformed),
            ("+1 512 555 0134 ext. 5", PhoneNumberError::Malformed),
            ("+1 900 555 0134", PhoneNumberError::NoMobile),
            ("+1 800 555 0134", PhoneNumberError::NoMobile),
            ("+44 20 7183 8750", PhoneNumberError::NoMobile),
        ] {
            assert_eq!(PhoneNumber::parse(typed, &home()), Err(error), "{typed:?}");
        }
    }

    #[test]
    fn a_country_is_two_letters_that_have_telephones() {
        assert_eq!(Country::parse(" de ").unwrap().as_str(), "DE");
        for typed in ["", "D", "ZZ", "001", "Germany", "äö"] {
            assert_eq!(Country::parse(typed), Err(CountryError), "{typed:?}");
        }
    }

    proptest! {
        /// A44: whatever was typed, what is kept is a plus and digits.
        #[test]
        fn atk_44_a_number_is_nothing_but_a_plus_and_digits(typed in "(\\PC|[0-9+() -]|\\r|\\n|\\x00){0,20}") {
            if let Ok(number) = PhoneNumber::parse(&typed, &home()) {
                let digits = number.as_str().strip_prefix('+').unwrap();
                prop_assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
            }
        }
    }
}
