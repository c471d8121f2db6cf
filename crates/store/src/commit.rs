//! Carries out decisions: claims first, then everything else, or the decision's part for a lost race.
//!
//! ```text
//!   claims ──┬─ all matched ──▶ the other writes ──▶ outcome
//!            ├─ none matched ─▶ the writes of `on_lost_race` ──▶ its outcome
//!            └─ some matched ─▶ Fault: the transaction is rolled back, nothing was decided
//! ```

mod messages;
mod operators;
mod recovery;

use countersign_core::{
    account::Lane,
    assurance::Evidence,
    audit::event::AuditEvent,
    authenticator::{Material, phone::PhoneNumber},
    ceremony::{
        CeremonyEnd, CeremonyPurpose, Claim, Decision, Write,
        write::{NewCeremony, NewSession},
    },
    id::{AuthenticatorId, OrganizationId, SessionId, UserId},
    throttle::{cap::FailureRecord, ladder::Ladder},
    timestamp::Timestamp,
    user::PasswordChangeDue,
};

use crate::{Fault, Sql, Tx, Value, database::Statements, params, sources, wishes};

/// Writes a decision within its transaction. The caller may tell the outcome only after the commit.
pub async fn commit<T>(tx: &mut Tx<'_>, decision: Decision<T>) -> Result<T, Fault> {
    let wanted = decision.claims.len();
    let claims = decision.claims.iter().map(claim).collect();
    let matched = tx.execute_all(claims).await?.into_iter().filter(|rows| *rows == 1).count();
    let (outcome, writes) = match decision.on_lost_race {
        _ if matched == wanted => (decision.outcome, decision.writes),
        Some(lost) if matched == 0 => (lost.outcome, lost.writes),
        _ => return Err(Fault::broken("a claim lost its race behind a lock that should have prevented it")),
    };
    let sends = |write: &Write| matches!(write, Write::Send(_) | Write::SendOnce(_) | Write::Notice(_));
    let has_messages = writes.iter().any(sends);
    for write in &writes {
        if let Write::Audit(event) = write {
            tx.count(event);
        }
    }
    let statements = writes.into_iter().map(statements).collect::<Result<Vec<_>, _>>()?;
    tx.write_all(statements.into_iter().flatten().collect())?;
    if has_messages {
        tx.wake_senders()?;
    }
    Ok(outcome)
}

pub(crate) use messages::ALL as MESSAGE_STATEMENTS;
pub(crate) use operators::ALL as OPERATOR_STATEMENTS;
pub(crate) use recovery::ALL as RECOVERY_STATEMENTS;

pub(crate) type Statement = (&'static Sql, Vec<Value>);

fn claim(claim: &Claim) -> Statement {
    match claim {
        Claim::UseStep { authenticator, step, at } => {
            (&USE_STEP, params![authenticator.as_str(), *step, at.as_millis()])
        }
        Claim::EndCeremony { ceremony, end, at } => {
            (&END_CEREMONY, params![ceremony.as_str(), at.as_millis(), end.as_str()])
        }
        Claim::UseCode { code, at } => messages::use_code(code, *at),
        Claim::TiePending { ceremony, authenticator, instead_of, at } => {
            let instead_of = instead_of.as_ref().map(AuthenticatorId::as_str);
            let values = params![ceremony.as_str(), authenticator.as_str(), at.as_millis(), instead_of];
            (&TIE_PENDING, values)
        }
        Claim::Revoke { authenticator, at } => (&REVOKE, params![authenticator.as_str(), at.as_millis()]),
        Claim::Bind { authenticator, step, at } => {
            (&BIND, params![authenticator.as_str(), *step, at.as_millis()])
        }
        Claim::UseBackupCode { authenticator, number, at } => recovery::use_code(authenticator, *number, *at),
        Claim::UseLink { token, at } => messages::use_link(*token, *at),
        Claim::TakeWish { wish } => wishes::take(wish),
        Claim::UseOperatorLink { token, at } => operators::use_link(*token, *at),
    }
}

/// Without a `_`, so that the compiler finds the write that has no statement.
fn statements(write: Write) -> Result<Statements, Fault> {
    let only = match write {
        Write::PutLane(lane) => put_lane(&lane),
        Write::PutSourceFailure { network, name, at } => return Ok(sources::put_failure(network, &name, at)),
        Write::ForgetSourceFailure { network, name } => sources::forget_failure(network, &name),
        Write::PutFailures { authenticator, failures } => put_failures(&authenticator, &failures),
        Write::PutReplayedStep { authenticator, step } => put_step(&PUT_REPLAYED_STEP, &authenticator, step),
        Write::PutAcceptedStep { authenticator, step } => put_step(&PUT_ACCEPTED_STEP, &authenticator, step),
        Write::DisableAuthenticator { authenticator, at } => {
            (&DISABLE_AUTHENTICATOR, params![authenticator.as_str(), at.as_millis()])
        }
        Write::RevokeSecondFactors { user, at } => {
            (&REVOKE_SECOND_FACTORS, params![user.as_str(), at.as_millis()])
        }
        Write::PutUsed { authenticator, at } => (&PUT_USED, params![authenticator.as_str(), at.as_millis()]),
        Write::AddPending { user, authenticator, material, at } => {
            add_pending(&user, &authenticator, material, at)
        }
        Write::RevokePassword { user, at } => (&REVOKE_PASSWORD, params![user.as_str(), at.as_millis()]),
        Write::BindPassword { user, authenticator, hash, at } => {
            (&BIND_PASSWORD, params![authenticator.as_str(), user.as_str(), hash.0, at.as_millis()])
        }
        Write::Recovery(write) => recovery::statement(write)?,
        Write::PutEmailVerified { user, at } => (&PUT_EMAIL_VERIFIED, params![user.as_str(), at.as_millis()]),
        Write::PutPasswordChange { user, due } => put_password_change(&user, due),
        Write::PutTwoFactorOpened { organization, opened_at } => put_opened(&organization, opened_at),
        Write::PutEpoch { user, epoch } => (&PUT_EPOCH, params![user.as_str(), epoch]),

        Write::OpenCeremony(ceremony) => open_ceremony(&ceremony)?,
        Write::SupersedeCeremonies { user, purpose, keep, at } => supersede(&user, purpose, keep, at),
        Write::EndSignIns { user, lane, end, at } => {
            (&END_SIGN_INS, params![user.as_str(), lane.as_str(), at.as_millis(), end.as_str()])
        }

        Write::PutSends { ceremony, sends } => messages::put_sends(&ceremony, sends),
        Write::HoldMailbox { authenticator, until } => messages::hold_mailbox(&authenticator, until),
        Write::SupersedeCodes { user, purpose, at } => {
            return Ok(messages::supersede_codes(&user, purpose, at));
        }
        Write::OpenCode(code) => messages::open_code(&code),
        Write::PutGuesses { code, guesses } => messages::put_guesses(&code, guesses),

        Write::PutWish(wish) => wishes::put(&wish),
        Write::OpenLink(link) => messages::open_link(&link),
        Write::SupersedeLinks { user, purpose, at } => {
            return Ok(messages::supersede_links(&user, purpose, at));
        }

        Write::OpenSession(session) => open_session(session)?,
        Write::RenewSession { session, token, user_epoch, evidence } => {
            (&RENEW_SESSION, params![session.as_str(), token.0, user_epoch, json(&evidence)?])
        }
        Write::PutStepUpFailures { session, failures } => {
            (&PUT_STEP_UP_FAILURES, params![session.as_str(), i64::from(failures)])
        }
        Write::EndSession { session, end, at } => {
            (&END_SESSION, params![session.as_str(), at.as_millis(), end.as_str()])
        }
        Write::EndSessionOf { token, end, at } => {
            (&END_SESSION_OF, params![token.0, at.as_millis(), end.as_str()])
        }
        Write::RememberBrowser { id, token, user, user_epoch, at } => {
            (&REMEMBER_BROWSER, params![id.as_str(), token.0, user.as_str(), user_epoch, at.as_millis()])
        }
        Write::KeepBrowser { id, user_epoch } => (&KEEP_BROWSER, params![id.as_str(), user_epoch]),
        Write::ForgetBrowsers { user, keep } => return Ok(forget_browsers(&user, keep)),

        Write::Operator(write) => operators::statement(write),

        Write::Send(message) => messages::send(message)?,
        Write::SendOnce(message) => messages::send_once(message)?,
        Write::Notice(notice) => return messages::add_notice(notice),
        Write::Audit(event) => add_audit_event(event),
    };
    Ok(vec![only])
}

fn put_password_change(user: &UserId, due: Option<PasswordChangeDue>) -> Statement {
    let since = due.map(|due| due.since.as_millis());
    let reason = due.map(|due| due.reason.as_str());
    (&PUT_PASSWORD_CHANGE, params![user.as_str(), since, reason])
}

fn put_opened(organization: &OrganizationId, opened_at: Option<Timestamp>) -> Statement {
    let opened_at = opened_at.map(Timestamp::as_millis);
    (&PUT_TWO_FACTOR_OPENED, params![organization.as_str(), opened_at])
}

/// A ladder that holds nothing has no row.
fn put_lane(lane: &Lane) -> Statement {
    let Lane { subject, ladder } = lane;
    if *ladder == Ladder::default() {
        return (&CLEAR_LADDER, params![subject.as_str()]);
    }
    let values = params![
        subject.as_str(),
        i64::from(ladder.failures),
        ladder.last_failure_at.map(Timestamp::as_millis),
        ladder.lock.map(|lock| lock.until.as_millis()),
        ladder.lock.map(|lock| lock.caused_by.0.to_vec()),
        ladder.lock.and_then(|lock| lock.opened_for).map(|browser| browser.0.to_vec()),
    ];
    (&PUT_LADDER, values)
}

fn put_step(sql: &'static Sql, authenticator: &AuthenticatorId, step: i64) -> Statement {
    (sql, params![authenticator.as_str(), step])
}

fn put_failures(authenticator: &AuthenticatorId, failures: &FailureRecord) -> Statement {
    let values = params![authenticator.as_str(), i64::from(failures.in_a_row), failures.days_to_stored()];
    (&PUT_FAILURES, values)
}

fn open_ceremony(ceremony: &NewCeremony) -> Result<Statement, Fault> {
    let values = params![
        ceremony.id.as_str(),
        ceremony.token.map(|token| token.0.to_vec()),
        ceremony.purpose.as_str(),
        ceremony.user.as_str(),
        ceremony.user_epoch,
        ceremony.session.as_ref().map(ToString::to_string),
        ceremony.lane.as_str(),
        json(&ceremony.evidence)?,
        ceremony.created_at.as_millis(),
        ceremony.expires_at.as_millis(),
    ];
    Ok((&OPEN_CEREMONY, values))
}

fn supersede(user: &UserId, purpose: CeremonyPurpose, keep: usize, at: Timestamp) -> Statement {
    let end = CeremonyEnd::Superseded.as_str();
    (&SUPERSEDE, params![user.as_str(), purpose.as_str(), row_count(keep), at.as_millis(), end])
}

fn open_session(session: NewSession) -> Result<Statement, Fault> {
    let values = params![
        session.id.as_str(),
        session.token.0,
        session.user.as_str(),
        session.user_epoch,
        json(&session.evidence)?,
        session.created_at.as_millis(),
        session.source,
        session.user_agent,
    ];
    Ok((&OPEN_SESSION, values))
}

/// The ladders first: which they are is known from the browsers.
fn forget_browsers(user: &UserId, keep: usize) -> Statements {
    let values = params![user.as_str(), row_count(keep)];
    vec![(&FORGET_BROWSER_LADDERS, values.clone()), (&FORGET_BROWSERS, values)]
}

fn add_pending(
    user: &UserId,
    authenticator: &AuthenticatorId,
    material: Material,
    at: Timestamp,
) -> Statement {
    let kind = material.kind().as_str();
    let (secret, number) = stored(material);
    let number = number.as_ref().map(PhoneNumber::as_str);
    let values = params![authenticator.as_str(), user.as_str(), kind, secret, number, at.as_millis()];
    (&ADD_PENDING, values)
}

/// What stands in the columns of an authenticator: its secret, and the number of a phone.
fn stored(material: Material) -> (Vec<u8>, Option<PhoneNumber>) {
    match material {
        Material::Password(secret) | Material::App(secret) => (secret.0, None),
        Material::RecoveryKey(digest) => (digest.to_stored(), None),
        Material::BackupCodes(set) => (set.to_stored(), None),
        Material::Phone(number) => (Vec::new(), Some(number)),
        Material::Email => (Vec::new(), None),
    }
}

fn add_audit_event(event: AuditEvent) -> Statement {
    let (record, stamp) = event.into_record();
    let values = params![
        record.id.as_str(),
        record.at.as_millis(),
        record.kind,
        record.reason,
        record.organization.as_ref().map(OrganizationId::as_str),
        record.user.as_ref().map(UserId::as_str),
        record.session.as_ref().map(SessionId::as_str),
        record.source,
        record.user_agent,
        stamp.to_stored(),
        record.actor,
    ];
    (&ADD_AUDIT_EVENT, values)
}

fn row_count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn json(evidence: &Evidence) -> Result<String, Fault> {
    serde_json::to_string(evidence)
        .map_err(|error| Fault::broken(format!("evidence does not write: {error}")))
}

/// The newest `$2` browsers that the user `$1` is known in. One of another epoch is none: no token opens it.
macro_rules! kept_browsers {
    () => {
        "SELECT kept.id FROM known_browsers AS kept \
         JOIN users ON users.id = kept.user_id AND users.epoch = kept.user_epoch \
         WHERE kept.user_id = $1 ORDER BY kept.created_at DESC, kept.id DESC LIMIT $2"
    };
}

crate::statements! {
    USE_STEP: new(
        "UPDATE authenticators SET accepted_step = $2, last_used_at = $3, failures_in_a_row = 0 \
         WHERE id = $1 AND (accepted_step IS NULL OR accepted_step < $2) \
             AND bound_at IS NOT NULL AND disabled_at IS NULL AND revoked_at IS NULL"
    );
    END_CEREMONY: new(
        "UPDATE ceremonies SET ended_at = $2, end_reason = $3, new_key = NULL \
         WHERE id = $1 AND ended_at IS NULL AND expires_at > $2"
    );
    TIE_PENDING: new(
        "UPDATE ceremonies SET authenticator_id = $2 \
         WHERE id = $1 AND authenticator_id IS NOT DISTINCT FROM CAST($4 AS TEXT) \
             AND ended_at IS NULL AND expires_at > $3"
    );
    REVOKE: new(
        "UPDATE authenticators SET revoked_at = $2 WHERE id = $1 AND bound_at IS NOT NULL AND revoked_at IS NULL"
    );
    BIND: new(
        "UPDATE authenticators SET bound_at = $3, last_used_at = $3, accepted_step = $2 \
         WHERE id = $1 AND bound_at IS NULL AND revoked_at IS NULL"
    );
    PUT_USED: new("UPDATE authenticators SET last_used_at = $2, failures_in_a_row = 0 WHERE id = $1");
    ADD_PENDING: new(
        "INSERT INTO authenticators \
             (id, user_id, kind, secret, phone_number, created_at, failures_in_a_row, failures_by_day) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, '')"
    );
    PUT_EMAIL_VERIFIED: new("UPDATE users SET email_verified_at = $2 WHERE id = $1");
    CLEAR_LADDER: new("DELETE FROM ladders WHERE subject = $1");
    PUT_LADDER: new(
        "INSERT INTO ladders (subject, failures, last_failure_at, locked_until, locked_by, opened_for) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, \
             last_failure_at = excluded.last_failure_at, locked_until = excluded.locked_until, \
             locked_by = excluded.locked_by, opened_for = excluded.opened_for"
    );
    PUT_FAILURES: new("UPDATE authenticators SET failures_in_a_row = $2, failures_by_day = $3 WHERE id = $1");
    PUT_ACCEPTED_STEP: new("UPDATE authenticators SET accepted_step = $2 WHERE id = $1");
    PUT_REPLAYED_STEP: new("UPDATE authenticators SET replayed_step = $2 WHERE id = $1");
    DISABLE_AUTHENTICATOR: new("UPDATE authenticators SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL");
    REVOKE_SECOND_FACTORS: new(
        "UPDATE authenticators SET revoked_at = $2 \
         WHERE user_id = $1 AND kind <> 'password' AND revoked_at IS NULL"
    );
    REVOKE_PASSWORD: new(
        "UPDATE authenticators SET revoked_at = $2 WHERE user_id = $1 AND kind = 'password' AND revoked_at IS NULL"
    );
    BIND_PASSWORD: new(
        "INSERT INTO authenticators \
             (id, user_id, kind, secret, created_at, bound_at, failures_in_a_row, failures_by_day) \
         VALUES ($1, $2, 'password', $3, $4, $4, 0, '')"
    );
    PUT_PASSWORD_CHANGE: new(
        "UPDATE users SET password_change_due_at = $2, password_change_reason = $3 WHERE id = $1"
    );
    PUT_TWO_FACTOR_OPENED: new("UPDATE organizations SET two_factor_opened_at = $2 WHERE id = $1");
    PUT_EPOCH: new("UPDATE users SET epoch = $2 WHERE id = $1");
    OPEN_CEREMONY: new(
        "INSERT INTO ceremonies \
             (id, token_hash, purpose, user_id, user_epoch, session_id, lane, evidence, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    /// Not the sign-in of somebody whose new recovery key waits to be saved: they could not begin another one (I11).
    SUPERSEDE: new(
        "UPDATE ceremonies SET ended_at = $4, end_reason = $5, new_key = NULL WHERE id IN ( \
             SELECT id FROM ceremonies WHERE user_id = $1 AND purpose = $2 AND ended_at IS NULL \
                 AND (purpose <> 'sign_in' OR new_key_at IS NULL) \
             ORDER BY created_at DESC, id DESC LIMIT 1000000 OFFSET $3)"
    );
    /// But for those whose factors were all proved before.
    END_SIGN_INS: new(
        "UPDATE ceremonies SET ended_at = $3, end_reason = $4 \
         WHERE user_id = $1 AND purpose = 'sign_in' AND ended_at IS NULL AND lane = $2 AND new_key_at IS NULL"
    );
    OPEN_SESSION: new(
        "INSERT INTO sessions (id, token_hash, user_id, user_epoch, evidence, created_at, last_seen_at, \
             step_up_failures, source, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, 0, $7, $8)"
    );
    RENEW_SESSION: new(
        "UPDATE sessions SET token_hash = $2, user_epoch = $3, evidence = $4 WHERE id = $1 AND ended_at IS NULL"
    );
    PUT_STEP_UP_FAILURES: new("UPDATE sessions SET step_up_failures = $2 WHERE id = $1");
    END_SESSION: new("UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL");
    END_SESSION_OF: new(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE token_hash = $1 AND ended_at IS NULL"
    );
    REMEMBER_BROWSER: new(
        "INSERT INTO known_browsers (id, token_hash, user_id, user_epoch, created_at) VALUES ($1, $2, $3, $4, $5)"
    );
    KEEP_BROWSER: new("UPDATE known_browsers SET user_epoch = $2 WHERE id = $1");
    /// Spells subjects as `LadderSubject::known_browser` does.
    FORGET_BROWSER_LADDERS: new(concat!(
        "DELETE FROM ladders WHERE subject IN ( \
             SELECT user_id || '/' || id FROM known_browsers \
             WHERE user_id = $1 AND id NOT IN (", kept_browsers!(), "))"
    ));
    FORGET_BROWSERS: new(concat!(
        "DELETE FROM known_browsers WHERE user_id = $1 AND id NOT IN (", kept_browsers!(), ")"
    ));
    ADD_AUDIT_EVENT: new(
        "INSERT INTO audit_events \
             (id, at, kind, reason, organization_id, user_id, session_id, source, user_agent, stamp, actor_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
}
