//! A browser without a screen: it keeps cookies, follows redirects, and finds controls as people do.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use reqwest::{
    Client, Method, Url,
    header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT},
};

use super::html::{Entries, Page};

/// A clone would be another window of the same person; [`Browser::copy_of`] is what a thief makes.
pub(crate) struct Browser {
    client: Client,
    /// Where the connection goes: the node of this browser's choice.
    address: SocketAddr,
    /// What the address bar shows, such as `http://localhost:8080`.
    origin: String,
    cookies: BTreeMap<String, String>,
    page: Option<Page>,
    entries: Entries,
    statuses: Vec<u16>,
    pub(crate) user_agent: String,
    /// What a proxy in between says about where this browser is.
    pub(crate) forwarded_for: Option<&'static str>,
}

/// An answer as it came over the wire, with no redirect followed.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Longer than any way through these pages; a loop ends here.
const REDIRECTS_MAX: usize = 5;

impl Browser {
    pub(crate) fn new(address: SocketAddr, origin: String) -> Self {
        Self::new_from(None, address, origin)
    }

    /// One whose network address is `source`.
    #[expect(clippy::disallowed_methods, reason = "the one place where tests open connections")]
    pub(super) fn new_from(source: Option<IpAddr>, address: SocketAddr, origin: String) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let client = client.local_address(source).build();
        Self {
            client: client.unwrap(),
            address,
            origin,
            cookies: BTreeMap::new(),
            page: None,
            entries: Entries::new(),
            statuses: Vec::new(),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned(),
            forwarded_for: None,
        }
    }

    // -- what a person does

    /// Types an address.
    pub(crate) async fn goto(&mut self, path: &str) -> &mut Self {
        self.navigate(Method::GET, path, Vec::new(), "none").await
    }

    /// Types into the field of this label, over what stood there.
    pub(crate) fn fill(&mut self, label: &str, text: &str) -> &mut Self {
        let name = self.page().field_name(label);
        self.entries.insert(name, text.to_owned());
        self
    }

    /// Picks the radio button of this label.
    pub(crate) fn choose(&mut self, label: &str) -> &mut Self {
        let (name, value) = self.page().choice(label);
        self.entries.insert(name, value);
        self
    }

    /// Presses a button or a switch, which sends its form.
    pub(crate) async fn press(&mut self, button: &str) -> &mut Self {
        let form = self.page().fill_form_of(button, &self.entries);
        let method: Method = form.method.parse().unwrap();
        let encoded = encode(&form.fields);
        if method == Method::GET {
            let path = if encoded.is_empty() { form.action } else { format!("{}?{encoded}", form.action) };
            return self.navigate(method, &path, Vec::new(), "same-origin").await;
        }
        self.navigate(method, &form.action, encoded.into_bytes(), "same-origin").await
    }

    /// Follows the link of this text.
    pub(crate) async fn follow(&mut self, link: &str) -> &mut Self {
        let target = self.page().link(link);
        self.navigate(Method::GET, &target, Vec::new(), "same-origin").await
    }

    // -- what a person sees

    pub(crate) fn page(&self) -> &Page {
        self.page.as_ref().expect("a page was opened first")
    }

    pub(crate) fn path(&self) -> &str {
        &self.page().path
    }

    pub(crate) fn status(&self) -> u16 {
        self.page().status
    }

    /// The statuses on the way to this page, redirects first.
    pub(crate) fn statuses(&self) -> &[u16] {
        &self.statuses
    }

    pub(crate) fn heading(&self) -> String {
        self.page().heading()
    }

    #[track_caller]
    pub(crate) fn must_see(&self, text: &str) {
        let page = self.page();
        let seen = page.text();
        assert!(seen.contains(text), "{text:?} is not on {} ({}):\n{seen}", page.path, page.status);
    }

    #[track_caller]
    pub(crate) fn must_be_at(&self, path: &str) {
        let page = self.page();
        assert_eq!(page.path, path, "the page ({}) says:\n{}", page.status, page.text());
    }

    pub(crate) fn error_summary(&self) -> Vec<String> {
        self.page().error_summary()
    }

    pub(crate) fn field_value(&self, label: &str) -> String {
        self.page().field_value(label)
    }

    pub(crate) fn form_token(&self) -> String {
        self.page().form_token()
    }

    // -- what only a tester or an attacker does

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// The values of all of them.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.values().map(String::as_str)
    }

    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn forget_cookie(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    /// Another browser with the same cookies on the same page: a stolen jar, or one more tab.
    pub(crate) fn copy_of(&self) -> Self {
        Self {
            client: self.client.clone(),
            address: self.address,
            origin: self.origin.clone(),
            cookies: self.cookies.clone(),
            page: self.page.clone(),
            entries: self.entries.clone(),
            statuses: self.statuses.clone(),
            user_agent: self.user_agent.clone(),
            forwarded_for: self.forwarded_for,
        }
    }

    /// The same browser, as a load balancer sends it to another node.
    pub(crate) fn by_way_of(&self, node: &super::TestServer) -> Self {
        self.by_way_of_address(node.address())
    }

    /// The same for a node that is a process of its own.
    pub(crate) fn by_way_of_address(&self, address: SocketAddr) -> Self {
        Self { address, ..self.copy_of() }
    }

    /// Posts fields as a form of this origin; the page and its entries stay as they are.
    pub(crate) async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let origin = self.origin.clone();
        let headers =
            [("content-type", FORM), ("origin", origin.as_str()), ("sec-fetch-site", "same-origin")];
        self.send("POST", path, &headers, encode(&fields).into_bytes()).await
    }

    /// Sends exactly this, with the cookies of the jar unless a `cookie` header is given. A `host` header
    /// takes the place of our own.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Reply {
        let method = method.parse().unwrap();
        let mut given = HeaderMap::new();
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            given.append(name, value.parse().unwrap());
        }
        self.exchange(method, path, given, body).await
    }

    async fn navigate(&mut self, method: Method, path: &str, body: Vec<u8>, site: &str) -> &mut Self {
        let (mut method, mut path, mut body) = (method, path.to_owned(), body);
        self.statuses.clear();
        self.entries.clear();
        for _ in 0..=REDIRECTS_MAX {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", site.parse().unwrap());
            if method == Method::POST {
                headers.insert(ORIGIN, self.origin.parse().unwrap());
                headers.insert(CONTENT_TYPE, FORM.parse().unwrap());
            }
            let reply = self.exchange(method, &path, headers, body).await;
            self.statuses.push(reply.status);
            match reply.location() {
                Some(location) if (300..400).contains(&reply.status) => {
                    location.clone_into(&mut path);
                    (method, body) = (Method::GET, Vec::new());
                }
                _ => {
                    self.page = Some(Page {
                        status: reply.status,
                        path: path.split('?').next().unwrap_or_default().to_owned(),
                        html: reply.text(),
                        headers: reply.headers,
                    });
                    return self;
                }
            }
        }
        panic!("more than {REDIRECTS_MAX} redirects, the last one to {path}")
    }

    async fn exchange(&mut self, method: Method, path: &str, mut headers: HeaderMap, body: Vec<u8>) -> Reply {
        let own = Url::parse(&self.origin).unwrap();
        let (host, port) = (own.host_str().unwrap(), own.port().unwrap());
        headers.entry(HOST).or_insert(format!("{host}:{port}").parse().unwrap());
        headers.entry(USER_AGENT).or_insert(self.user_agent.parse().unwrap());
        if let Some(source) = self.forwarded_for {
            headers.entry("x-forwarded-for").or_insert(source.parse().unwrap());
        }
        if !headers.contains_key(COOKIE) && !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.insert(COOKIE, pairs.join("; ").parse().unwrap());
        }
        let url = format!("http://{}{path}", self.address);
        let sending = self.client.request(method, url).headers(headers).body(body).send();
        let response = sending.await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.keep_cookies(&headers);
        let body = response.bytes().await.unwrap().to_vec();
        Reply { status, headers, body }
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok())
    }

    /// The page without its request's id, which differs each time.
    pub(crate) fn text_without_id(&self) -> String {
        self.text().replace(self.header("x-request-id").expect("a request id"), "")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn encode(fields: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
