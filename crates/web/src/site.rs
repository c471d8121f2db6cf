//! What every page needs to know about this installation: its address, its words, its name and whom to ask.

use countersign_core::texts::Texts;
use countersign_core::timestamp::Timestamp;
use countersign_service::Service;
use url::{Host, Position, Url};

use crate::demo::Inbox;
use crate::error::PageError;
use crate::extract::form_token::FormTokens;
use crate::texts;
use crate::trusted_proxies::TrustedProxies;

/// What the operator decides about the pages.
pub struct Settings {
    pub address: PublicAddress,
    /// The name above every page: the product that people sign in to.
    pub product_name: String,
    /// Where a person turns who can get no further alone (CR-31): an address, a number or a short sentence.
    pub support: Option<String>,
    pub trusted_proxies: TrustedProxies,
    /// The messages of the demo; a real server has none to show.
    pub inbox: Option<Inbox>,
}

/// Made once at start and shared by all requests.
pub(crate) struct Site {
    pub(crate) address: PublicAddress,
    pub(crate) texts: Texts,
    pub(crate) form_tokens: FormTokens,
    pub(crate) brand: String,
    pub(crate) support: Option<String>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) sources: Sources,
}

/// Time and randomness as service hands them out; tests hand out their own.
pub(crate) struct Sources {
    pub(crate) now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) random: Box<dyn Fn() -> Result<[u8; 32], PageError> + Send + Sync>,
}

impl Site {
    pub(crate) fn new(settings: Settings, service: &Service) -> Self {
        let (clock, dice) = (service.clone(), service.clone());
        let sources =
            Sources { now: Box::new(move || clock.now()), random: Box::new(move || Ok(dice.random()?)) };
        Self {
            address: settings.address,
            texts: texts::english(settings.support.is_some()),
            form_tokens: FormTokens::new(service.form_tokens().clone()),
            brand: settings.product_name,
            support: settings.support,
            trusted_proxies: settings.trusted_proxies,
            sources,
        }
    }
}

/// The one address under which people reach this server (`public_url`), parsed once.
pub struct PublicAddress {
    origin: String,
    host: String,
    is_https: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum AddressProblem {
    NotAnAddress,
    NeitherHttpNorHttps,
    /// Without TLS cookies and passwords could be read on the way; only this machine is near enough.
    PlainHttpAcrossTheNetwork,
    /// Cookies with the `__Host-` prefix belong to a whole host; a path of its own would promise a border that is none.
    HasPathOrMore,
}

impl PublicAddress {
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let url = Url::parse(text).map_err(|_| AddressProblem::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressProblem::NeitherHttpNorHttps);
        }
        if url.scheme() == "http" && !is_this_machine(&url) {
            return Err(AddressProblem::PlainHttpAcrossTheNetwork);
        }
        let has_person = !url.username().is_empty() || url.password().is_some();
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || has_person {
            return Err(AddressProblem::HasPathOrMore);
        }
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            host: url[Position::BeforeHost..Position::AfterPort].to_owned(),
            is_https: url.scheme() == "https",
        })
    }

    /// As browsers send it in `Origin`: scheme, host, and the port where it is not the usual one.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// As browsers send it in `Host`.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn is_https(&self) -> bool {
        self.is_https
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What tests show their pages with.
#[cfg(test)]
pub(crate) fn sample() -> Site {
    use countersign_core::keys::Keyed;

    Site {
        address: PublicAddress::parse("https://signin.trackwell.example").unwrap(),
        texts: texts::english(true),
        form_tokens: FormTokens::new(Keyed::new(&[1; 32])),
        brand: "Trackwell".to_owned(),
        support: Some("support@trackwell.example".to_owned()),
        trusted_proxies: TrustedProxies::default(),
        sources: Sources {
            now: Box::new(|| Timestamp::from_millis(1_795_342_500_000)),
            random: Box::new(|| Ok(count())),
        },
    }
}

/// Every value differs from those before, as random ones do.
#[cfg(test)]
fn count() -> [u8; 32] {
    use std::sync::atomic::{AtomicU8, Ordering};
    static DRAWN: AtomicU8 = AtomicU8::new(0);
    [DRAWN.fetch_add(1, Ordering::Relaxed); 32]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_port_is_left_out_and_another_one_kept() {
        let usual = PublicAddress::parse("https://signin.example:443").unwrap();
        assert_eq!((usual.origin(), usual.host()), ("https://signin.example", "signin.example"));
        let other = PublicAddress::parse("http://localhost:8080/").unwrap();
        assert_eq!((other.origin(), other.host()), ("http://localhost:8080", "localhost:8080"));
    }

    #[test]
    fn an_address_with_a_path_a_person_or_another_scheme_is_refused() {
        let refused = |text| PublicAddress::parse(text).err().unwrap();
        assert_eq!(refused("https://a.example/sign"), AddressProblem::HasPathOrMore);
        assert_eq!(refused("https://me@a.example"), AddressProblem::HasPathOrMore);
        assert_eq!(refused("ftp://a.example"), AddressProblem::NeitherHttpNorHttps);
        assert_eq!(refused("a.example"), AddressProblem::NotAnAddress);
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        let refused = PublicAddress::parse("http://signin.example").err();
        assert_eq!(refused, Some(AddressProblem::PlainHttpAcrossTheNetwork));
        for near in ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:80", "http://demo.localhost"]
        {
            assert!(PublicAddress::parse(near).is_ok(), "{near}");
        }
    }
}
