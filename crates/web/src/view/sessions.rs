//! The browsers in which a person is signed in.

use countersign_service::end_sessions::SessionState;

use crate::view::frame::Frame;
use crate::view::when::When;
use crate::view::whereabouts::Whereabouts;

/// So many are shown, which is more than anybody uses; of more than that, the oldest are counted.
const SHOWN_MAX: usize = 20;

pub(crate) struct Sessions {
    pub(super) shown: Vec<SessionRow>,
    pub(super) more: usize,
}

pub(super) struct SessionRow {
    pub(super) id: String,
    pub(super) is_this: bool,
    /// None where it was made by no browser.
    pub(super) whereabouts: Option<Whereabouts>,
    pub(super) signed_in: When,
    pub(super) last_seen: When,
}

impl Sessions {
    /// `place_of` puts a network address into words.
    pub(crate) fn of(
        frame: &Frame,
        states: &[SessionState],
        place_of: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let row = |state: &SessionState| {
            let place = place_of(&state.source);
            SessionRow {
                id: state.id.to_string(),
                is_this: state.is_this,
                whereabouts: Whereabouts::of(frame, &state.source, &state.user_agent, place.as_deref()),
                signed_in: When::at(frame, state.signed_in_at),
                last_seen: When::at(frame, state.last_seen_at),
            }
        };
        Self {
            shown: states.iter().take(SHOWN_MAX).map(row).collect(),
            more: states.len().saturating_sub(SHOWN_MAX),
        }
    }

    pub(super) fn has_others(&self) -> bool {
        self.shown.iter().any(|session| !session.is_this)
    }
}

impl SessionRow {
    pub(super) fn browser(&self, frame: &Frame) -> String {
        match &self.whereabouts {
            Some(whereabouts) => whereabouts.browser.clone(),
            None => frame.text("browser-unknown"),
        }
    }
}
