//! Whether a report comes from Twilio: HMAC-SHA1 over the address and the sorted fields, keyed with the
//! account's auth token (<https://www.twilio.com/docs/usage/security>).

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign_core::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// `url` is the address as it was told to Twilio, query included; `fields` those of the form. Compares in
/// constant time.
pub fn is_signed(
    url: &str,
    fields: &[(String, String)],
    signature: &str,
    auth_token: &Secret<String>,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let Ok(mut mac) = <Hmac<Sha1> as KeyInit>::new_from_slice(auth_token.expose().as_bytes()) else {
        return false;
    };
    mac.update(url.as_bytes());
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort();
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const SIGNATURE: &str = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";

    fn example() -> Vec<(String, String)> {
        let fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+12349013030"),
            ("Digits", "1234"),
            ("From", "+12349013030"),
            ("To", "+18005551212"),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    fn token(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    /// The example of Twilio's own documentation.
    #[test]
    fn the_published_example_is_signed_in_whatever_order_its_fields_come() {
        let mut fields = example();
        assert!(is_signed(URL, &fields, SIGNATURE, &token("12345")));
        fields.reverse();
        assert!(is_signed(URL, &fields, SIGNATURE, &token("12345")));
    }

    /// A47
    #[test]
    fn whatever_is_altered_is_not_signed() {
        let fields = example();
        let with = |name: &str, value: &str| {
            let mut fields = example();
            fields.push((name.to_owned(), value.to_owned()));
            fields
        };
        assert!(!is_signed(URL, &fields, SIGNATURE, &token("12346")));
        assert!(!is_signed(
            "https://mycompany.com/myapp.php?foo=1&bar=3",
            &fields,
            SIGNATURE,
            &token("12345")
        ));
        assert!(!is_signed(URL, &with("MessageStatus", "delivered"), SIGNATURE, &token("12345")));
        assert!(!is_signed(URL, &fields[1..], SIGNATURE, &token("12345")));
        for odd in ["", "not base64", "0/KCTR6DLpKmkAf8muzZqo1nDg==", "0/KCTR6DLpKmkAf8muzZqo1nDgQ"] {
            assert!(!is_signed(URL, &fields, odd, &token("12345")), "{odd}");
        }
    }
}
