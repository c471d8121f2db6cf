//! Claims and writes in a few words each, with what a table of expectations should pin down.

use super::World;
use crate::{
    account::Lane,
    ceremony::{Claim, OperatorWrite, RecoveryWrite, Write},
    id::AuthenticatorId,
};

impl World {
    pub(in super::super) fn claim_in_words(&mut self, claim: &Claim) -> String {
        match claim {
            Claim::UseStep { .. } => "use step".into(),
            Claim::UseCode { .. } => "use code".into(),
            Claim::EndCeremony { end, .. } => format!("end ceremony: {}", end.as_str()),
            Claim::TiePending { instead_of: None, .. } => "tie pending".into(),
            Claim::TiePending { instead_of: Some(_), .. } => "tie pending instead".into(),
            Claim::Revoke { authenticator, .. } => format!("revoke {}", self.kind_of(authenticator)),
            Claim::Bind { authenticator, .. } => format!("bind {}", self.kind_of(authenticator)),
            Claim::UseBackupCode { number, .. } => format!("use backup code {number}"),
            Claim::UseLink { .. } => "use link".into(),
            Claim::TakeWish { .. } => "take wish".into(),
            Claim::UseOperatorLink { .. } => "use operator link".into(),
        }
    }

    pub(in super::super) fn in_words(&mut self, write: &Write) -> String {
        match write {
            Write::PutLane(Lane { ladder, .. }) => match ladder.lock {
                Some(_) => format!("ladder {} locked", ladder.failures),
                None => format!("ladder {}", ladder.failures),
            },
            Write::PutSourceFailure { .. } => "name failed from here".into(),
            Write::ForgetSourceFailure { .. } => "name got in from here".into(),
            Write::PutFailures { authenticator, failures } => {
                format!("{} failures {}", self.kind_of(authenticator), failures.in_a_row)
            }
            Write::PutAcceptedStep { .. } => "accepted step".into(),
            Write::PutReplayedStep { .. } => "replayed step".into(),
            Write::DisableAuthenticator { authenticator, .. } => {
                format!("disable {}", self.kind_of(authenticator))
            }
            Write::RevokeSecondFactors { .. } => "revoke second factors".into(),
            Write::PutUsed { authenticator, .. } => format!("{} used", self.kind_of(authenticator)),
            Write::AddPending { material, .. } => format!("add pending {}", material.kind().as_str()),
            Write::RevokePassword { .. } => "revoke password".into(),
            Write::BindPassword { .. } => "bind password".into(),
            Write::Recovery(RecoveryWrite::Bind { material, .. }) => {
                format!("bind {}", material.kind().as_str())
            }
            Write::Recovery(RecoveryWrite::Keep { .. }) => "keep new key".into(),
            Write::Recovery(RecoveryWrite::PutRecovered { .. }) => "recovered".into(),
            Write::PutEmailVerified { .. } => "email proved".into(),
            Write::PutPasswordChange { due: Some(_), .. } => "change due".into(),
            Write::PutPasswordChange { due: None, .. } => "no change due".into(),
            Write::Operator(write) => of_operators(write),
            Write::PutTwoFactorOpened { opened_at: Some(_), .. } => "gate open".into(),
            Write::PutTwoFactorOpened { opened_at: None, .. } => "gate closed".into(),
            Write::PutEpoch { epoch, .. } => format!("epoch {epoch}"),
            Write::OpenCeremony(new) => format!("open {}", new.purpose.as_str()),
            Write::SupersedeCeremonies { purpose, keep, .. } => format!("keep {keep} {}", purpose.as_str()),
            Write::EndSignIns { end, .. } => format!("end sign-ins: {}", end.as_str()),
            Write::PutSends { sends, .. } => match sends.withheld_last() {
                None => format!("sends {}", sends.count),
                Some(why) => format!("sends {}, withheld: {}", sends.count, why.as_str()),
            },
            Write::SupersedeCodes { purpose, .. } => format!("supersede codes: {}", purpose.as_str()),
            Write::OpenCode(sent) => format!("open code: {}", sent.purpose.as_str()),
            Write::HoldMailbox { .. } => "hold mailbox".into(),
            Write::PutGuesses { guesses, .. } => format!("guesses {guesses}"),
            Write::PutWish(_) => "put wish".into(),
            Write::OpenLink(link) => format!("open link: {}", link.purpose.as_str()),
            Write::SupersedeLinks { purpose, .. } => format!("supersede links: {}", purpose.as_str()),
            Write::OpenSession(_) => "open session".into(),
            Write::RenewSession { .. } => "renew session".into(),
            Write::PutStepUpFailures { failures, .. } => format!("step-up failures {failures}"),
            Write::EndSession { end, .. } | Write::EndSessionOf { end, .. } => {
                format!("end session: {}", end.as_str())
            }
            Write::RememberBrowser { .. } => "remember browser".into(),
            Write::KeepBrowser { .. } => "keep this browser".into(),
            Write::ForgetBrowsers { keep, .. } => format!("keep {keep} browsers"),
            Write::Send(message) => format!("send {} by {}", message.kind, message.channel.as_str()),
            Write::SendOnce(message) => format!("send {} once", message.kind),
            Write::Notice(notice) => format!("tell {}", notice.kind.as_str()),
            Write::Audit(event) => format!("record {}", event.kind.as_str()),
        }
    }

    fn kind_of(&mut self, authenticator: &AuthenticatorId) -> &'static str {
        self.row(authenticator).kind().as_str()
    }
}

fn of_operators(write: &OperatorWrite) -> String {
    match write {
        OperatorWrite::Add { .. } => "add operator".into(),
        OperatorWrite::OpenLink(_) => "open operator link".into(),
        OperatorWrite::SupersedeLinks { .. } => "supersede operator links".into(),
        OperatorWrite::CountSetUp { set_ups, .. } => {
            format!("operator set-ups {set_ups}")
        }
        OperatorWrite::SupersedeInvitations { .. } => "withdraw operator links".into(),
        OperatorWrite::OpenSetUp(_) => "open operator set-up".into(),
        OperatorWrite::PutSetUp(_) => "put operator set-up".into(),
        OperatorWrite::PutWrongCodes { wrong_codes, .. } => {
            format!("operator wrong codes {wrong_codes}")
        }
        OperatorWrite::DropSetUps { .. } => "drop operator set-ups".into(),
        OperatorWrite::BindApp { .. } => "bind app".into(),
        OperatorWrite::Put { since, .. } => format!("operator: {}", since.is_some()),
    }
}
