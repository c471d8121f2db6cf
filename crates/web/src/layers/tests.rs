//! Requests through all layers to two small routes, one of which takes a form.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::error::FormProblem;
use crate::extract::browser::Browser;
use crate::extract::form::{Fields, Form, FormFields};
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::sign_in::SignIn;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_a_request_id() {
    for path in ["/form", "/nowhere", "/panic"] {
        let answer = send(from_browser("GET", path)).await;
        for name in ["content-security-policy", "x-frame-options", "referrer-policy", "x-request-id"] {
            assert!(answer.headers().contains_key(name), "{name} on {path}");
        }
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert!(answer.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}

#[tokio::test]
async fn the_first_page_sets_a_nonce_and_later_ones_keep_it() {
    let first = send(from_browser("GET", "/form")).await;
    let line = first.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(line.starts_with("__Host-cs-form=") && line.contains("HttpOnly"), "{line}");
    let nonce = line.split(';').next().unwrap();
    let mut again = from_browser("GET", "/form");
    again.headers_mut().insert(header::COOKIE, nonce.parse().unwrap());
    assert!(!send(again).await.headers().contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn a_form_with_the_token_of_its_page_is_read() {
    let (cookie, token) = open_page().await;
    let answer = post(&cookie, FORM, &format!("form_token={token}&code=123")).await;
    assert_eq!(status_and_text(answer).await, (StatusCode::OK, "123".to_owned()));
}

#[tokio::test]
async fn a_form_without_a_fitting_token_is_out_of_date_and_links_to_its_page() {
    let (cookie, _) = open_page().await;
    let (_, of_another_browser) = open_page().await;
    for body in ["code=1".to_owned(), format!("form_token={of_another_browser}&code=1")] {
        let (status, page) = status_and_text(post(&cookie, FORM, &body).await).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(page.contains("This page is out of date") && page.contains("href=\"/form\""));
    }
}

#[tokio::test]
async fn a_form_token_made_before_the_sign_in_is_out_of_date_after_it() {
    let (cookie, token) = open_page().await;
    let signed_in = format!("{cookie}; __Host-cs=session");
    let answer = post(&signed_in, FORM, &format!("form_token={token}&code=1")).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_sign_in_that_ended_meanwhile_is_told_as_a_mistake_and_once() {
    let mut request = from_browser("GET", "/form");
    request.headers_mut().insert(header::COOKIE, "__Host-cs-said=session-over".parse().unwrap());
    let answer = send(request).await;
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap());
    assert!(cookies.into_iter().any(|line| line.starts_with("__Host-cs-said=;")));
    let (_, page) = status_and_text(answer).await;
    assert!(page.contains("<title>Error: ") && page.contains("<li>Your sign-in ended"), "{page}");
}

#[tokio::test]
async fn our_own_forms_are_sent_with_their_origin() {
    let answer = send(from_browser("GET", "/form")).await;
    assert_eq!(answer.headers()[header::REFERRER_POLICY], "same-origin");
}

#[tokio::test]
async fn other_content_types_are_no_forms() {
    let (cookie, token) = open_page().await;
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
        let answer = post(&cookie, kind, &format!("form_token={token}&code=1")).await;
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

#[tokio::test]
async fn a_form_above_64_kib_is_refused() {
    let (cookie, token) = open_page().await;
    let body = format!("form_token={token}&code={}", "1".repeat(64 * 1024));
    assert_eq!(post(&cookie, FORM, &body).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn unknown_duplicate_missing_and_broken_fields_each_have_a_sentence() {
    let (cookie, token) = open_page().await;
    for (body, sentence) in [
        ("&code=1&admin=1", "does not belong"),
        ("&code=1&code=2", "same field twice"),
        ("", "without all of its fields"),
        ("&code=%ff", "damaged"),
    ] {
        let answer = post(&cookie, FORM, &format!("form_token={token}{body}")).await;
        let (status, page) = status_and_text(answer).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(page.contains(sentence), "{sentence}");
    }
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_even_with_its_token() {
    let (cookie, token) = open_page().await;
    let mut request = posting(&cookie, FORM, &format!("form_token={token}&code=1"));
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    let (status, page) = status_and_text(send(request).await).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(page.contains("another site"));
}

#[tokio::test]
async fn another_host_is_misdirected_except_for_health_checks() {
    for (path, status) in [("/form", StatusCode::MISDIRECTED_REQUEST), ("/healthz", StatusCode::OK)] {
        let mut request = from_browser("GET", path);
        request.headers_mut().insert(header::HOST, "evil.example".parse().unwrap());
        assert_eq!(send(request).await.status(), status);
    }
    let mut without = from_browser("GET", "/form");
    without.headers_mut().remove(header::HOST);
    assert_eq!(send(without).await.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn unknown_addresses_and_wrong_methods_get_their_page() {
    let (status, page) = status_and_text(send(from_browser("GET", "/nowhere")).await).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(page.contains("This page does not exist") && page.contains("not-found"));
    let wrong = send(from_browser("DELETE", "/form")).await;
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers()[header::ALLOW], "GET,HEAD,POST");
}

#[tokio::test]
async fn a_panic_in_a_handler_is_a_page() {
    let (status, page) = status_and_text(send(from_browser("GET", "/panic")).await).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.contains("Something went wrong on our side"));
}

#[tokio::test]
async fn when_busy_the_page_says_when_to_come_back() {
    let answer = send(from_browser("GET", "/busy")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
}

struct CodeForm {
    code: String,
}

impl FormFields for CodeForm {
    const PAGE: &'static str = "/form";

    fn read(fields: &mut Fields) -> Result<Self, FormProblem> {
        Ok(Self { code: fields.text("code")? })
    }
}

async fn show_form(State(site): State<Arc<Site>>, browser: Browser) -> Response {
    SignIn::new(Frame::new(&site, &browser), "").respond(StatusCode::OK)
}

async fn take_form(Form(form): Form<CodeForm>) -> String {
    form.code
}

async fn panicking() -> Response {
    panic!("on purpose")
}

async fn send(request: Request<Body>) -> Response {
    let site = Arc::new(crate::site::sample());
    let routes = Router::new()
        .route("/form", get(show_form).post(take_form))
        .route("/panic", get(panicking))
        .route("/busy", get(|| async { PageError::Busy.into_response() }))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(Arc::clone(&site));
    surround(routes, &site).oneshot(request).await.unwrap()
}

/// The nonce cookie and the form token of a freshly opened page.
async fn open_page() -> (String, String) {
    let answer = send(from_browser("GET", "/form")).await;
    let line = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    let (_, page) = status_and_text(answer).await;
    let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    (line.split(';').next().unwrap().to_owned(), token.to_owned())
}

async fn post(cookie: &str, kind: &str, body: &str) -> Response {
    send(posting(cookie, kind, body)).await
}

fn posting(cookie: &str, kind: &str, body: &str) -> Request<Body> {
    let mut request = from_browser("POST", "/form");
    request.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
    request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
    *request.body_mut() = Body::from(body.to_owned());
    request
}

fn from_browser(method: &str, path: &str) -> Request<Body> {
    let request =
        Request::builder().method(method).uri(path).header(header::HOST, "signin.trackwell.example");
    request.body(Body::empty()).unwrap()
}

async fn status_and_text(answer: Response) -> (StatusCode, String) {
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}
