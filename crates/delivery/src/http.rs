//! The one HTTP client to the outside, guarded: it follows nobody, waits for nobody and swallows nothing big.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign_core::secret::Secret;
use reqwest::{Client, RequestBuilder, header, redirect};
use url::{Url, form_urlencoded};

use crate::{ErrorClass, SendError, SetUpError};

#[derive(Clone)]
pub struct HttpClient(Client);

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// User name and password, as every request to a gateway carries them.
pub struct Login {
    pub user: String,
    pub password: Secret<String>,
}

/// A gateway answers in a quarter of a second; one that needs longer than this to connect is down.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// The whole exchange.
pub(crate) const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// An answer that we read is a few hundred bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

impl HttpClient {
    #[expect(clippy::disallowed_methods, reason = "this is the guarded client that all others must use")]
    pub fn new() -> Result<Self, SetUpError> {
        let guarded = Client::builder()
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the credentials elsewhere.
            .redirect(redirect::Policy::none())
            // Whoever can set the environment must not thereby read codes.
            .no_proxy()
            .connect_timeout(CONNECT_MAX)
            .timeout(EXCHANGE_MAX);
        let client = guarded.build().map_err(|fault| SetUpError(format!("no HTTP client: {fault}")))?;
        Ok(Self(client))
    }

    pub async fn get(&self, url: &Url, query: &[(&str, &str)]) -> Result<Answer, SendError> {
        let mut url = url.clone();
        // Without any, a bare question mark would be appended.
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        exchange(self.0.get(url)).await
    }

    pub async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        login: &Login,
    ) -> Result<Answer, SendError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.0.post(url.clone()).header(header::AUTHORIZATION, login.basic()?);
        exchange(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await
    }
}

impl Login {
    /// RFC 7617.
    fn basic(&self) -> Result<header::HeaderValue, SendError> {
        let credentials = Secret::new(format!("{}:{}", self.user, self.password.expose()));
        let value = format!("Basic {}", STANDARD.encode(credentials.expose()));
        let mut value = header::HeaderValue::from_str(&value).map_err(|_| {
            SendError::new(ErrorClass::Permanent, "http_login", "the login cannot be written")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn exchange(request: RequestBuilder) -> Result<Answer, SendError> {
    let mut response = request.send().await.map_err(|fault| failure(&fault))?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|fault| failure(&fault))? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(SendError::new(ErrorClass::Uncertain, "http_too_long", "the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// Whoever was connected to may have taken what was asked, unless they say no. In words of our own: the
/// library's contain the address, and some gateways want a password in it.
fn failure(fault: &reqwest::Error) -> SendError {
    let (class, code, detail) = if fault.is_connect() {
        let detail = "no connection: is the address right, the server up, its certificate valid?";
        (ErrorClass::Temporary, "http_connect", detail)
    } else if fault.is_timeout() {
        (ErrorClass::Uncertain, "http_timeout", "no answer in time")
    } else {
        (ErrorClass::Uncertain, "http_broken", "the connection broke or the answer does not read")
    };
    SendError::new(class, code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Responder;

    async fn asked(answers: &[String]) -> (Result<Answer, SendError>, Responder) {
        let responder = Responder::start(answers).await;
        let client = HttpClient::new().unwrap();
        let query = [("password", "canary-password"), ("text", "123456 & more")];
        (client.get(&responder.url("/sendsms?fixed=1"), &query).await, responder)
    }

    #[tokio::test]
    async fn values_arrive_as_they_were_sent() {
        let (answer, responder) = asked(&[Responder::answer(202, "0: Accepted")]).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (202, "0: Accepted"));
        let request = responder.requests().remove(0);
        let line = "GET /sendsms?fixed=1&password=canary-password&text=123456+%26+more HTTP/1.1";
        assert!(request.starts_with(line), "{request}");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_nothing_to_follow() {
        let redirect = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_owned();
        let (answer, responder) = asked(&[redirect, Responder::answer(200, "followed")]).await;
        assert_eq!(answer.unwrap().status, 302);
        assert_eq!(responder.requests().len(), 1);
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit_only() {
        let (answer, _) = asked(&[Responder::answer(200, &"x".repeat(BODY_BYTES_MAX))]).await;
        assert_eq!(answer.unwrap().body.len(), BODY_BYTES_MAX);
        let (answer, _) = asked(&[Responder::answer(200, &"x".repeat(BODY_BYTES_MAX + 1))]).await;
        assert_eq!(answer.err().unwrap().code, "http_too_long");
    }

    #[tokio::test]
    async fn no_failure_shows_the_address_in_which_a_password_stands() {
        for answer in ["", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"] {
            let (answer, _) = asked(&[answer.to_owned()]).await;
            let failure = answer.err().unwrap();
            assert_eq!(failure.class, ErrorClass::Uncertain, "{failure}");
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        }
        let nobody: Url = "http://127.0.0.1:1/".parse().unwrap();
        let query = [("password", "canary-password")];
        let failure = HttpClient::new().unwrap().get(&nobody, &query).await.err().unwrap();
        assert_eq!((failure.class, failure.code.as_str()), (ErrorClass::Temporary, "http_connect"));
        assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_given_up() {
        let responder = Responder::held(&[Responder::answer(202, "too late")]).await;
        let url = responder.url("/");
        let asking = tokio::spawn(async move { HttpClient::new().unwrap().get(&url, &[]).await });
        while responder.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        // From here on time passes as soon as nobody has anything to do.
        tokio::time::pause();
        let failure = asking.await.unwrap().err().unwrap();
        assert_eq!((failure.class, failure.code.as_str()), (ErrorClass::Uncertain, "http_timeout"));
    }

    #[tokio::test]
    async fn a_form_carries_its_fields_and_the_login() {
        let responder = Responder::start(&[Responder::answer(201, "{}")]).await;
        let login = Login { user: "AC1".into(), password: Secret::new("token".into()) };
        let form = [("To", "+15550100"), ("Body", "1 & 2\n@a.example #1")];
        let sent =
            HttpClient::new().unwrap().post_form(&responder.url("/Messages.json"), &form, &login).await;
        assert_eq!(sent.unwrap().status, 201);
        let request = responder.requests().remove(0).to_lowercase();
        assert!(request.contains("authorization: basic qumxonrva2vu"), "{request}");
        assert!(request.contains("content-type: application/x-www-form-urlencoded"), "{request}");
        assert!(request.ends_with("to=%2b15550100&body=1+%26+2%0a%40a.example+%231"), "{request}");
    }
}
