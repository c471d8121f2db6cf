//! C-07: a disk that is full. What cannot be counted is not judged, and when there is room again all goes on.

use std::{fs, io::Write, path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    harness::{home::Home, type_password},
    real::{
        background::as_root,
        output_of,
        serving::{PASSWORD, Serving},
    },
};

/// A disk in memory, unmounted when this is dropped.
struct Disk {
    folder: TempDir,
}

const ANN: &str = "ann@example.com";

/// C-07.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_without_a_verdict_and_recovers_without_a_restart() {
    let disk = Disk::of_megabytes(4);
    let serving = Serving::prepare_in(Home::in_folder(disk.folder.path()), "");
    serving.add(ANN, "Ann Ames");
    let server = serving.start();
    let mut signed_in = serving.browser();
    type_password(&mut signed_in, ANN, PASSWORD).await;
    signed_in.must_be_at("/profile");

    let ballast = disk.fill();
    unjudged(&serving, PASSWORD, 100).await;
    // It takes less room than a sign-in. The fifth that found some would lock the name.
    unjudged(&serving, "a guess of the attacker", 4).await;
    signed_in.goto("/profile").await.must_be_at("/profile");

    fs::remove_file(ballast).unwrap();
    let mut browser = serving.browser();
    type_password(&mut browser, ANN, PASSWORD).await;
    browser.must_be_at("/profile");
    serving.here.run(&["invariants"]).must_succeed();
    server.stop();
}

/// What the database set aside before may take a few more tries; the one that finds no room is refused.
async fn unjudged(serving: &Serving, password: &str, tries_max: usize) {
    for _ in 0..tries_max {
        let mut browser = serving.browser();
        type_password(&mut browser, ANN, password).await;
        if browser.status() == 503 {
            assert_eq!(browser.cookie("cs"), None);
            browser.must_see("Nobody gets in while we cannot check it properly.");
            return;
        }
    }
    panic!("the disk is not full");
}

impl Disk {
    fn of_megabytes(megabytes: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m,mode=777");
        output_of(as_root("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()));
        Self { folder }
    }

    /// Takes all that is left; answers with what takes it.
    fn fill(&self) -> std::path::PathBuf {
        let path = self.folder.path().join("ballast");
        let mut ballast = fs::File::create(&path).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        unmount(self.folder.path());
    }
}

/// Lazily: a server that a failed test left may hold it for a moment.
fn unmount(path: &Path) {
    let mut unmount: Command = as_root("umount");
    let _unmounted = unmount.arg("--lazy").arg(path).status();
}
