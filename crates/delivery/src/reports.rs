//! What a gateway reports later on a message that it took.

use crate::SendError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It left the gateway for the phone network.
    Sent,
    /// The phone has it.
    Delivered,
    /// It will not arrive.
    Failed(SendError),
}
