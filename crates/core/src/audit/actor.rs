//! Who did something that people did not do themselves.

use crate::id::UserId;

/// Records of what people did to their own accounts name none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Signed in, on the operator's pages.
    Operator(UserId),
    /// Whoever may run commands on the server.
    Console,
}

impl Actor {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Operator(user) => user.as_str(),
            Self::Console => CONSOLE,
        }
    }

    /// Takes what was recorded before and read back.
    pub fn from_stored(text: String) -> Self {
        if text == CONSOLE { Self::Console } else { Self::Operator(UserId::from_stored(text)) }
    }
}

/// No id: those have a prefix and a low line.
const CONSOLE: &str = "console";
