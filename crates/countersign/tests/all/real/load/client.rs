//! A browser whose server may be killed or lose its database in the middle of a request, which is then neither done
//! nor not done.

use std::{collections::BTreeMap, net::SocketAddr};

use reqwest::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, RETRY_AFTER, SET_COOKIE};
use url::{Url, form_urlencoded::Serializer};

use crate::real::loopback;

#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    origin: String,
    cookies: BTreeMap<String, String>,
}

/// There was no answer, or one that said *come back*: nobody knows what became of the request.
#[derive(Debug)]
pub(super) struct Unanswered(#[expect(dead_code, reason = "shown where a test fails")] String);

impl Unanswered {
    pub(super) fn because(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// A form that was sent, with everything that came along, so that exactly this can be sent again.
#[derive(Clone)]
pub(super) struct Sent {
    client: Client,
    path: &'static str,
    body: String,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) text: String,
    is_session_set: bool,
}

/// Its name over plain HTTP.
const SESSION: &str = "cs";

impl Client {
    pub(super) fn new(address: SocketAddr, origin: &str) -> Self {
        let http = loopback::client_without_redirects();
        Self { http, address, origin: origin.to_owned(), cookies: BTreeMap::new() }
    }

    pub(super) async fn open(&mut self, path: &str) -> Result<Answer, Unanswered> {
        let request = self.http.get(format!("http://{}{path}", self.address));
        self.exchange(request).await
    }

    /// Opens the page and fills in the form that it shows.
    pub(super) async fn fill_in(
        &mut self,
        path: &'static str,
        fields: &[(&str, &str)],
    ) -> Result<Sent, Unanswered> {
        let page = self.open(path).await?;
        let token = page.form_token().unwrap_or_else(|| panic!("no form on {path}: {page:?}"));
        let with_token = [("form_token", token)];
        let fields = fields.iter().chain(&with_token);
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        Ok(Sent { client: self.clone(), path, body })
    }

    pub(super) async fn send(&mut self, form: &Sent) -> Result<Answer, Unanswered> {
        let request = self.http.post(format!("http://{}{}", self.address, form.path));
        let request = request.header(ORIGIN, &self.origin).header(CONTENT_TYPE, FORM);
        self.exchange(request.body(form.body.clone())).await
    }

    /// Fills the form in and sends it.
    pub(super) async fn submit(
        &mut self,
        path: &'static str,
        fields: &[(&str, &str)],
    ) -> Result<Answer, Unanswered> {
        let form = self.fill_in(path, fields).await?;
        self.send(&form).await
    }

    async fn exchange(&mut self, request: reqwest::RequestBuilder) -> Result<Answer, Unanswered> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let host = Url::parse(&self.origin).unwrap().authority().to_owned();
        let request = request.header(HOST, host).header(COOKIE, cookies.join("; "));
        let reply = request.send().await.map_err(|cause| Unanswered(format!("{cause:?}")))?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let text = reply.text().await.map_err(|cause| Unanswered(format!("{cause:?}")))?;
        if status == 503 {
            assert!(headers.contains_key(RETRY_AFTER), "come back when? {text}");
            return Err(Unanswered(text));
        }
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
            if value.is_empty() {
                self.cookies.remove(name);
            }
        }
        let is_session_set =
            headers.get_all(SET_COOKIE).iter().any(|line| is_session(line.to_str().unwrap()));
        let location = headers.get(LOCATION).map(|location| location.to_str().unwrap().to_owned());
        Ok(Answer { status, location, text, is_session_set })
    }
}

impl Sent {
    /// The page has several forms; this is the one that leads there.
    pub(super) fn to(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// Once more, from the browser as it was then.
    pub(super) async fn again(&self) -> Result<Answer, Unanswered> {
        self.client.clone().send(self).await
    }
}

impl Answer {
    pub(super) fn leads_to(&self, path: &str) -> bool {
        self.status == 303 && self.location.as_deref() == Some(path)
    }

    pub(super) fn opens_a_session(&self) -> bool {
        self.is_session_set
    }

    fn form_token(&self) -> Option<&str> {
        self.text.split_once(r#"name="form_token" value=""#)?.1.split('"').next()
    }
}

fn is_session(line: &str) -> bool {
    let value = line.strip_prefix(SESSION).and_then(|rest| rest.strip_prefix('='));
    value.is_some_and(|value| !value.starts_with(';'))
}

const FORM: &str = "application/x-www-form-urlencoded";
