//! A code to a phone or a mailbox: what became of the newest one, and the button for a further one.
//!
//! ```text
//!   "We sent a 6-digit code to •••• 34."          Newest
//!   "You can ask for a new code at 14:06:30 UTC"  SendAgain: now, at a time that the server names, or no more
//! ```

use askama::Template;
use askama::filters::HtmlSafe;
use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::ceremony::step_up::Act;
use countersign_core::message::Channel;
use countersign_core::texts::Texts;
use countersign_core::throttle::budget::{NextSend, Withheld};
use countersign_core::timestamp::Timestamp;
use countersign_service::sending::{CodeWays, Reach, Sending};

use crate::view::frame::Frame;
use crate::view::when::{clock_second, seconds_until};

/// What the person reads about the newest code.
pub(super) struct Newest {
    pub(super) sentence: String,
    /// Whether no code is to be expected.
    pub(super) is_problem: bool,
}

/// What works where no code arrives.
#[derive(Clone, Copy)]
pub(super) enum Instead {
    App,
    ChooseApp,
    OtherWay,
    Helper,
}

/// What the codes are asked for.
#[derive(Clone, Copy)]
pub(super) enum Asking<'a> {
    SignIn,
    /// At the page that the code of the set-up is typed on.
    SetUp(&'a str),
    /// With the method that the person came to change, where one was named.
    Act(Act, Option<AuthenticatorKind>),
    /// By an operator who acts upon somebody else, at an address of that act.
    Operator {
        action: &'a str,
        method: Option<&'static str>,
    },
}

/// The button for a further code, or when there will be one.
#[derive(Template)]
#[template(path = "send_again.html")]
pub(super) struct SendAgain {
    action: String,
    /// None where the address says it.
    by: Option<&'static str>,
    act: Option<&'static str>,
    method: Option<&'static str>,
    form_token: String,
    label: String,
    next: Next,
}

enum Next {
    Now,
    At { sentence: String, seconds: u64, counts: CountDown, reload: String },
    Never { sentence: String },
}

/// `in 30 seconds`, and what the script makes of it.
struct CountDown {
    now: String,
    one: String,
    /// With a `#` for the number.
    many: String,
}

/// The template escapes what it shows.
impl HtmlSafe for SendAgain {}

impl Newest {
    /// `to` as it may be shown here.
    pub(super) fn of(frame: &Frame, reach: &Reach, to: &str, instead: Instead) -> Self {
        let say = |id| frame.text_with(id, &[("to", to.into())]);
        let (said, is_problem) = match reach.sending {
            Sending::NotAsked => (say(ready(reach.to.channel())), false),
            Sending::OnItsWay => (say("sending-on-its-way"), false),
            Sending::Sent => (say("sending-sent"), false),
            Sending::Failed => (say("sending-failed"), true),
            Sending::Withheld(why) => (explain_withheld(frame.texts(), why), true),
        };
        if !is_problem {
            return Self { sentence: said, is_problem };
        }
        let instead = frame.text(instead.text_id());
        let sentence = if frame.tells(&said) { instead } else { format!("{said} {instead}") };
        Self { sentence, is_problem }
    }
}

fn ready(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "sending-ready-text",
        Channel::Email => "sending-ready-mail",
    }
}

impl Instead {
    pub(super) fn among(ways: &CodeWays) -> Self {
        match (ways.has_app, ways.is_choice()) {
            (true, _) => Self::App,
            (false, true) => Self::OtherWay,
            (false, false) => Self::Helper,
        }
    }

    fn text_id(self) -> &'static str {
        match self {
            Self::App => "sending-use-app",
            Self::ChooseApp => "sending-choose-app",
            Self::OtherWay => "sending-other-way",
            Self::Helper => "sending-ask-helper",
        }
    }
}

impl<'a> Asking<'a> {
    fn action(self) -> &'a str {
        match self {
            Self::SignIn => "/sign-in/code/send",
            Self::Act(..) => "/profile/security/send-code",
            Self::SetUp(action) | Self::Operator { action, .. } => action,
        }
    }

    fn when_spent(self) -> &'static str {
        match self {
            Self::SignIn => "sends-spent-sign-in",
            Self::SetUp(_) => "sends-spent-set-up",
            Self::Act(..) | Self::Operator { .. } => "sends-spent-act",
        }
    }
}

impl SendAgain {
    /// None where asking again changes nothing before the ceremony is over, or the page says already that it does not.
    pub(super) fn of(frame: &Frame, reach: &Reach, asking: Asking<'_>) -> Option<Self> {
        if let Sending::Withheld(why) = reach.sending
            && (why.retry_after().is_none() || why == Withheld::SameMailbox)
        {
            return None;
        }
        let next = match reach.next {
            NextSend::Now => Next::Now,
            NextSend::At(at) => Next::at(frame, at),
            NextSend::Never => {
                let sentence = frame.text(asking.when_spent());
                if frame.tells(&sentence) {
                    return None;
                }
                Next::Never { sentence }
            }
        };
        let by = Some(reach.to.channel().as_str());
        let (by, act, method) = match asking {
            Asking::Act(act, method) => (by, Some(act.as_str()), method.map(AuthenticatorKind::as_str)),
            Asking::Operator { method, .. } => (None, None, method),
            Asking::SignIn => (by, None, None),
            Asking::SetUp(_) => (None, None, None),
        };
        let is_first = reach.sending == Sending::NotAsked;
        Some(Self {
            action: asking.action().to_owned(),
            by,
            act,
            method,
            form_token: frame.form_token().to_owned(),
            label: frame.text(if is_first { "send-first" } else { "send-again" }),
            next,
        })
    }

    fn is_waiting(&self) -> bool {
        matches!(self.next, Next::At { .. })
    }
}

impl Next {
    fn at(frame: &Frame, at: Timestamp) -> Self {
        let seconds = seconds_until(at, frame.now());
        let count = |value| frame.text_with("in-seconds", &[("seconds", value)]);
        Self::At {
            sentence: frame.text_with("send-at", &[("time", clock_second(at).into())]),
            seconds,
            counts: CountDown { now: count(seconds.into()), one: count(1.into()), many: count("#".into()) },
            reload: frame.text("send-reload"),
        }
    }
}

/// Why no code is sent, and when it is worth to ask again.
pub(super) fn explain_withheld(texts: &Texts, why: Withheld) -> String {
    texts.get(match why {
        Withheld::NoGateway => "withheld-no-gateway",
        Withheld::Country => "withheld-country",
        Withheld::Number => "withheld-number",
        Withheld::NumberToday => "withheld-number-today",
        Withheld::Account => "withheld-account",
        Withheld::AccountToday => "withheld-account-today",
        Withheld::Source => "withheld-source",
        Withheld::Organization => "withheld-organization",
        Withheld::Everybody => "withheld-everybody",
        Withheld::Block
        | Withheld::UnprovenCountry
        | Withheld::UnprovenOrganization
        | Withheld::UnprovenSource => "withheld-new-numbers",
        Withheld::NoMailServer => "withheld-no-mail-server",
        Withheld::Mailbox => "withheld-mailbox",
        Withheld::MailboxToday => "withheld-mailbox-today",
        Withheld::SameMailbox => "withheld-same-mailbox",
    })
}
