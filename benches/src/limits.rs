//! What the parts beneath can do at best: the yardstick beside every figure.

use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use countersign_store::{Database, Sql, params};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    Outcome, clock,
    load::{Measured, Told},
    people::Person,
};

/// The web server alone, in a process of its own.
pub(crate) struct Floor {
    #[expect(dead_code, reason = "held, never read: dropping it ends the process")]
    process: Child,
    pub(crate) address: SocketAddr,
}

/// Small durable commits, one after the other or by many at once.
#[derive(Clone, Copy)]
pub(crate) struct Commits {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
}

impl Floor {
    pub(crate) async fn start() -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("floor")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().ok_or("the floor has no output")?;
        let line = BufReader::new(output).lines().next_line().await?.ok_or("the floor did not start")?;
        Ok(Self { process, address: line.parse()? })
    }

    /// Plain requests, as PERFORMANCE's limits were taken.
    pub(crate) async fn measure(&self, folder: &Path, connections: usize, seconds: u64) -> Outcome<Measured> {
        let script = folder.join("plain.lua");
        std::fs::write(&script, include_str!("plain.lua"))?;
        let mut wrk = Command::new("wrk");
        wrk.args(["-t", "1", "-c", &connections.to_string(), "-d", &format!("{seconds}s"), "-s"])
            .arg(script)
            .arg(format!("http://{}", self.address));
        Told::of(&mut wrk).await
    }
}

/// One-row updates in SQLite with `synchronous=FULL`, each committed by itself, nothing else in the way.
pub(crate) fn sqlite_commits(folder: &Path, seconds: u64) -> Outcome<Commits> {
    let path = folder.join("commits.db");
    let connection = rusqlite::Connection::open(&path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         CREATE TABLE IF NOT EXISTS numbers (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT; \
         INSERT OR REPLACE INTO numbers WITH RECURSIVE some(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some LIMIT 1000) \
             SELECT n, 0 FROM some;",
    )?;
    let mut update = connection.prepare("UPDATE numbers SET n = n + 1 WHERE id = ?1")?;
    let (begun, mut took) = (clock::stopwatch(), Vec::new());
    for id in (1..=1000_i64).cycle() {
        if begun.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
        let single = clock::stopwatch();
        update.execute([id])?;
        took.push(single.elapsed().as_secs_f64() * 1e3);
    }
    let per_second = took.len() as f64 / begun.elapsed().as_secs_f64();
    Ok(Commits { per_second, p50_ms: percentile(&mut took, 50) })
}

/// The same in PostgreSQL, by `pgbench` with prepared statements.
pub(crate) async fn pgbench(url: &str, clients: usize, seconds: u64) -> Outcome<Commits> {
    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(&script, "\\set id random(1, 10000)\nUPDATE numbers SET n = n + 1 WHERE id = :id;\n")?;
    let output = Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-j", &clients.min(2).to_string(), "-c", &clients.to_string()])
        .args(["-T", &seconds.to_string(), "-f"])
        .arg(script.path())
        .arg(url)
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figure = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        number.ok_or_else(|| format!("pgbench failed: {text}{}", String::from_utf8_lossy(&output.stderr)))
    };
    Ok(Commits { per_second: figure("tps = ")?, p50_ms: figure("latency average = ")? })
}

/// What `pgbench` works on.
pub(crate) async fn prepare_pgbench(database: &Database) -> Outcome {
    let made = database.write(|tx| {
        Box::pin(async move {
            tx.execute(&NUMBERS, &[]).await?;
            tx.execute(&FILL_NUMBERS, &[]).await.map(drop)
        })
    });
    Ok(made.await?)
}

/// Argon2id at the cost of P11 on as many threads as the server has, without anything around it.
pub(crate) fn hashes(threads: usize, seconds: u64) -> Outcome<f64> {
    let (begun, mut workers) = (clock::stopwatch(), Vec::new());
    for _ in 0..threads {
        workers.push(thread::spawn(move || -> Result<u32, String> {
            let params = Params::new(19_456, 2, 1, Some(32)).map_err(|error| error.to_string())?;
            let mut blocks = vec![Block::default(); params.block_count()];
            let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let (mut hash, mut done) = ([0; 32], 0);
            while begun.elapsed() < Duration::from_secs(seconds) {
                let hashed = argon.hash_password_into_with_memory(
                    b"correct horse battery staple",
                    b"sixteen bytes...",
                    &mut hash,
                    &mut blocks,
                );
                hashed.map_err(|error| error.to_string())?;
                done += 1;
            }
            Ok(done)
        }));
    }
    let mut done = 0;
    for worker in workers {
        done += worker.join().map_err(|_| "a hashing thread panicked")??;
    }
    Ok(f64::from(done) / begun.elapsed().as_secs_f64())
}

/// Look-ups of a session by its token through the server's own pool, as many at once as callers of the server.
pub(crate) async fn point_reads(
    database: &Database,
    people: &[Person],
    callers: usize,
    seconds: u64,
) -> Outcome<f64> {
    let tokens: Arc<Vec<_>> = Arc::new(people.iter().map(|person| person.session_token.hash().0).collect());
    let done = Arc::new(AtomicU64::new(0));
    let (begun, mut tasks) = (clock::stopwatch(), tokio::task::JoinSet::new());
    for caller in 0..callers {
        let (database, tokens, done) = (database.clone(), Arc::clone(&tokens), Arc::clone(&done));
        tasks.spawn(async move {
            for token in tokens.iter().cycle().skip(caller) {
                if begun.elapsed() >= Duration::from_secs(seconds) {
                    break;
                }
                database.read_one(&SESSION, &params![*token]).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, countersign_store::Fault>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64())
}

/// The value below which so many of a hundred lie.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get((values.len() * percent / 100).min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

static SESSION: Sql = Sql::new(
    "SELECT sessions.id, sessions.user_id, sessions.evidence, users.epoch FROM sessions \
     JOIN users ON users.id = sessions.user_id WHERE sessions.token_hash = $1",
);
static NUMBERS: Sql = Sql::new("CREATE TABLE numbers (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)");
static FILL_NUMBERS: Sql = Sql::new("INSERT INTO numbers SELECT n, 0 FROM generate_series(1, 10000) AS n");
