//! Logs: JSON lines on standard error, holding codes and ids, never what a person typed.

use std::{
    io::{self, Write},
    panic::{self, PanicHookInfo},
    thread,
};

use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    layer::SubscriberExt,
};

use crate::traces::Traces;

/// Starts logging, and tracing where there is a collector; a second call changes nothing.
pub fn start(filter: &str, traces: Option<&Traces>) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let lines = tracing_subscriber::fmt::layer().json().with_span_list(false).with_writer(io::stderr);
    let lines = lines.with_filter(filter);
    let subscriber = tracing_subscriber::registry().with(lines).with(traces.map(Traces::layer));
    // Tests start several servers in one process; the first one's logs are theirs all.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Makes each panic a line of the log too, whatever the filter says and before logging has begun.
pub fn tell_of_panics() {
    panic::set_hook(Box::new(|panic| {
        // Whoever cannot write cannot say so either.
        let _ = writeln!(io::stderr(), "{}", panic_line(panic));
    }));
}

/// Where, and never what: a message may hold the value that nobody expected. Written past `tracing`, whose
/// own code may be where the panic is.
fn panic_line(panic: &PanicHookInfo<'_>) -> serde_json::Value {
    let mut timestamp = String::new();
    // Writing to a string cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
    serde_json::json!({
        "timestamp": timestamp,
        "level": "ERROR",
        "fields": {
            "message": "panicked",
            "location": panic.location().map(ToString::to_string),
            "thread": thread::current().name(),
        },
        "target": module_path!(),
    })
}

#[cfg(test)]
mod tests {
    use std::{env, process::Command};

    use super::*;

    /// A108: the test runs itself once more, as a process that panics.
    #[test]
    fn a_panic_is_one_line_of_json_that_says_where_and_not_what() {
        const WITHIN: &str = "COUNTERSIGN_TEST_PANICS";
        let name = "logs::tests::a_panic_is_one_line_of_json_that_says_where_and_not_what";
        if env::var_os(WITHIN).is_some() {
            tell_of_panics();
            panic!("found a canary");
        }
        let mut within = Command::new(env::current_exe().unwrap());
        // Of two threads, so that the test has one that bears its name.
        within.args(["--exact", name, "--nocapture", "--test-threads=2"]);
        let ran = within.env(WITHIN, "1").output().unwrap();
        assert!(!ran.status.success());
        let told = String::from_utf8(ran.stderr).unwrap();
        assert!(!told.contains("canary"), "{told}");
        let line: serde_json::Value =
            told.lines().find_map(|line| serde_json::from_str(line).ok()).expect(&told);
        assert_eq!(line["fields"]["message"], "panicked");
        assert!(line["fields"]["location"].as_str().unwrap().contains("logs.rs:"), "{line}");
        assert_eq!(line["fields"]["thread"], name);
    }
}
