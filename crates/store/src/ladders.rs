//! All ladders of one person: the name's, and those of the browsers that they are known in.

use countersign_core::{account::Lane, id::UserId, throttle::ladder::LadderSubject};

use crate::{
    Fault, Row, Tx, params,
    rows::{self, ladder_columns},
};

/// Only those that hold something. Whoever changes them has locked the user's row.
pub async fn of_user(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<Lane>, Fault> {
    let rows = tx.query(&OF_USER, &params![user.as_str()]).await?;
    let lane = |row: &Row| {
        let subject = LadderSubject::from_stored(row.text(rows::LADDER_COLUMNS)?.to_owned());
        Ok(Lane { subject, ladder: rows::ladder(row)? })
    };
    rows.iter().map(lane).collect()
}

crate::statements! {
    /// Spells subjects as `LadderSubject::known_browser` does.
    OF_USER: new(concat!(
        "SELECT ", ladder_columns!(), ", subject FROM ladders WHERE subject = $1 OR subject IN ( \
             SELECT user_id || '/' || id FROM known_browsers WHERE user_id = $1) \
         ORDER BY subject"
    ));
}
