//! Somebody who uses the server while it is killed or loses its database, and remembers what they were told is done.
//!
//! ```text
//!   sign in by text ─▶ turn the second factor on or off ─▶ change the password ─┐
//!      ▲                                                                       │
//!      └───────────────────────────────────────────────────────────────────────┘
//!          after each answer: acknowledged;  without one: either may be true
//! ```

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::client::{Client, Sent, Unanswered};
use crate::{
    harness::in_time,
    real::{loopback::Recorder, serving::PASSWORD},
};

/// What all people share.
pub(super) struct World {
    pub(super) new_client: Box<dyn Fn() -> Client + Send + Sync>,
    pub(super) texts: Recorder,
    /// Since then nobody waits for anything.
    pub(super) is_over: AtomicBool,
    /// Changes and sign-ins that were answered.
    pub(super) acknowledged: AtomicUsize,
}

pub(super) struct Person {
    pub(super) email: String,
    number: String,
    world: Arc<World>,
    pub(super) password: String,
    /// The one that a change without an answer was to set.
    perhaps: Option<String>,
    passwords_used: usize,
    steps: usize,
    has_two_factor: bool,
    client: Client,
    is_session_certain: bool,
    /// The last code that was sent for a sign-in, and whether it was answered.
    code: Option<(Sent, bool)>,
    /// Sign-ins that were answered.
    pub(super) signed_in: usize,
    /// How often each subject must be mailed: changes that were answered.
    pub(super) told: BTreeMap<&'static str, usize>,
    /// Rounds in which it is not known whether the last change was made.
    pub(super) unanswered: usize,
}

/// What is mailed of a change, and what is recorded of it.
pub(super) const CHANGES: [(&str, &str); 3] = [
    (TURNED_ON, "two_factor.turned_on"),
    (TURNED_OFF, "two_factor.turned_off"),
    (PASSWORD_CHANGED, "password.changed"),
];
const TURNED_ON: &str = "Two-factor authentication was turned on";
const TURNED_OFF: &str = "Two-factor authentication was turned off";
const PASSWORD_CHANGED: &str = "Your password was changed";
const GLANCE: Duration = Duration::from_millis(2);

impl Person {
    pub(super) fn new(email: String, number: String, world: &Arc<World>) -> Self {
        Self {
            email,
            number,
            world: Arc::clone(world),
            password: PASSWORD.to_owned(),
            perhaps: None,
            passwords_used: 0,
            steps: 0,
            has_two_factor: false,
            client: (world.new_client)(),
            is_session_certain: false,
            code: None,
            signed_in: 0,
            told: BTreeMap::new(),
            unanswered: 0,
        }
    }

    /// Uses the server until it is gone, or nobody wants any more: whoever waits for a connection while one
    /// database takes the place of another notices nothing but the wait.
    pub(super) async fn live(mut self) -> Self {
        while self.go_on().await.is_ok() && !self.world.is_over.load(Ordering::Relaxed) {}
        self.unanswered += usize::from(!self.is_session_certain);
        self
    }

    /// Uses the server until nobody wants any more, and is served all the time.
    pub(super) async fn live_undisturbed(mut self) -> Self {
        while !self.world.is_over.load(Ordering::Relaxed) {
            let outcome = self.go_on().await;
            if !self.world.is_over.load(Ordering::Relaxed) {
                outcome.unwrap_or_else(|why| panic!("{} was not served: {why:?}", self.email));
            }
        }
        self
    }

    /// What must be true after the server came back, whatever it was doing when it was killed. Afterwards the
    /// person is signed in.
    pub(super) async fn check(mut self) -> Self {
        if self.is_session_certain {
            let profile = self.client.open("/profile").await.unwrap();
            assert_eq!(profile.status, 200, "the session of {} was acknowledged: {profile:?}", self.email);
        }
        if let Some((code, is_answered)) = self.code.take() {
            // Not answered and not committed: then it is good still, for one time.
            let first = code.again().await.unwrap();
            assert!(!(is_answered && first.opens_a_session()), "{} used a code twice: {first:?}", self.email);
            let second = code.again().await.unwrap();
            assert!(!second.opens_a_session(), "{} used a code twice: {second:?}", self.email);
        }
        self.sign_in().await.unwrap();
        self
    }

    /// The next step of the circle, wherever the last kill cut it.
    async fn go_on(&mut self) -> Result<(), Unanswered> {
        self.steps += 1;
        match self.steps % 3 {
            0 => self.change_password().await,
            1 => self.sign_in().await,
            _ if self.has_two_factor => self.turn_off().await,
            _ => self.turn_on().await,
        }
    }

    async fn sign_in(&mut self) -> Result<(), Unanswered> {
        let texts_before = self.texts().len();
        self.begin_sign_in().await?;
        if self.has_two_factor {
            let code = self.code_after(texts_before).await?;
            let form = self.client.fill_in("/sign-in/code", &[("code", &code)]).await?;
            self.code = Some((form.clone(), false));
            let answer = self.client.send(&form).await?;
            assert!(answer.leads_to("/profile"), "the code of {}: {answer:?}", self.email);
            self.code = Some((form, true));
        }
        self.signed_in += 1;
        self.acknowledge(None);
        Ok(())
    }

    /// In a browser of its own. An acknowledged password must work; of two it is one.
    async fn begin_sign_in(&mut self) -> Result<(), Unanswered> {
        self.is_session_certain = false;
        let candidates: Vec<_> = self.perhaps.iter().chain([&self.password]).cloned().collect();
        for password in candidates {
            self.client = (self.world.new_client)();
            let fields = [("email", self.email.as_str()), ("password", &password)];
            let answer = self.client.submit("/sign-in", &fields).await?;
            self.has_two_factor = answer.leads_to("/sign-in/code");
            if self.has_two_factor || answer.leads_to("/profile") {
                (self.password, self.perhaps) = (password, None);
                return Ok(());
            }
            assert!(answer.text.contains("do not match"), "{} signs in: {answer:?}", self.email);
        }
        panic!("no password of {} works, of which one was acknowledged", self.email);
    }

    async fn turn_on(&mut self) -> Result<(), Unanswered> {
        let texts_before = self.texts().len();
        let client = &mut self.client;
        let steps: [(&'static str, &str, &str, &str); 3] = [
            ("/profile/security/turn-on", "password", &self.password, "/profile/security/method"),
            ("/profile/security/method", "method", "phone", "/profile/security/phone"),
            ("/profile/security/phone", "phone", &self.number, "/profile/security/phone/confirm"),
        ];
        for (path, name, value, next) in steps {
            // A proof gives the session a new token: until it is answered, the old one may be over.
            self.is_session_certain = false;
            let answer = client.submit(path, &[(name, value)]).await?;
            assert!(answer.leads_to(next), "{} at {path}: {answer:?}", self.email);
            self.is_session_certain = true;
        }
        let code = self.code_after(texts_before).await?;
        let fields = [("code", code.as_str())];
        let form = self.client.fill_in("/profile/security/phone/confirm", &fields).await?;
        self.is_session_certain = false;
        let answer = self.client.send(&form).await?;
        assert!(answer.leads_to("/profile/security/turned-on"), "{} turns on: {answer:?}", self.email);
        self.has_two_factor = true;
        self.acknowledge(Some(TURNED_ON));
        Ok(())
    }

    async fn turn_off(&mut self) -> Result<(), Unanswered> {
        let fields = [("password", self.password.as_str())];
        let form = self.client.fill_in("/profile/security/turn-off", &fields).await?;
        self.is_session_certain = false;
        let answer = self.client.send(&form).await?;
        assert!(answer.leads_to("/profile/security"), "{} turns off: {answer:?}", self.email);
        self.has_two_factor = false;
        self.acknowledge(Some(TURNED_OFF));
        Ok(())
    }

    async fn change_password(&mut self) -> Result<(), Unanswered> {
        self.passwords_used += 1;
        let new = format!("{PASSWORD} {}", self.passwords_used);
        let code = if self.has_two_factor { Some(self.code_for_password().await?) } else { None };
        let mut fields = vec![("password", self.password.as_str()), ("new_password", &new)];
        fields.extend(code.as_deref().map(|code| ("code", code)));
        let form = self.client.fill_in("/profile/password", &fields).await?;
        self.is_session_certain = false;
        self.perhaps = Some(new.clone());
        let answer = self.client.send(&form).await?;
        assert!(answer.leads_to("/profile"), "{} changes the password: {answer:?}", self.email);
        (self.password, self.perhaps) = (new, None);
        self.acknowledge(Some(PASSWORD_CHANGED));
        Ok(())
    }

    async fn code_for_password(&mut self) -> Result<String, Unanswered> {
        let texts_before = self.texts().len();
        let form =
            self.client.fill_in("/profile/password", &[("act", "change_password"), ("by", "sms")]).await?;
        let answer = self.client.send(&form.to("/profile/security/send-code")).await?;
        assert!(answer.leads_to("/profile/password"), "{} asks for a code: {answer:?}", self.email);
        self.code_after(texts_before).await
    }

    fn acknowledge(&mut self, subject: Option<&'static str>) {
        self.is_session_certain = true;
        if let Some(subject) = subject {
            *self.told.entry(subject).or_default() += 1;
        }
        self.world.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for a text that was not there before, unless the server is gone.
    async fn code_after(&self, texts_before: usize) -> Result<String, Unanswered> {
        let looking = async {
            loop {
                if let Some(text) = self.texts().get(texts_before) {
                    return Ok(text.chars().take(6).collect());
                }
                if self.world.is_over.load(Ordering::Relaxed) {
                    return Err(Unanswered::because("nobody waits any more"));
                }
                tokio::time::sleep(GLANCE).await;
            }
        };
        in_time("a code by text", looking).await
    }

    fn texts(&self) -> Vec<String> {
        let field = |form: &[(String, String)], name: &str| {
            form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap()
        };
        let forms = self.world.texts.requests().into_iter().map(|request| request.form());
        forms.filter(|form| field(form, "To") == self.number).map(|form| field(&form, "Body")).collect()
    }
}
