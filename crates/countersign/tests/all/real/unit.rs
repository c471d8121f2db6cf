//! The unit for systemd: that systemd understands it, and that the program tells it how far it is.

use std::{os::unix::net::UnixDatagram, path::Path, process::Command};

use super::output_of;
use crate::harness::{Installation, On};

#[test]
fn systemd_reads_the_unit_without_a_complaint() {
    let packaged = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/countersign.service");
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("countersign.service");
    // Where the program is on this machine, or it would be missed.
    let text = std::fs::read_to_string(packaged).unwrap();
    let here = text.replace("/usr/local/bin/countersign", env!("CARGO_BIN_EXE_countersign"));
    assert_ne!(here, text);
    std::fs::write(&unit, here).unwrap();
    let mut verify = Command::new("systemd-analyze");
    let output = verify.arg("verify").arg(&unit).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<_> = said.lines().filter(|line| line.contains("countersign")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
    let mut security = Command::new("systemd-analyze");
    // 10 is a process that may do everything; 2 is what systemd calls fine.
    output_of(security.args(["security", "--offline=yes", "--threshold=20"]).arg(&unit));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_manager_hears_when_people_are_served_and_when_no_more() {
    let here = Installation::initialized(On::Sqlite).await;
    let socket = here.path().join("notify");
    let heard = UnixDatagram::bind(&socket).unwrap();
    let environment = [("COUNTERSIGN_LISTEN", "127.0.0.1:0"), ("NOTIFY_SOCKET", socket.to_str().unwrap())];
    let running = here.start(&["serve"], &environment);
    assert_eq!(next(&heard), "READY=1");
    running.stop();
    assert_eq!(next(&heard), "STOPPING=1");
}

fn next(heard: &UnixDatagram) -> String {
    let mut buffer = [0; 64];
    let length = heard.recv(&mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}
