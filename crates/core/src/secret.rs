//! Values that must not be printed, compared carelessly or left in memory.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Wraps a secret: no `Debug`, no `Display`, no `Serialize`, no `PartialEq`; wiped when it goes out of scope.
///
/// The compiler refuses to print one:
/// ```compile_fail
/// let secret = countersign_core::secret::Secret::new(vec![1u8]);
/// println!("{secret:?}");
/// ```
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Every call is a place to look at in a review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// A secret as it may be stored: encrypted by the key ring of the service, bound to its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}
