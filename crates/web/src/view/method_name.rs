//! What each kind of authenticator is called on the pages.

use countersign_core::authenticator::AuthenticatorKind;

/// The id of the text that names it.
pub(super) fn name_of(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::Password => "field-password",
        AuthenticatorKind::App => "method-app",
        AuthenticatorKind::Phone => "method-phone",
        AuthenticatorKind::RecoveryKey => "method-recovery-key",
    }
}

/// The id of the word behind "Edit" and "Add".
pub(super) fn short_name_of(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::Password => "field-password",
        AuthenticatorKind::App => "method-app-short",
        AuthenticatorKind::Phone => "method-phone-short",
        AuthenticatorKind::RecoveryKey => "method-recovery-key-short",
    }
}
