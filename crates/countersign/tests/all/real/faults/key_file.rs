//! C-10: without the right keys the program does not start, says why, and makes none.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::harness::type_password;
use crate::{
    harness::On,
    real::{
        authenticator,
        serving::{PASSWORD, Serving},
    },
};

const ANN: &str = "ann@example.com";

on_both_databases! {
    /// C-10.
    async fn a_missing_open_damaged_or_foreign_key_file_stops_the_start(on: On) {
        let serving = Serving::prepare(on, "").await;
        serving.add(ANN, "Ann Ames");
        let server = serving.start();
        let mut browser = serving.browser();
        type_password(&mut browser, ANN, PASSWORD).await;
        let app = authenticator::enroll(&mut browser, PASSWORD).await;
        server.stop();
        let keys = serving.here.path().join("countersign.keys");
        let right = fs::read_to_string(&keys).unwrap();
        fs::remove_file(&keys).unwrap();
        must_refuse(&serving, "keys_file", "cannot be read");
        assert!(!keys.exists(), "keys were made anew");

        let half = &right[..right.len() - 20];
        for (text, mode, code, why) in [
            (right.as_str(), 0o644, "keys_file", "can be read by others"),
            (half, 0o400, "keys_file", "is damaged at line"),
            ("", 0o400, "keys_file", "holds no key"),
            (FOREIGN, 0o400, "wrong_keys", "does not belong to this database"),
        ] {
            write(&keys, text, mode);
            must_refuse(&serving, code, why);
            assert_eq!(fs::read_to_string(&keys).unwrap(), text, "the file was changed");
        }

        write(&keys, &right, 0o400);
        let server = serving.start();
        let mut browser = serving.browser();
        type_password(&mut browser, ANN, PASSWORD).await;
        crate::harness::type_code(&mut browser, &app.code_at("30 seconds")).await;
        browser.must_be_at("/profile");
        server.stop();
    }

    /// C-10: before anything is sealed, the head of the audit chain knows whose keys they are.
    async fn a_foreign_key_file_stops_the_first_start_of_all(on: On) {
        let serving = Serving::prepare(on, "").await;
        let keys = serving.here.path().join("countersign.keys");
        let right = fs::read_to_string(&keys).unwrap();
        write(&keys, FOREIGN, 0o400);
        must_refuse(&serving, "wrong_keys", "does not belong to this database");
        write(&keys, &right, 0o400);
        serving.start().stop();
    }
}

const FOREIGN: &str = "1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n";

fn must_refuse(serving: &Serving, code: &str, why: &str) {
    let ran = serving.here.run(&["serve", "--json"]);
    assert!(!ran.succeeded && ran.stdout.is_empty(), "it started: {}", ran.stdout);
    let said = ran.stderr.lines().last().unwrap_or_default();
    let said: serde_json::Value = serde_json::from_str(said).unwrap();
    assert_eq!(said["error"], code, "{said}");
    assert!(said["message"].as_str().unwrap().contains(why), "{said}");
}

fn write(path: &Path, text: &str, mode: u32) {
    let _absent = fs::remove_file(path);
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
