//! Values that are stored, logged or typed as a word of their own: one list says which there are and what each is called.

/// Declares an enum whose every value has a word, with `ALL` of them, `as_str` and `parse`.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($(#[$doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        $visibility enum $name {
            $($(#[$doc])* $value,)+
        }

        impl $name {
            $visibility const ALL: [Self; [$($word),+].len()] = [$(Self::$value),+];

            $visibility fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }

            /// `None` for what another version of this program calls something.
            $visibility fn parse(text: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == text)
            }
        }
    };
}
