//! Somebody who types wrong passwords at a name until it is locked, and remembers what they were told.

use std::sync::Arc;

use super::person::World;

#[derive(Clone)]
pub(super) struct Stranger {
    /// Of somebody who does nothing meanwhile: whoever signs in lifts what was counted.
    pub(super) email: String,
    world: Arc<World>,
    /// Verdicts that were told.
    pub(super) refused: usize,
    /// Whether they were told that the name is locked.
    pub(super) has_locked: bool,
}

/// It must stand nowhere, as no password that somebody typed.
pub(super) const GUESS: &str = "forty wet umbrellas at noon";

impl Stranger {
    pub(super) fn new(email: String, world: &Arc<World>) -> Self {
        Self { email, world: Arc::clone(world), refused: 0, has_locked: false }
    }

    /// One try: so there is one in each of several rounds before the name is locked.
    pub(super) async fn guess(mut self) -> Self {
        let mut client = (self.world.new_client)();
        let fields = [("email", self.email.as_str()), ("password", GUESS)];
        // Without an answer nothing was promised.
        if let Ok(answer) = client.submit("/sign-in", &fields).await {
            match answer.status {
                422 => self.refused += 1,
                429 => self.has_locked = true,
                // Nobody could look; what was counted is the server's business.
                503 => {}
                _ => panic!("a wrong password for {}: {answer:?}", self.email),
            }
        }
        self
    }
}
