//! What each kind of authenticator is called on the pages.

use countersign_core::authenticator::AuthenticatorKind;
use countersign_core::message::Channel;

/// The id of the text that names it.
pub(super) fn name_of(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::Password => "field-password",
        AuthenticatorKind::App => "method-app",
        AuthenticatorKind::Phone => "method-phone",
        AuthenticatorKind::Email => "method-email",
        AuthenticatorKind::RecoveryKey => "method-recovery-key",
        AuthenticatorKind::BackupCodes => "method-backup-codes",
    }
}

/// The id of the text that names it with the place that codes go to.
pub(super) fn name_with_place_of(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "method-phone-to",
        Channel::Email => "method-email-to",
    }
}

/// The id of the word behind "Edit" and "Add".
pub(super) fn short_name_of(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::Password => "field-password",
        AuthenticatorKind::App => "method-app-short",
        AuthenticatorKind::Phone => "method-phone-short",
        AuthenticatorKind::Email => "method-email-short",
        AuthenticatorKind::RecoveryKey => "method-recovery-key-short",
        AuthenticatorKind::BackupCodes => "method-backup-codes-short",
    }
}
