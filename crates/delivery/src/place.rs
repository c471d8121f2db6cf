//! Where a network address is, in words, by a file that the operator supplies.
//!
//! The format is that of `MaxMind` (`.mmdb`), which all suppliers of such files offer. Places are a help for
//! people who read a notice, never a basis for a decision.

use std::{collections::BTreeMap, net::IpAddr, path::Path, sync::Arc};

use maxminddb::Reader;
use serde::Deserialize;

use crate::{SetUpError, render::clean};

/// The file, read into memory once; a clone is another handle to it.
#[derive(Clone)]
pub struct Places(Arc<Reader<Vec<u8>>>);

#[derive(Deserialize)]
struct Record {
    city: Option<Named>,
    country: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    iso_code: Option<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
}

impl Places {
    pub fn open(path: &Path) -> Result<Self, SetUpError> {
        let reader = Reader::open_readfile(path)
            .map_err(|fault| SetUpError(format!("the location file {}: {fault}", path.display())))?;
        Ok(Self(Arc::new(reader)))
    }

    /// `Austin, US`, or `United States` where the file knows no city.
    pub fn words(&self, address: IpAddr) -> Option<String> {
        let record: Record = self.0.lookup(address).ok()?.decode().ok()??;
        let city = record.city.as_ref().and_then(Named::english);
        let country = record.country.as_ref();
        let words = match (city, country) {
            (Some(city), Some(Named { iso_code: Some(code), .. })) => format!("{city}, {code}"),
            (Some(city), _) => city.to_owned(),
            (None, Some(country)) => country.english().or(country.iso_code.as_deref())?.to_owned(),
            (None, None) => return None,
        };
        let words = clean(&words);
        (!words.is_empty()).then_some(words)
    }
}

impl Named {
    fn english(&self) -> Option<&str> {
        self.names.get("en").map(String::as_str).filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/places.mmdb");

    #[test]
    fn an_address_is_named_as_far_as_the_file_knows_it() {
        let places = Places::open(Path::new(FILE)).unwrap();
        for (address, expected) in [
            ("203.0.113.7", Some("Austin, US")),
            ("2001:db8::7", Some("Malmö, SE")),
            ("198.51.100.7", Some("Germany")),
            ("192.0.2.7", Some("FR")),
            ("127.0.0.1", None),
            ("::1", None),
        ] {
            assert_eq!(places.words(address.parse().unwrap()).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn a_file_of_another_kind_is_refused_by_name() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let Err(refused) = Places::open(&path) else { panic!("it was opened") };
        assert!(refused.0.contains("Cargo.toml"), "{refused}");
    }
}
