//! A message that a mailbox refused for good, as an operator finds it on the page and has it sent again.

use countersign_core::{policy::presets::Preset, user::EmailAddress};

use super::mail_server::MailServer;
use crate::harness::{On, TestServer, operator, sign_in_with_app};

on_both_databases! {
    async fn an_operator_has_a_message_sent_again(on: On) {
        let mut mail = MailServer::down();
        mail.come_up();
        let server: TestServer = mail.setup().start(on).await;
        let (olga, app) = operator(&server, "Olga Ortiz").await;
        let ann = server.person("Ann Ames", Preset::PerUser).await;
        let mut olgas = sign_in_with_app(&server, &olga, &app).await;
        server.settle().await;
        olgas.goto("/operator/delivery").await.must_see("No message failed for good.");

        mail.know_nobody(true);
        server.service.invite(EmailAddress::parse(&ann.email).unwrap()).await.unwrap();
        server.settle().await;
        olgas.goto("/operator/delivery").await.must_see("Link (Email)");
        olgas.must_see("a••@example.com");
        assert!(!olgas.page().html.contains(&ann.email), "A38: whom it was to is masked");
        assert!(mail.subjects_to(&ann.email).is_empty());

        mail.know_nobody(false);
        olgas.press("Send again a••@example.com").await;
        olgas.must_see("The message waits to be sent again.");
        olgas.must_see("No message failed for good.");
        server.settle().await;
        assert_eq!(mail.subjects_to(&ann.email), ["Choose your Trackwell password"]);

        let token = olgas.form_token();
        let fields = [("form_token", token.as_str()), ("message", "msg_nothing")];
        assert_eq!(olgas.post_form("/operator/delivery/retry", &fields).await.status, 409);
    }
}
