//! How text messages leave, and where to.

use std::num::NonZeroU32;

use countersign_core::{
    authenticator::phone::Country, secret::Secret, throttle::budget::TextingRules, user::EmailAddress,
};
use countersign_delivery::sms::twilio::Sender;
use url::{Host, Url};

use super::{ConfigError, Values, missing};

pub struct Texts {
    pub gateway: Gateway,
    pub home: Country,
    pub countries: Vec<Country>,
    pub hour_max: u32,
}

pub enum Gateway {
    Twilio(TwilioAccount),
    Kannel(KannelGateway),
    /// Kept in memory for looking at: the demo's way, to which no setting leads.
    Recorded,
}

pub struct TwilioAccount {
    pub url: Url,
    pub account: String,
    pub auth_token: Secret<String>,
    pub api_key: Option<ApiKey>,
    pub sender: Sender,
}

/// What sends in place of the account's own auth token.
pub struct ApiKey {
    pub name: String,
    pub secret: Secret<String>,
}

pub struct KannelGateway {
    pub url: Url,
    pub username: String,
    pub password: Secret<String>,
    pub from: String,
}

const FOR_TWILIO: &str = "sms_gateway is twilio";
const FOR_KANNEL: &str = "sms_gateway is kannel";

impl Texts {
    /// `None` without a gateway: then nobody is texted.
    pub(super) fn from_values(values: &Values) -> Result<Option<Self>, ConfigError> {
        let gateway = match values.text("sms_gateway")?.as_str() {
            "none" => return Ok(None),
            "twilio" => Gateway::Twilio(TwilioAccount::from_values(values)?),
            "kannel" => Gateway::Kannel(KannelGateway::from_values(values)?),
            _ => return Err(values.refused("sms_gateway")),
        };
        Self::by(gateway, values).map(Some)
    }

    /// Texts by this gateway, to the countries of the settings.
    pub fn by(gateway: Gateway, values: &Values) -> Result<Self, ConfigError> {
        let home = values.optional_as("sms_home_country", Country::parse)?;
        let home = home.ok_or_else(|| missing("sms_home_country", "there is a gateway for text messages"))?;
        let named = values.optional_as("sms_countries", countries)?;
        let countries = named.unwrap_or_else(|| vec![home.clone()]);
        let hour_max = values.parsed::<NonZeroU32>("sms_hour_max")?.get();
        Ok(Self { gateway, home, countries, hour_max })
    }

    pub fn rules(&self, alerts_to: Option<EmailAddress>) -> TextingRules {
        let Self { home, countries, hour_max, .. } = self;
        TextingRules { home: home.clone(), countries: countries.clone(), hour_max: *hour_max, alerts_to }
    }
}

impl TwilioAccount {
    fn from_values(values: &Values) -> Result<Self, ConfigError> {
        let needed = |name| values.optional(name).ok_or_else(|| missing(name, FOR_TWILIO));
        Ok(Self {
            url: values
                .optional_as("twilio_url", web_address)?
                .ok_or_else(|| values.refused("twilio_url"))?,
            account: needed("twilio_account_sid")?,
            auth_token: Secret::new(needed("twilio_auth_token")?),
            api_key: api_key(values)?,
            sender: sender(values)?,
        })
    }
}

impl KannelGateway {
    fn from_values(values: &Values) -> Result<Self, ConfigError> {
        let needed = |name| values.optional(name).ok_or_else(|| missing(name, FOR_KANNEL));
        let url = values.optional_as("kannel_url", web_address)?;
        Ok(Self {
            url: url.ok_or_else(|| missing("kannel_url", FOR_KANNEL))?,
            username: needed("kannel_username")?,
            password: Secret::new(needed("kannel_password")?),
            from: needed("kannel_from")?,
        })
    }
}

fn api_key(values: &Values) -> Result<Option<ApiKey>, ConfigError> {
    match (values.optional("twilio_api_key"), values.optional("twilio_api_secret")) {
        (Some(name), Some(secret)) => Ok(Some(ApiKey { name, secret: Secret::new(secret) })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing("twilio_api_secret", "twilio_api_key is set")),
        (None, Some(_)) => Err(missing("twilio_api_key", "twilio_api_secret is set")),
    }
}

fn sender(values: &Values) -> Result<Sender, ConfigError> {
    match (values.optional("twilio_from"), values.optional("twilio_messaging_service")) {
        (Some(from), None) => Ok(Sender::From(from)),
        (None, Some(service)) => Ok(Sender::MessagingService(service)),
        (None, None) => Err(missing("twilio_from", "a text is from a number or a messaging service")),
        (Some(_), Some(_)) => Err(ConfigError::Both("twilio_from", "twilio_messaging_service")),
    }
}

/// A word for each country, however they are separated.
fn countries(text: &str) -> Result<Vec<Country>, NoList> {
    let words = text.split(|character: char| character == ',' || character.is_whitespace());
    let words = words.filter(|word| !word.is_empty());
    let countries = words.map(Country::parse).collect::<Result<Vec<_>, _>>().map_err(|_| NoList)?;
    if countries.is_empty() { Err(NoList) } else { Ok(countries) }
}

struct NoList;

/// Codes and passwords go there: in the clear to this machine only.
fn web_address(text: &str) -> Result<Url, NoWebAddress> {
    let url = Url::parse(text).map_err(|_| NoWebAddress)?;
    let is_here = match url.host().ok_or(NoWebAddress)? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    if is_safe && url.username().is_empty() { Ok(url) } else { Err(NoWebAddress) }
}

struct NoWebAddress;

#[cfg(test)]
mod tests {
    use super::*;

    const TWILIO: &[(&str, &str)] = &[
        ("sms_gateway", "twilio"),
        ("sms_home_country", "US"),
        ("twilio_account_sid", "AC0123456789abcdef0123456789abcdef"),
        ("twilio_auth_token", "canary"),
        ("twilio_from", "+15125550100"),
    ];
    const KANNEL: &[(&str, &str)] = &[
        ("sms_gateway", "kannel"),
        ("sms_home_country", "DE"),
        ("kannel_url", "http://127.0.0.1:13013/cgi-bin/sendsms"),
        ("kannel_username", "countersign"),
        ("kannel_password", "canary"),
        ("kannel_from", "12345"),
    ];

    fn read(settings: &[(&str, &str)]) -> Result<Option<Texts>, String> {
        Texts::from_values(&Values::of(settings)).map_err(|error| error.to_string())
    }

    fn with(settings: &[(&'static str, &'static str)], more: &[(&'static str, &'static str)]) -> Texts {
        read(&[settings, more].concat()).unwrap().unwrap()
    }

    #[test]
    fn without_a_gateway_nothing_else_matters() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("twilio_from", "+15125550100")]).unwrap().is_none());
    }

    #[test]
    fn only_the_home_country_is_texted_unless_others_are_named() {
        let codes = |texts: Texts| texts.countries.iter().map(Country::to_string).collect::<Vec<_>>();
        assert_eq!(codes(with(TWILIO, &[])), ["US"]);
        for list in ["US, CA", "us ca", " US,CA, "] {
            assert_eq!(codes(with(TWILIO, &[("sms_countries", list)])), ["US", "CA"], "{list}");
        }
    }

    #[test]
    fn each_gateway_says_which_of_its_settings_is_missing() {
        for (settings, gateway) in [(TWILIO, "sms_gateway is twilio"), (KANNEL, "sms_gateway is kannel")] {
            assert!(read(settings).is_ok());
            for (left_out, _) in &settings[1..] {
                let others: Vec<_> = settings.iter().filter(|(name, _)| name != left_out).copied().collect();
                let told = read(&others).err().unwrap();
                assert!(told.starts_with(&format!("{left_out} is missing: ")), "{told}");
                assert!(!told.contains("canary"), "{told}");
                let has_reason = told.contains(gateway)
                    || told.contains("a text is from")
                    || told.contains("there is a gateway");
                assert!(has_reason, "{told}");
            }
        }
    }

    #[test]
    fn pairs_are_whole_and_there_is_one_sender() {
        let refusal = |more: &[(&'static str, &'static str)]| read(&[TWILIO, more].concat()).err().unwrap();
        assert!(refusal(&[("twilio_api_key", "SK1")]).starts_with("twilio_api_secret is missing"));
        assert!(refusal(&[("twilio_api_secret", "canary")]).starts_with("twilio_api_key is missing"));
        let both = refusal(&[("twilio_messaging_service", "MG1")]);
        assert_eq!(both, "twilio_from and twilio_messaging_service are both set; set one of them");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_name() {
        for (name, value) in [
            ("sms_gateway", "pigeon"),
            ("sms_home_country", "Texas"),
            ("sms_countries", "US, Texas"),
            ("sms_countries", ","),
            ("sms_hour_max", "0"),
            ("sms_hour_max", "many"),
            ("twilio_url", "api.twilio.com"),
            ("twilio_url", "https://user@api.twilio.com"),
            ("twilio_url", "ftp://127.0.0.1"),
        ] {
            let told = read(&[TWILIO, &[(name, value)]].concat()).err().unwrap();
            assert!(told.starts_with(&format!("{name}: found {value:?}; allowed is")), "{told}");
        }
    }

    #[test]
    fn codes_and_passwords_leave_this_machine_encrypted_only() {
        for safe in
            ["https://gateway.example", "http://127.0.0.1:13013", "http://[::1]/", "http://localhost/"]
        {
            assert!(web_address(safe).is_ok(), "{safe}");
        }
        for unsafe_one in
            ["http://gateway.example", "http://10.0.0.1:13013", "http://localhost.evil.example/"]
        {
            let told = read(&[KANNEL, &[("kannel_url", unsafe_one)]].concat()).err().unwrap();
            assert!(told.starts_with(&format!("kannel_url: found {unsafe_one:?}; allowed is")), "{told}");
        }
    }
}
