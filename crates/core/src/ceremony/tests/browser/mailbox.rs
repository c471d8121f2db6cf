//! What a person reads in their mailbox, and the links that they follow from there.

use super::{
    super::world::{World, user_id},
    Browser, told,
};
use crate::{
    account::samples,
    ceremony::{
        change_password,
        forgot_password::{AwaitLook, AwaitWish, Found},
        not_me::AwaitNotMe,
        operators::{self, AddOutcome, RemoveOutcome},
        set_password::{self, AwaitNewPassword, LinkOutcome},
        unlock::AwaitUnlock,
        verify_email::{AwaitLinkWanted, AwaitVerification, LinkWanted},
    },
    id::{AuthenticatorId, UserId},
    letter::Letter,
    link::{Link, LinkPurpose},
    message::{self, Channel, Outgoing},
    moment::{Moment, Seed, Visitor},
    notice::{NoticeKind, Told},
    refusal::Refusal,
    secret::Sealed,
    stated_reason::StatedReason,
    throttle::links::{MailedLinks, ResetRules},
    token::{
        NotMeToken, OperatorLinkToken, ResetPasswordToken, SetPasswordToken, TokenHash, UnlockToken,
        VerifyEmailToken,
    },
    user::EmailAddress,
};

/// Every message with what it says, oldest first.
pub(in super::super) fn letters(world: &World) -> impl DoubleEndedIterator<Item = (&Outgoing, Letter)> {
    world.outbox.iter().map(|message| (message, opened(message)))
}

pub(in super::super) fn opened(message: &Outgoing) -> Letter {
    let body = message.body.as_ref().unwrap();
    message::open(samples::keys(), &message.id, message.user.as_ref(), body).unwrap()
}

/// The newest link of a purpose in a person's mailbox; "this was not me" is found by its notice.
pub(in super::super) fn mailed(world: &World, name: &str, purpose: LinkPurpose) -> Option<TokenHash> {
    let to = format!("{name}@trackwell.example");
    let mut mails = letters(world).rev().filter(|(mail, _)| mail.channel == Channel::Email && mail.to == to);
    mails.find_map(|(_, letter)| match (letter, purpose) {
        (Letter::Link(link), LinkPurpose::SetPassword) => {
            SetPasswordToken::parse(link.token.expose()).map(|token| token.hash())
        }
        (Letter::Link(link), LinkPurpose::ResetPassword) => {
            ResetPasswordToken::parse(link.token.expose()).map(|token| token.hash())
        }
        (Letter::Link(link), LinkPurpose::VerifyEmail) => {
            VerifyEmailToken::parse(link.token.expose()).map(|token| token.hash())
        }
        (Letter::Notice(notice), LinkPurpose::NotMe) => {
            NotMeToken::parse(notice.not_me.expose()).map(|token| token.hash())
        }
        (Letter::Notice(notice), LinkPurpose::Unlock) => notice
            .unlock
            .and_then(|unlock| UnlockToken::parse(unlock.token.expose()))
            .map(|token| token.hash()),
        _ => None,
    })
}

/// The link "this was not me" of the newest notice of a kind.
pub(in super::super) fn not_me_of(world: &World, name: &str, kind: NoticeKind) -> Option<TokenHash> {
    let user = user_id(name);
    let mut notices = world.notices.iter();
    let notice = notices.rfind(|notice| notice.kind == kind && notice.mail.user.as_ref() == Some(&user))?;
    match opened(&notice.mail) {
        Letter::Notice(letter) => NotMeToken::parse(letter.not_me.expose()).map(|token| token.hash()),
        _ => None,
    }
}

/// The circumstances of somebody who needs no browser of these tests.
pub(in super::super) fn moment_of(world: &mut World, act: impl FnOnce(&mut World, &mut Moment<'_>)) {
    moment_at(&samples::visitor(), world, act);
}

pub(super) fn at_console<T>(world: &mut World, act: impl FnOnce(&mut World, &mut Moment<'_>) -> T) -> T {
    moment_at(&Visitor::console(), world, act)
}

fn moment_at<T>(
    visitor: &Visitor,
    world: &mut World,
    act: impl FnOnce(&mut World, &mut Moment<'_>) -> T,
) -> T {
    let seed = Seed::new(world.draw_seed());
    let mut moment = Moment::new(world.now, visitor, samples::keys(), &seed);
    act(world, &mut moment)
}

impl Browser {
    /// An operator has a link mailed to a person.
    pub(in super::super) fn invite(world: &mut World, name: &str) {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            world.commit(set_password::invite(&account, moment));
        });
    }

    /// Somebody at the console makes an operator of a person.
    pub(in super::super) fn add_operator(world: &mut World, name: &str) -> AddOutcome {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            let decision = operators::add(&account, &world.operators(), moment);
            world.commit(decision)
        })
    }

    /// And an ordinary person of an operator.
    pub(in super::super) fn remove_operator(world: &mut World, name: &str) -> RemoveOutcome {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            let reason = StatedReason::parse("left the company").unwrap();
            let (operators, able) = (world.operators(), world.able_operators());
            let decision = operators::remove(&account, (&operators, &able), &reason, moment);
            world.commit(decision)
        })
    }

    pub(in super::super) fn invite_operator(world: &mut World) {
        at_console(world, |world, moment| {
            let decision = operators::invite(&world.operators(), moment);
            world.commit(decision)
        });
    }

    pub(in super::super) fn withdraw_operator_links(world: &mut World) {
        at_console(world, |world, moment| world.commit(operators::withdraw(moment)));
    }

    /// Break-glass.
    pub(in super::super) fn reset_operator(world: &mut World, name: &str) -> Option<OperatorLinkToken> {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            let reason = StatedReason::parse("lost phone and notebook").unwrap();
            let decision = operators::reset(&account, &world.operators(), &reason, moment);
            world.commit(decision)
        })
    }

    /// An operator sets a password, until the person chooses another.
    pub(in super::super) fn set_password_for(world: &mut World, name: &str, new: &str) {
        at_console(world, |world, moment| {
            let account = world.account(&user_id(name), None).unwrap();
            let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
            world.commit(change_password::set_by_operator(&account, id, Sealed(new.into()), moment));
        });
    }

    /// Opens the newest link of a mailbox and chooses a password.
    pub(in super::super) fn set_password(&self, world: &mut World, name: &str, new: &str) -> String {
        match mailed(world, name, LinkPurpose::SetPassword) {
            Some(token) => self.set_password_by(world, token, new),
            None => told(Refusal::LinkOver),
        }
    }

    /// The same by a link for a forgotten password.
    pub(in super::super) fn reset_password(&self, world: &mut World, name: &str, new: &str) -> String {
        match mailed(world, name, LinkPurpose::ResetPassword) {
            Some(token) => self.set_password_by(world, token, new),
            None => told(Refusal::LinkOver),
        }
    }

    /// Says that the password of this address is forgotten.
    pub(in super::super) fn forget_password(&self, world: &mut World, name: &str) {
        self.wish(world, name, 0);
    }

    pub(in super::super) fn wish(&self, world: &mut World, name: &str, of_network: u32) {
        let email = EmailAddress::parse(&format!("{name}@trackwell.example")).unwrap();
        let circumstances = self.circumstances(world);
        world.commit(AwaitWish { of_network }.wished(email, &mut circumstances.moment()));
    }

    /// What the server does by itself within a second.
    pub(in super::super) fn look_at_wishes(world: &mut World) {
        for wish in world.wishes.clone() {
            let user = world.users.iter().find(|user| user.email == wish.email).map(|user| user.id.clone());
            let found = user.map(|user| Found {
                account: account_of(world, &user),
                mailed: MailedLinks::default(),
                of_everybody: 0,
            });
            let rules = ResetRules { hour_max: 1, alerts_to: None };
            moment_of(world, |world, moment| {
                world.commit(AwaitLook { wish: wish.id, found }.look(&rules, moment));
            });
        }
    }

    pub(in super::super) fn set_password_by(&self, world: &mut World, token: TokenHash, new: &str) -> String {
        let Some(link) = link(world, token) else { return told(Refusal::LinkOver) };
        let account = account_of(world, &link.user);
        self.choose_password(world, AwaitNewPassword { link, account }, new)
    }

    /// Chooses a password on what was loaded before, which others may have changed since.
    pub(in super::super) fn choose_password(
        &self,
        world: &mut World,
        state: AwaitNewPassword,
        new: &str,
    ) -> String {
        let circumstances = self.circumstances(world);
        let mut moment = circumstances.moment();
        let id = AuthenticatorId::mint(moment.now, &mut moment.rng);
        told_of_link(world.commit(state.password_chosen(id, Sealed(new.into()), &mut moment)))
    }

    /// Asks for a link that proves the address.
    pub(in super::super) fn want_link(&self, world: &mut World, mailed: MailedLinks) -> String {
        let circumstances = self.circumstances(world);
        let Some((session, account)) = world.session(self.session, self.known) else {
            return told(Refusal::Over);
        };
        let state = AwaitLinkWanted { session, account, mailed };
        match world.commit(state.link_wanted(&mut circumstances.moment())) {
            LinkWanted::Refused(refusal) => told(refusal),
            LinkWanted::Mailed => "mailed".into(),
            LinkWanted::PasswordMailed => "mailed a link to choose a password by".into(),
        }
    }

    /// Opens the newest such link of a mailbox and presses its button.
    pub(in super::super) fn verify_email(&self, world: &mut World, name: &str) -> String {
        let token = mailed(world, name, LinkPurpose::VerifyEmail);
        match token.and_then(|token| self.await_verification(world, token)) {
            Some(state) => self.confirm_email(world, state),
            None => told(Refusal::LinkOver),
        }
    }

    pub(in super::super) fn await_verification(
        &self,
        world: &World,
        token: TokenHash,
    ) -> Option<AwaitVerification> {
        let (session, account) = world.session(self.session, self.known)?;
        Some(AwaitVerification { link: link(world, token)?, session, account })
    }

    pub(in super::super) fn confirm_email(&self, world: &mut World, state: AwaitVerification) -> String {
        let circumstances = self.circumstances(world);
        told_of_link(world.commit(state.confirmed(&mut circumstances.moment())))
    }

    /// Opens the link "this was not me" of the newest notice of a kind and presses its button.
    pub(in super::super) fn say_not_me(&self, world: &mut World, name: &str, kind: NoticeKind) -> String {
        match not_me_of(world, name, kind) {
            Some(token) => self.say_not_me_by(world, token),
            None => told(Refusal::LinkOver),
        }
    }

    pub(in super::super) fn say_not_me_by(&self, world: &mut World, token: TokenHash) -> String {
        match await_not_me(world, token) {
            Some(state) => self.say_not_me_loaded(world, state),
            None => told(Refusal::LinkOver),
        }
    }

    pub(in super::super) fn say_not_me_loaded(&self, world: &mut World, state: AwaitNotMe) -> String {
        let circumstances = self.circumstances(world);
        told_of_link(world.commit(state.said(&mut circumstances.moment())))
    }

    /// Presses the button behind the link of a lock.
    pub(in super::super) fn unlock_by(&self, world: &mut World, token: TokenHash) -> String {
        let Some(link) = link(world, token) else { return told(Refusal::LinkOver) };
        let account = account_of(world, &link.user);
        let circumstances = self.circumstances(world);
        told_of_link(world.commit(AwaitUnlock { link, account }.pressed(&mut circumstances.moment())))
    }
}

pub(in super::super) fn link(world: &World, token: TokenHash) -> Option<Link> {
    world.links.iter().find(|link| link.token == token).cloned()
}

pub(in super::super) fn await_new_password(world: &World, token: TokenHash) -> Option<AwaitNewPassword> {
    let link = link(world, token)?;
    let account = account_of(world, &link.user);
    Some(AwaitNewPassword { link, account })
}

pub(in super::super) fn await_not_me(world: &World, token: TokenHash) -> Option<AwaitNotMe> {
    let link = link(world, token)?;
    let account = account_of(world, &link.user);
    let notice = world.notices.iter().find(|notice| Some(&notice.id) == link.notice.as_ref())?;
    let told = Told {
        kind: notice.kind,
        method: notice.method,
        at: notice.mail.at,
        source: notice.source.clone(),
        user_agent: notice.user_agent.clone(),
    };
    Some(AwaitNotMe { link, account, told })
}

fn account_of(world: &World, user: &UserId) -> crate::account::Account {
    world.account(user, None).unwrap()
}

fn told_of_link(outcome: LinkOutcome) -> String {
    match outcome {
        LinkOutcome::Refused(refusal) => told(refusal),
        LinkOutcome::Done => "done".into(),
    }
}
