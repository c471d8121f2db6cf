//! The pages of codes that do not arrive, for which the gateway must misbehave or time must pass.

use countersign_store::Sql;

use super::{
    super::{
        demo::SignIn,
        document::sign_in,
        loopback::{Answer, Recorder},
        serving::{PASSWORD, Serving, change},
        twilio_client::{ACCEPTED, ACCOUNT, TOKEN},
    },
    Walk,
};
use crate::harness::On;

const ANN: &str = "ann@example.com";
const LATER: Answer = Answer { status: 429, json: r#"{"code":20429}"# };
const NEVER: Answer = Answer { status: 400, json: r#"{"code":21610}"# };

fn settings(twilio: &Recorder, countries: &str) -> String {
    format!(
        r#"
product_name = "Trackwell"
support_contact = "support@trackwell.example"
sms_gateway = "twilio"
sms_home_country = "US"
sms_countries = "{countries}"
twilio_url = "{}"
twilio_account_sid = "{ACCOUNT}"
twilio_auth_token = "{TOKEN}"
twilio_from = "+15125550100"
"#,
        twilio.url()
    )
}

/// LOOK.md in so far as a script can tell; the pictures are for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_codes_that_do_not_arrive_fits_a_phone_and_a_desk_in_both_themes() {
    let twilio = Recorder::answering(ACCEPTED).await;
    let serving = Serving::prepare(On::Sqlite, &settings(&twilio, "US")).await;
    serving.add(ANN, "Ann Ames");
    let ann = SignIn { email: ANN.to_owned(), password: PASSWORD.to_owned() };
    let server = serving.start();
    let mut walk = Walk::begin(&serving.url()).await;
    walk.until_a_number_is_awaited(&ann).await;
    walk.look_at_codes_of_a_set_up(&twilio, &serving).await;
    walk.look_at_codes_of_a_sign_in(&ann, &twilio, &serving).await;
    server.stop();
    serving.configure(&settings(&twilio, "CA"));
    let _server = serving.start();
    sign_in(&walk.chromium, &ann).await;
    walk.look("code-withheld").await;
    walk.end();
}

impl Walk {
    async fn look_at_codes_of_a_set_up(&mut self, twilio: &Recorder, serving: &Serving) {
        twilio.answer(NEVER);
        self.chromium.fill("Mobile number", "+1 512-555-0134").await;
        self.chromium.press("Next: confirm access").await;
        self.look("phone-confirm-failed").await;
        twilio.answer(LATER);
        self.let_it_be_asked_again(serving, &A_MINUTE_LATER).await;
        self.look("phone-confirm-again").await;
        self.chromium.press("Send a new code").await;
        self.look("phone-confirm-on-its-way").await;
        self.let_it_be_asked_again(serving, &ALL_CODES_SENT).await;
        self.look("phone-confirm-spent").await;
        twilio.answer(ACCEPTED);
        serving.hurry().await;
        let code = newest_code(twilio, 3).await;
        self.chromium.fill("Authentication code", &code).await;
        self.chromium.press("Next: complete setup").await;
        self.chromium.must_be_at("/profile/security/turned-on").await;
        self.chromium.goto("/profile").await;
        super::sign_out(&self.chromium, "Ann Ames").await;
    }

    async fn look_at_codes_of_a_sign_in(&mut self, ann: &SignIn, twilio: &Recorder, serving: &Serving) {
        twilio.answer(LATER);
        sign_in(&self.chromium, ann).await;
        self.look("code-on-its-way").await;
        twilio.answer(NEVER);
        self.let_it_be_asked_again(serving, &A_MINUTE_LATER).await;
        self.look("code-again").await;
        self.chromium.press("Send a new code").await;
        self.look("code-failed").await;
        self.let_it_be_asked_again(serving, &ALL_CODES_SENT).await;
        self.look("code-spent").await;
    }

    /// Time passes past the program, and the page is loaded again.
    async fn let_it_be_asked_again(&mut self, serving: &Serving, sql: &'static Sql) {
        let database = serving.open().await;
        change(&database, sql).await;
        database.close().await;
        let page = self.chromium.address().await;
        self.chromium.goto(&page).await;
    }
}

/// The code in the newest of so many texts at least.
async fn newest_code(twilio: &Recorder, count: usize) -> String {
    let texts = twilio.until_there_are(count).await;
    let form = texts.last().unwrap().form();
    let body = form.into_iter().find(|(name, _)| name == "Body").unwrap().1;
    body.chars().take(6).collect()
}

static A_MINUTE_LATER: Sql = Sql::new("UPDATE ceremonies SET last_send_at = last_send_at - 60000");
static ALL_CODES_SENT: Sql = Sql::new("UPDATE ceremonies SET sends = 4");
