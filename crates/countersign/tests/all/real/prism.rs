//! Prism, which answers as Twilio's API would, from Twilio's public description of it: requests are checked against it.

use tempfile::TempDir;

use super::{
    background::{Background, free_port},
    loopback,
    packages::{npm_program, testdata},
};

pub(super) struct Prism {
    _program: Background,
    port: u16,
    /// After the program that logs in it: fields are dropped in this order.
    _folder: TempDir,
}

impl Prism {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut prism = npm_program("prism");
        prism.args(["mock", "--host", "127.0.0.1", "--port", &port.to_string()]);
        prism.arg(testdata("twilio_api_v2010_messages.json"));
        let mut program = Background::start(&mut prism, &folder.path().join("log"));
        program.until_it_listens(port).await;
        Self { _program: program, port, _folder: folder }
    }

    /// In place of `https://api.twilio.com`.
    pub(super) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Asks for a message of this form, and gives the status.
async fn post(prism: &Prism, form: &'static str, token: Option<&str>) -> u16 {
    let account = "AC0123456789abcdef0123456789abcdef";
    let url = format!("{}/2010-04-01/Accounts/{account}/Messages.json", prism.base_url());
    let request = loopback::client().post(url).header("content-type", "application/x-www-form-urlencoded");
    let request = if token.is_some() { request.basic_auth(account, token) } else { request };
    request.body(form).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn twilios_description_admits_whole_requests_only() {
    let prism = Prism::start().await;
    let whole = "To=%2B15005550006&From=%2B15005550001&Body=Hello";
    assert_eq!(post(&prism, whole, Some("token")).await, 201);
    assert_eq!(post(&prism, whole, None).await, 401);
    assert_eq!(post(&prism, "From=%2B15005550001&Body=Hello", Some("token")).await, 422);
}
