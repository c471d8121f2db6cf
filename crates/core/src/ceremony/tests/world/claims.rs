//! Conditional changes: where a statement of `store::commit` has a condition, the same one stands here.

use super::{CeremonyRow, World};
use crate::{
    authenticator::{Material, sent_code::GUESSES_MAX},
    ceremony::Claim,
    id::{AuthenticatorId, CeremonyId, SentCodeId},
    timestamp::Timestamp,
    token::TokenHash,
};

impl World {
    /// Carries out a conditional change; says whether its row matched.
    pub(super) fn claim(&mut self, claim: &Claim) -> bool {
        match claim {
            Claim::UseStep { authenticator, step, at } => self.use_step(authenticator, *step, *at),
            Claim::EndCeremony { ceremony, end, at } => {
                self.open_ceremony(ceremony, *at).is_some_and(|row| {
                    row.end = Some(*end);
                    (row.ceremony.ended_at, row.ceremony.new_key) = (Some(*at), None);
                    true
                })
            }
            Claim::UseCode { code, at } => self.use_code(code, *at),
            Claim::TiePending { ceremony, authenticator, instead_of, at } => {
                let open = self.open_ceremony(ceremony, *at).filter(|row| row.pending == *instead_of);
                open.is_some_and(|row| {
                    row.pending = Some(authenticator.clone());
                    true
                })
            }
            Claim::Revoke { authenticator, .. } => {
                let mut rows = self.authenticators.iter_mut();
                let row = rows.find(|row| row.authenticator.id == *authenticator && row.is_in_force());
                row.is_some_and(|row| {
                    row.is_revoked = true;
                    true
                })
            }
            Claim::Bind { authenticator, step, at } => self.bind_pending(authenticator, *step, *at),
            Claim::UseOperatorLink { .. } => unreachable!("`become_operator` has no tables here"),
            Claim::TakeWish { wish } => {
                let place = self.wishes.iter().position(|waiting| waiting.id == *wish);
                place.map(|place| self.wishes.remove(place)).is_some()
            }
            Claim::UseBackupCode { authenticator, number, .. } => {
                self.use_backup_code(authenticator, *number)
            }
            Claim::UseLink { token, at } => self.use_link(*token, *at),
        }
    }

    fn open_ceremony(&mut self, id: &CeremonyId, at: Timestamp) -> Option<&mut CeremonyRow> {
        self.ceremonies.iter_mut().find(|row| {
            let ceremony = &row.ceremony;
            ceremony.id == *id && ceremony.ended_at.is_none() && ceremony.expires_at > at
        })
    }

    fn use_step(&mut self, id: &AuthenticatorId, step: i64, at: Timestamp) -> bool {
        let row = self.authenticators.iter_mut().find(|row| {
            row.authenticator.id == *id
                && row.is_in_force()
                && row.authenticator.disabled_at.is_none()
                && row.authenticator.steps.accepted.is_none_or(|accepted| accepted < step)
        });
        let Some(row) = row else { return false };
        row.authenticator.steps.accepted = Some(step);
        row.authenticator.last_used_at = Some(at);
        row.authenticator.failures.in_a_row = 0;
        self.accepted_steps.push((id.clone(), step));
        true
    }

    fn use_backup_code(&mut self, id: &AuthenticatorId, number: u8) -> bool {
        let mut rows = self.authenticators.iter_mut();
        let row = rows.find(|row| {
            row.authenticator.id == *id && row.is_in_force() && row.authenticator.disabled_at.is_none()
        });
        let material = row.map(|row| &mut row.authenticator.material);
        let Some(Material::BackupCodes(set)) = material else { return false };
        let used = set.clone().using(number);
        let is_first = used != *set;
        *set = used;
        is_first
    }

    fn use_code(&mut self, id: &SentCodeId, at: Timestamp) -> bool {
        let row = self.codes.iter_mut().find(|row| {
            row.sent.id == *id && row.is_newest() && row.sent.expires_at > at && row.guesses < GUESSES_MAX
        });
        let Some(row) = row else { return false };
        row.used_at = Some(at);
        self.accepted_codes.push(id.clone());
        true
    }

    fn bind_pending(&mut self, id: &AuthenticatorId, step: Option<i64>, at: Timestamp) -> bool {
        let row = self
            .authenticators
            .iter_mut()
            .find(|row| row.authenticator.id == *id && !row.is_bound && !row.is_revoked);
        let Some(row) = row else { return false };
        row.is_bound = true;
        row.authenticator.bound_at = at;
        row.authenticator.last_used_at = Some(at);
        row.authenticator.steps.accepted = step;
        let user = row.user.clone();
        self.accepted_steps.extend(step.map(|step| (id.clone(), step)));
        self.assert_one_of_a_kind(&user);
        true
    }

    fn use_link(&mut self, token: TokenHash, at: Timestamp) -> bool {
        let link = self.links.iter_mut().find(|link| {
            link.token == token
                && link.used_at.is_none()
                && link.superseded_at.is_none()
                && link.expires_at > at
        });
        link.is_some_and(|link| {
            link.used_at = Some(at);
            true
        })
    }
}
