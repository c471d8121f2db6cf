//! Reads a form strictly: one content type, a size limit, every field known, present and given once.
//!
//! ```text
//! content type ─► size and time ─► decode ─► T::read(fields) ─► form token
//!     415          413, 408         400            400             403
//! ```

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, header};
use countersign_core::authenticator::password::Password;
use countersign_core::authenticator::typed_code::TypedCode;
use countersign_core::message::Channel;
use http_body_util::BodyExt;
use zeroize::Zeroizing;

use crate::error::{FormProblem, PageError};
use crate::extract::browser::Browser;
use crate::site::Site;

/// A form whose token fits this browser.
pub(crate) struct Form<T>(pub T);

/// The form of a program, which no page of ours showed: so it brings no token, and any fields.
pub(crate) struct ForeignFields(pub(crate) Vec<(String, String)>);

/// A form of which a stale one is shown again with what was typed, instead of a page that says so.
pub(crate) enum FormOrStale<T> {
    Fresh(T),
    Stale(T),
}

/// The fields of one form.
pub(crate) trait FormFields: Sized {
    /// The page that shows the form, for the way back from a stale one.
    const PAGE: &'static str;

    /// Takes every field by name; one that nobody takes is refused as unknown.
    fn read(fields: &mut Fields) -> Result<Self, FormProblem>;
}

/// Decoded fields in the order sent. They may be secrets, so they leave memory when they leave scope.
pub(crate) struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    fn take(&mut self, name: &str) -> Result<Zeroizing<String>, FormProblem> {
        self.take_if_sent(name).ok_or(FormProblem::MissingField)
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, FormProblem> {
        self.take(name).map(|text| text.to_string())
    }

    pub(crate) fn password(&mut self, name: &str) -> Result<Password, FormProblem> {
        self.take(name).map(|mut typed| Password::new(mem::take(&mut *typed)))
    }

    /// For forms that show the field only where policy asks for the password.
    pub(crate) fn password_if_sent(&mut self, name: &str) -> Password {
        let typed = self.take_if_sent(name).map(|mut typed| mem::take(&mut *typed));
        Password::new(typed.unwrap_or_default())
    }

    pub(crate) fn code(&mut self, name: &str) -> Result<TypedCode, FormProblem> {
        self.take(name).map(|typed| TypedCode::parse(&typed))
    }

    /// By what a code is wanted.
    pub(crate) fn channel(&mut self, name: &str) -> Result<Channel, FormProblem> {
        Channel::parse(&self.take(name)?).ok_or(FormProblem::Malformed)
    }

    /// For forms that show the field only where policy asks for a code.
    pub(crate) fn code_if_sent(&mut self, name: &str) -> TypedCode {
        self.take_if_sent(name).map_or(TypedCode::Missing, |typed| TypedCode::parse(&typed))
    }

    /// For radio buttons, which send nothing until one is chosen.
    pub(crate) fn take_if_sent(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let place = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.remove(place).1)
    }

    /// As plain texts, where a program sent them and nothing in them is anybody's secret.
    pub(crate) fn into_plain(self) -> Vec<(String, String)> {
        self.0.into_iter().map(|(name, value)| (name, value.to_string())).collect()
    }

    pub(crate) fn decode(body: &[u8]) -> Result<Self, FormProblem> {
        let mut fields: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(equals) => (pair.get(..equals), pair.get(equals + 1..)),
                None => (Some(pair), Some(&[][..])),
            };
            let name = decode_text(name.unwrap_or_default())?;
            if fields.iter().any(|(earlier, _)| *earlier == *name) {
                return Err(FormProblem::DuplicateField);
            }
            if fields.len() == FIELDS_MAX {
                return Err(FormProblem::TooManyFields);
            }
            fields.push((name.to_string(), decode_text(value.unwrap_or_default())?));
        }
        Ok(Self(fields))
    }
}

impl<S, T> FromRequest<S> for Form<T>
where
    S: Send + Sync,
    Arc<Site>: FromRef<S>,
    T: FormFields,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        match FormOrStale::from_request(request, state).await? {
            FormOrStale::Fresh(form) => Ok(Self(form)),
            FormOrStale::Stale(_) => Err(PageError::StaleForm(T::PAGE)),
        }
    }
}

impl<S, T> FromRequest<S> for FormOrStale<T>
where
    S: Send + Sync,
    Arc<Site>: FromRef<S>,
    T: FormFields,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        if !is_form(request.headers()) {
            return Err(PageError::NotAForm);
        }
        let (mut parts, body) = request.into_parts();
        let browser = Browser::from_request_parts(&mut parts, state).await?;
        let body = read_body(body).await?;
        let mut fields = Fields::decode(&body).map_err(PageError::BadForm)?;
        let site = Arc::<Site>::from_ref(state);
        let token = fields.take_if_sent(TOKEN_FIELD).unwrap_or_default();
        let form = T::read(&mut fields).map_err(PageError::BadForm)?;
        if !fields.0.is_empty() {
            return Err(PageError::BadForm(FormProblem::UnknownField));
        }
        let is_fresh = browser.owns_form_token(&site.form_tokens, &token);
        Ok(if is_fresh { Self::Fresh(form) } else { Self::Stale(form) })
    }
}

impl<S: Sync> FromRequest<S> for ForeignFields {
    type Rejection = PageError;

    async fn from_request(request: Request, _: &S) -> Result<Self, PageError> {
        if !is_form(request.headers()) {
            return Err(PageError::NotAForm);
        }
        let body = read_body(request.into_body()).await?;
        Ok(Self(Fields::decode(&body).map_err(PageError::BadForm)?.into_plain()))
    }
}

/// Exactly one type and no compression; parameters such as a character set say nothing that decoding does not check.
fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = only.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && !headers.contains_key(header::CONTENT_ENCODING)
}

async fn read_body(body: Body) -> Result<Zeroizing<Vec<u8>>, PageError> {
    tokio::time::timeout(BODY_PATIENCE, collect(body)).await.unwrap_or(Err(PageError::BodyTooSlow))
}

/// What is too much is read on and forgotten: whoever still sends hears no answer (A88). What announces
/// itself as far too much is not read at all, by which hyper closes the connection after the answer.
async fn collect(mut body: Body) -> Result<Zeroizing<Vec<u8>>, PageError> {
    let announced = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if announced.is_some_and(|bytes| bytes > BODY_BYTES_FORGOTTEN) {
        return Err(PageError::BodyTooLarge);
    }
    // All at once, also where no length is announced, so that no copy is left behind by growing.
    let room = announced.unwrap_or(BODY_BYTES_MAX).min(BODY_BYTES_MAX);
    let mut kept = Zeroizing::new(Vec::with_capacity(room));
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_hung_up| PageError::BadForm(FormProblem::Malformed))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen <= BODY_BYTES_MAX {
            kept.extend_from_slice(&data);
        } else if seen > BODY_BYTES_FORGOTTEN {
            break;
        }
    }
    if seen > BODY_BYTES_MAX { Err(PageError::BodyTooLarge) } else { Ok(kept) }
}

/// `+` is a space and `%41` a byte, as browsers write it. A lone `%` or a byte that is no UTF-8 is refused
/// and not repaired: what is counted, compared and stored must be what was sent.
fn decode_text(encoded: &[u8]) -> Result<Zeroizing<String>, FormProblem> {
    // Never longer than what was sent, so no copy is left behind by growing.
    let mut decoded = Zeroizing::new(Vec::with_capacity(encoded.len()));
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next())? << 4 | hex_digit(rest.next())?,
            plain => *plain,
        });
    }
    let text = str::from_utf8(&decoded).map_err(|_| FormProblem::Malformed)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn hex_digit(byte: Option<&u8>) -> Result<u8, FormProblem> {
    let digit = byte.and_then(|byte| char::from(*byte).to_digit(16));
    digit.and_then(|digit| u8::try_from(digit).ok()).ok_or(FormProblem::Malformed)
}

/// The name of the hidden field with the form token.
pub(crate) const TOKEN_FIELD: &str = "form_token";

/// P12; our largest form stays below 4 KiB.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// More than a slip of the finger can send; beyond it, or after `BODY_PATIENCE`, the connection is closed.
const BODY_BYTES_FORGOTTEN: usize = 16 * 1024 * 1024;
/// Sixty-four KiB in ten seconds is slower than any phone.
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// More than any form has, few enough that looking for duplicates costs nothing.
const FIELDS_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::Bytes;
    use hyper::body::{Frame, SizeHint};

    use super::*;

    #[test]
    fn fields_are_decoded_as_browsers_encode_them() {
        let mut fields = Fields::decode(b"email=ann%40example.com&password=a+b%2Bc%C3%A9&empty=").unwrap();
        assert_eq!(fields.take("password").unwrap().as_str(), "a b+cé");
        assert_eq!(fields.take("email").unwrap().as_str(), "ann@example.com");
        assert_eq!(fields.take("empty").unwrap().as_str(), "");
        assert!(fields.0.is_empty());
    }

    #[test]
    fn a_field_given_twice_is_refused_however_it_is_spelled() {
        assert_eq!(problem(b"code=1&code=2"), FormProblem::DuplicateField);
        assert_eq!(problem(b"code=1&%63ode=2"), FormProblem::DuplicateField);
    }

    #[test]
    fn broken_percent_signs_and_broken_utf8_are_refused() {
        for body in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%+1", b"a=%ff", b"%C3=1", b"a=\xff"] {
            assert_eq!(problem(body), FormProblem::Malformed, "{body:?}");
        }
    }

    #[test]
    fn forty_fields_pass_and_forty_one_are_refused() {
        let body = |count: usize| (0..count).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&");
        assert!(Fields::decode(body(40).as_bytes()).is_ok());
        assert_eq!(problem(body(41).as_bytes()), FormProblem::TooManyFields);
    }

    #[test]
    fn a_field_that_was_not_sent_is_missing() {
        let mut fields = Fields::decode(b"").unwrap();
        assert_eq!(fields.take("email").err(), Some(FormProblem::MissingField));
    }

    #[tokio::test]
    async fn a_body_that_announces_more_than_16_mib_is_refused_unread() {
        let body = Body::new(Announced(16 * 1024 * 1024 + 1));
        assert_eq!(collect(body).await.err(), Some(PageError::BodyTooLarge));
    }

    #[tokio::test]
    async fn a_body_of_no_announced_length_is_kept_in_one_place() {
        let kept = collect(Body::new(Unannounced(3))).await.unwrap();
        assert_eq!((kept.as_slice(), kept.capacity()), (&b"a=a=a="[..], BODY_BYTES_MAX));
    }

    /// A body that must not be read.
    struct Announced(u64);

    impl HttpBody for Announced {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            panic!("it was read");
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0)
        }
    }

    /// A body of so many frames that come without a length, as chunks do.
    struct Unannounced(u8);

    impl HttpBody for Unannounced {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
            self.0 = left;
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"a=")))))
        }
    }

    fn problem(body: &[u8]) -> FormProblem {
        Fields::decode(body).err().unwrap()
    }
}
