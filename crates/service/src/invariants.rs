//! Whether a database keeps its promises (SECURITY.md 4.1), looked at from outside: after a crash, a failover, a
//! restore, or any day.
//!
//! ```text
//!   database ─▶ rules of the store ──────────────┐
//!            ─▶ evidence of every session ───────┼─▶ for each invariant: examined, findings
//!            ─▶ the chain over audit events ─────┤
//!   journal  ─▶ what was acknowledged, canaries ─┘
//! ```
//!
//! Some promises were made to somebody: only who was told *done* knows what must be there now. They keep a journal
//! and hand it in.

use std::collections::{BTreeMap, HashMap, HashSet};

use countersign_core::{
    authenticator::{AuthenticatorKind, totp::STEP_SECS},
    id::AuthenticatorId,
    session::SESSION_LIFE,
    timestamp::{CLOCKS_APART_MAX, Timestamp},
};
use countersign_store::{
    Database,
    invariants::{self as looks, RULES, SessionFacts},
};

use crate::{
    Fault,
    audit::{self, Finding, Flaw, KeyRing},
};

/// What was looked at and found for one sentence about the database.
#[derive(Debug)]
pub struct Checked {
    /// I1 … I10.
    pub invariant: &'static str,
    /// What would be wrong.
    pub what: &'static str,
    pub examined: i64,
    /// Which rows or acts.
    pub findings: Vec<String>,
}

/// What somebody outside knows: acts that were answered, and texts that must stand nowhere.
#[derive(Debug, Default)]
pub struct Journal {
    /// How often an act was acknowledged to a person, by their address and the kind of its audit event.
    pub acknowledged: BTreeMap<(String, String), i64>,
    pub canaries: Vec<String>,
}

/// Sessions that are looked at in one read.
const PAGE: u32 = 500;

/// An app's code is good one step early and one late, so three may be used within one step.
const STEPS_IN_ONE: i64 = 3;

/// Looks at everything, and changes nothing. A server may run meanwhile: what it does is seen whole or not at all.
pub async fn check(
    database: &Database,
    keys: &KeyRing,
    now: Timestamp,
    journal: Journal,
) -> Result<Vec<Checked>, Fault> {
    let mut checked = Vec::new();
    for rule in RULES {
        let found = database.read(move |tx| Box::pin(rule.check(tx))).await?;
        let (examined, findings) = (found.examined, found.findings);
        checked.push(Checked { invariant: rule.invariant, what: rule.what, examined, findings });
    }
    checked.extend(evidence(database).await?);
    checked.push(locks(database).await?);
    checked.push(chain(database, keys, now).await?);
    checked.extend(promises(database, journal).await?);
    checked.sort_by_key(|checked| number(checked.invariant));
    Ok(checked)
}

/// I1 and I8 over the evidence of every session.
async fn evidence(database: &Database) -> Result<Vec<Checked>, Fault> {
    let used = database.read(|tx| Box::pin(looks::used_codes(tx))).await?;
    let mut seen = Seen { used: used.into_iter().collect(), ..Seen::default() };
    for looked_up in database.read(|tx| Box::pin(looks::used_backup_codes(tx))).await? {
        *seen.looked_up.entry(looked_up).or_default() += 1;
    }
    let mut last = String::new();
    loop {
        let after = last.clone();
        let page = database.read(move |tx| {
            let after = after.clone();
            Box::pin(async move { looks::sessions_after(tx, &after, PAGE).await })
        });
        let page = page.await?;
        let Some(end) = page.last() else { break };
        end.id.as_str().clone_into(&mut last);
        for session in &page {
            seen.look_at(session);
        }
    }
    Ok(seen.checked())
}

#[derive(Default)]
struct Seen {
    used: HashSet<(AuthenticatorId, Timestamp)>,
    newest: Option<Timestamp>,
    sessions: i64,
    /// By which session a proof was shown first.
    proofs: HashMap<(AuthenticatorId, Timestamp), String>,
    by_app: HashMap<AuthenticatorId, Vec<Timestamp>>,
    sent: Vec<(String, AuthenticatorId, Timestamp)>,
    /// How many backup codes of a set were used at one time, less the sessions that they opened.
    looked_up: HashMap<(AuthenticatorId, Timestamp), i64>,
    shown_twice: Vec<String>,
    unfounded: Vec<String>,
}

impl Seen {
    fn look_at(&mut self, session: &SessionFacts) {
        self.sessions += 1;
        self.newest = self.newest.max(Some(session.created_at));
        let id = session.id.to_string();
        if session.evidence.proofs().is_empty() {
            self.unfounded.push(id.clone());
        }
        for proof in session.evidence.proofs() {
            let is_founded = session.authenticators.iter().any(|bound| {
                (&bound.id, bound.kind) == (&proof.authenticator, proof.kind)
                    && bound.at <= proof.at.plus(CLOCKS_APART_MAX)
            });
            if !is_founded {
                self.unfounded.push(id.clone());
            }
            let key = (proof.authenticator.clone(), proof.at);
            match proof.kind {
                AuthenticatorKind::Password => continue,
                // Its row says by itself that it was used once.
                AuthenticatorKind::RecoveryKey => {}
                // Several of one set may be used at one time.
                AuthenticatorKind::BackupCodes => {
                    *self.looked_up.entry(key).or_default() -= 1;
                    continue;
                }
                AuthenticatorKind::App => {
                    self.by_app.entry(proof.authenticator.clone()).or_default().push(proof.at);
                }
                AuthenticatorKind::Phone | AuthenticatorKind::Email => {
                    self.sent.push((id.clone(), proof.authenticator.clone(), proof.at));
                }
            }
            if let Some(first) = self.proofs.insert(key, id.clone()) {
                self.shown_twice.push(format!("{first} and {id}"));
            }
        }
    }

    fn checked(mut self) -> Vec<Checked> {
        let examined = self.sessions;
        // Older codes may have been cleared away.
        let since = self.newest.map(|newest| newest.minus(SESSION_LIFE / 2));
        let unused = self.sent.iter().filter(|(_, authenticator, at)| {
            Some(*at) > since && !self.used.contains(&(authenticator.clone(), *at))
        });
        let unused = unused.map(|(session, ..)| session.clone()).collect();
        let crowded = self.by_app.iter_mut().filter_map(|(app, times)| {
            times.sort_unstable();
            is_crowded(times).then(|| app.to_string())
        });
        let crowded = crowded.collect();
        let overdrawn = self.looked_up.iter().filter(|((_, at), left)| Some(*at) > since && **left < 0);
        let overdrawn = overdrawn.map(|((set, _), _)| set.to_string()).collect();
        let made = |invariant, what, findings| Checked { invariant, what, examined, findings };
        vec![
            made("I1", "one proof in two sessions", self.shown_twice),
            made("I1", "a session by a sent code that was not used", unused),
            made(
                "I1",
                "a set of backup codes that opened more sessions than codes of it were used",
                overdrawn,
            ),
            made("I1", "an app with more codes accepted than there were", crowded),
            made("I8", "a session that states what was not proved", self.unfounded),
        ]
    }
}

/// Whether more codes were accepted between any two of these times than steps of an app lie there.
fn is_crowded(times: &[Timestamp]) -> bool {
    let step_millis = i64::try_from(STEP_SECS * 1000).unwrap_or(i64::MAX);
    (0..times.len()).any(|start| {
        times.iter().skip(start).enumerate().any(|(more, at)| {
            let first = times.get(start).unwrap_or(at);
            let accepted = i64::try_from(more + 1).unwrap_or(i64::MAX);
            accepted > (at.as_millis() - first.as_millis()) / step_millis + STEPS_IN_ONE
        })
    })
}

/// I3: what locked a name locks it still, for as long as was recorded.
async fn locks(database: &Database) -> Result<Checked, Fault> {
    let (recorded, newest) = database
        .read(|tx| {
            Box::pin(async move { Ok((looks::recorded_locks(tx).await?, looks::newest_event(tx).await?)) })
        })
        .await?;
    let examined = i64::try_from(recorded.len()).unwrap_or(i64::MAX);
    let is_lifted = |lock: &looks::RecordedLock| {
        let until = lock.reason.strip_prefix("until=").and_then(|rest| rest.split(' ').next()?.parse().ok());
        until.is_some_and(|until: i64| until > newest && lock.locked_until.is_none_or(|now| now < until))
    };
    let findings = recorded.into_iter().filter(is_lifted).map(|lock| lock.user).collect();
    Ok(Checked { invariant: "I3", what: "a recorded lock that is shorter or gone", examined, findings })
}

/// I4: no event was altered, removed or put in. That some wait for the sealer breaks nothing.
async fn chain(database: &Database, keys: &KeyRing, now: Timestamp) -> Result<Checked, Fault> {
    let report = audit::verify(database, keys, now).await?;
    let broken = report.findings.iter().filter(|finding| finding.what != Flaw::NotSealed);
    let named = |finding: &Finding| {
        let event = finding.event.as_ref().map_or("the chain", |event| event.as_str());
        format!("{event} {}", finding.what.code())
    };
    let findings = broken.map(named).collect();
    let examined = i64::try_from(report.events + report.unsealed.events).unwrap_or(i64::MAX);
    Ok(Checked { invariant: "I4", what: "an event that does not fit the chain", examined, findings })
}

/// I2 and I5: everything that was answered is recorded. I9: no canary stands where it can be read.
async fn promises(database: &Database, journal: Journal) -> Result<[Checked; 3], Fault> {
    let empty = |invariant, what| Checked { invariant, what, examined: 0, findings: Vec::new() };
    let mut verdicts = empty("I2", "a verdict that was told and not counted");
    let mut changes = empty("I5", "a change that was acknowledged and is not there");
    for ((email, kind), told) in journal.acknowledged {
        let checked = if kind.ends_with(".refused") { &mut verdicts } else { &mut changes };
        checked.examined += told;
        let (of, name) = (email.clone(), kind.clone());
        let counting = database.read(move |tx| {
            let (of, name) = (of.clone(), name.clone());
            Box::pin(async move { looks::events_of(tx, &of, &name).await })
        });
        let recorded = counting.await?;
        if recorded < told {
            checked.findings.push(format!("{email} {kind}: {recorded} of {told}"));
        }
    }
    let mut canaries = empty("I9", "a secret that can be read");
    for canary in journal.canaries {
        canaries.examined += 1;
        let looking = database.read(move |tx| {
            let canary = canary.clone();
            Box::pin(async move { looks::rows_with(tx, &canary).await })
        });
        canaries.findings.extend(looking.await?);
    }
    Ok([verdicts, changes, canaries])
}

fn number(invariant: &str) -> u32 {
    invariant.trim_start_matches('I').parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1000)
    }

    #[test]
    fn three_codes_of_an_app_may_be_used_at_once_and_then_one_a_step() {
        assert!(!is_crowded(&[at(0), at(0), at(0), at(30), at(60)]));
        assert!(is_crowded(&[at(0), at(0), at(0), at(29)]));
        assert!(is_crowded(&[at(0), at(300), at(300), at(300), at(301)]));
        assert!(!is_crowded(&[]));
    }
}
