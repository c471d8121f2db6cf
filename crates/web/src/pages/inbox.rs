//! `/demo/inbox`, for people and, as JSON, for programs; the demo only.

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::answer::{Answer, Away};
use crate::demo::InboxMessage;
use crate::error::PageError;
use crate::extract::browser::Browser;
use crate::extract::query::value_of;
use crate::view::Page;
use crate::view::frame::Frame;
use crate::view::inbox::Inbox;
use crate::view::when::calendar;
use crate::web::Web;

/// `GET /demo/inbox`
pub(crate) async fn show(State(web): State<Web>, browser: Browser, uri: Uri) -> Answer {
    let messages = messages(&web, &uri)?;
    let to = value_of(&uri, "to");
    Ok(Inbox::new(Frame::new(&web.site, &browser), messages, to).respond(StatusCode::OK))
}

/// `GET /demo/inbox.json`
pub(crate) async fn list(State(web): State<Web>, uri: Uri) -> Answer {
    let messages: Vec<Line> = messages(&web, &uri)?.into_iter().map(Line::of).collect();
    let json = serde_json::to_string(&messages).map_err(|_| PageError::Fault)?;
    Ok(json_response(json))
}

/// One message as programs read it; the names are promised in the documentation of the demo.
#[derive(Serialize)]
struct Line {
    channel: &'static str,
    to: String,
    subject: Option<String>,
    text: String,
    /// RFC 3339, in UTC.
    sent_at: String,
}

impl Line {
    fn of(message: InboxMessage) -> Self {
        Self {
            channel: message.channel,
            to: message.to,
            subject: message.subject,
            text: message.text,
            sent_at: calendar(message.sent_at).to_string(),
        }
    }
}

/// All of them, or those that `?to=ADDRESS` asks for.
fn messages(web: &Web, uri: &Uri) -> Result<Vec<InboxMessage>, Away> {
    let inbox = web.inbox.as_ref().ok_or(PageError::NotFound)?;
    Ok(inbox(value_of(uri, "to").as_deref().map(as_typed).as_deref()))
}

/// A `+` in an address bar means a space; in front of a number nobody means a space.
fn as_typed(to: &str) -> String {
    to.strip_prefix(' ').map_or_else(|| to.to_owned(), |number| format!("+{number}"))
}

fn json_response(json: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_its_plus_was_written() {
        for (query, expected) in [
            ("/demo/inbox.json?to=+15125550134", "+15125550134"),
            ("/demo/inbox.json?to=%2B15125550134", "+15125550134"),
            ("/demo/inbox.json?to=ann@trackwell.example", "ann@trackwell.example"),
        ] {
            let uri: Uri = query.parse().unwrap();
            assert_eq!(value_of(&uri, "to").as_deref().map(as_typed).as_deref(), Some(expected), "{query}");
        }
    }
}
