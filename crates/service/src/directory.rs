//! What an operator looks up: companies and people, page by page, and everything about one person on one page.

use countersign_core::{
    account::{Account, Lane},
    ceremony::by_operator::Lost,
    id::{OrganizationId, UserId},
    policy::requirement::Required,
    timestamp::Timestamp,
};
use countersign_store::{accounts, activity, directory, ladders, sessions};
pub use countersign_store::{
    activity::EventLine,
    directory::{OrganizationFacts, OrganizationLine, UserLine},
    sessions::SessionLine,
};

use crate::{Fault, Service};

/// What people read to the end, and what keeps a page small.
pub const LINES_ON_A_PAGE: usize = 25;
/// Enough to see what led to a call for help.
const EVENTS_SHOWN: usize = 20;
/// Nobody reads more; somebody may have signed in by a program.
const SESSIONS_SHOWN: usize = 100;
/// Longer than any name or address.
pub const SEARCH_CHARACTERS_MAX: usize = 254;

/// Which people are looked for.
#[derive(Clone, Debug, Default)]
pub struct UserSearch {
    /// A whole id, or part of a name or an email address.
    pub text: Option<String>,
    pub organization: Option<OrganizationId>,
    pub only_locked: bool,
}

/// Some lines of a list, and behind what the next ones begin; `None` at the end of the list.
pub struct ListPage<T> {
    pub lines: Vec<T>,
    pub next: Option<String>,
}

/// Everything about one person that an operator decides by.
pub struct UserView {
    pub account: Account,
    /// Locks in force, the name's first.
    pub locks: Vec<Lane>,
    pub sessions: Vec<SessionLine>,
    pub events: Vec<EventLine>,
}

impl Service {
    pub async fn find_users(
        &self,
        search: UserSearch,
        after: Option<String>,
    ) -> Result<ListPage<UserLine>, Fault> {
        let filter = directory::UserFilter {
            text: search.text.as_deref().and_then(searched),
            organization: search.organization,
            locked_at: search.only_locked.then(|| self.now()),
        };
        let found = self.0.database.read(move |tx| {
            let (filter, after) = (filter.clone(), after.clone());
            Box::pin(
                async move { directory::users(tx, &filter, after.as_deref(), LINES_ON_A_PAGE + 1).await },
            )
        });
        Ok(ListPage::of(found.await?, |line| line.email.clone()))
    }

    pub async fn find_organizations(
        &self,
        text: Option<&str>,
        after: Option<String>,
    ) -> Result<ListPage<OrganizationLine>, Fault> {
        let text = text.and_then(searched);
        let found = self.0.database.read(move |tx| {
            let (text, after) = (text.clone(), after.clone());
            Box::pin(async move {
                directory::organizations(tx, text.as_deref(), after.as_deref(), LINES_ON_A_PAGE + 1).await
            })
        });
        Ok(ListPage::of(found.await?, |line| line.name.clone()))
    }

    pub async fn organization_view(&self, id: &OrganizationId) -> Result<Option<OrganizationFacts>, Fault> {
        let id = id.clone();
        let found = self.0.database.read(move |tx| {
            let id = id.clone();
            Box::pin(async move { directory::organization(tx, &id).await })
        });
        Ok(found.await?)
    }

    pub async fn user_view(&self, id: &UserId) -> Result<Option<UserView>, Fault> {
        let (id, now) = (id.clone(), self.now());
        let found = self.0.database.read(move |tx| {
            let id = id.clone();
            Box::pin(async move {
                let Some(user) = accounts::user(tx, &id).await? else { return Ok(None) };
                let account = accounts::account(tx, user, None, None).await?;
                let mut sessions = sessions::of_user(tx, &account.user, now).await?;
                sessions.truncate(SESSIONS_SHOWN);
                sessions.retain(|line| line.session.is_live(&account.user, now));
                let mut locks = ladders::of_user(tx, &id).await?;
                locks.retain(|lane| lane.ladder.lock_at(now).is_some());
                let events = activity::of_user(tx, &id, None, EVENTS_SHOWN).await?;
                Ok(Some(UserView { account, locks, sessions, events }))
            })
        });
        Ok(found.await?)
    }
}

impl UserView {
    /// Until when the longest of the locks holds.
    pub fn locked_until(&self) -> Option<Timestamp> {
        self.locks.iter().filter_map(|lane| lane.ladder.lock).map(|lock| lock.until).max()
    }

    /// What a sign-in will ask for once this was taken; `None` where there is nothing of it.
    pub fn required_without(&self, lost: Lost) -> Option<Required> {
        self.account.without(lost).map(|rest| rest.required())
    }
}

impl<T> ListPage<T> {
    /// One line more than fits was asked for: if it came, there is a next page.
    fn of(mut lines: Vec<T>, cursor: impl Fn(&T) -> String) -> Self {
        let has_more = lines.len() > LINES_ON_A_PAGE;
        lines.truncate(LINES_ON_A_PAGE);
        let next = lines.last().filter(|_| has_more).map(cursor);
        Self { lines, next }
    }
}

/// What was typed into a search field, without the white space around it; nothing if that is all.
fn searched(typed: &str) -> Option<String> {
    let text: String = typed.trim().chars().take(SEARCH_CHARACTERS_MAX).collect();
    // No database takes it in a text, and no name has it.
    (!text.is_empty() && !text.contains('\0')).then_some(text)
}
