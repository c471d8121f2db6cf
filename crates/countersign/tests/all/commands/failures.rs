//! A command that cannot do its work names the path or the address that said no, and what to do next.

use std::{fs, net::TcpListener};

use crate::harness::{Installation, On};

#[tokio::test]
async fn what_cannot_be_read_or_made_is_named_with_the_next_step() {
    let here = Installation::empty(On::Sqlite).await;
    fs::write(here.path().join("a-file"), "").unwrap();
    let writable = "; name a folder in which you may write";
    for (command, code, path, advice) in [
        (&["init", "a-file"][..], "folder", "a-file: ", writable),
        (&["init", "/proc/nowhere"], "folder", "/proc/nowhere: ", writable),
        (&["demo", "--data", "/proc/nowhere"], "folder", "/proc/nowhere: ", writable),
        (
            &["serve", "--config", "nowhere.toml"],
            "configuration",
            "nowhere.toml cannot be read: ",
            "`countersign init`",
        ),
        (
            &["org", "list", "--config", "nowhere.toml"],
            "configuration",
            "nowhere.toml cannot be read: ",
            "--config",
        ),
    ] {
        let refused = here.run(command);
        assert!(refused.refusal().starts_with(path) && refused.refusal().contains(advice), "{refused:?}");
        assert_eq!(here.run(&[command, &["--json"]].concat()).json()["error"], code);
    }
    let doctor = here.run(&["doctor", "--config", "nowhere.toml"]).stdout;
    assert!(doctor.contains("fail  configuration: nowhere.toml cannot be read: "), "{doctor}");
    assert!(doctor.contains("make one by `countersign init` → Put this right first"), "{doctor}");
}

#[tokio::test]
async fn a_journal_that_is_not_there_is_named() {
    let here = Installation::migrated(On::Sqlite).await;
    let refused = here.run(&["invariants", "--journal", "nowhere.jsonl"]);
    assert!(refused.refusal().starts_with("nowhere.jsonl: "), "{refused:?}");
    assert!(refused.refusal().ends_with("; name a file that is there and can be read"), "{refused:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_its_setting() {
    let here = Installation::initialized(On::Sqlite).await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    for (settings, setting) in [
        (format!("listen = \"{taken}\""), "listen"),
        (format!("listen = \"127.0.0.1:0\"\nmetrics_listen = \"{taken}\""), "metrics_listen"),
    ] {
        here.configure(&settings);
        let refused = here.run(&["serve"]);
        let told = refused.refusal();
        assert!(told.starts_with(&format!("cannot listen on {taken}: ")), "{told}");
        assert!(told.ends_with(&format!("or name another address as {setting}")), "{told}");
    }
}

#[tokio::test]
async fn a_person_who_is_there_already_is_named() {
    let here = Installation::migrated(On::Sqlite).await;
    here.run(&["org", "add", "Trackwell"]).must_succeed();
    let add =
        ["user", "add", "ann@trackwell.example", "--name", "Ann", "--organization", "Trackwell", "--invite"];
    here.run(&add).must_succeed();
    let again = here.run(&add);
    assert_eq!(
        again.refusal(),
        "somebody with the email address ann@trackwell.example exists already; \
         `countersign user show ann@trackwell.example` shows them"
    );
}

#[tokio::test]
async fn an_unknown_kind_of_event_is_refused_and_a_list_of_none_says_so() {
    let here = Installation::migrated(On::Sqlite).await;
    here.run(&["org", "add", "Trackwell"]).must_succeed();
    for command in [&["audit", "list"][..], &["audit", "export"]] {
        let refused = here.run(&[command, &["--kind", "nope"]].concat());
        let told = refused.refusal();
        assert!(
            told.starts_with("there is no kind of event \"nope\"; there are: sign_in.refused, "),
            "{told}"
        );
        let code = here.run(&[command, &["--kind", "nope", "--json"]].concat()).json();
        assert_eq!(code["error"], "no_such_kind");
    }
    let none = ["audit", "list", "--kind", "sign_in.signed_in"];
    assert_eq!(here.run(&none).must_succeed().stdout, "No event fits.\n");
    assert_eq!(here.run(&[&none[..], &["--json"]].concat()).must_succeed().stdout, "[]\n");
    let exported = here.run(&["audit", "export", "--kind", "sign_in.signed_in"]).must_succeed();
    assert_eq!(exported.stdout, "");
}

#[tokio::test]
async fn a_retry_of_nothing_names_both_ways() {
    let here = Installation::migrated(On::Sqlite).await;
    let refused = here.run(&["outbox", "retry"]);
    assert!(!refused.succeeded && refused.stderr.contains("<ID|--all>"), "{}", refused.stderr);
}
