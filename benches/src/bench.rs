//! What the rows share: the program, the floor, and databases that are made when a row first asks for them.

use std::{collections::HashMap, num::NonZeroUsize, path::Path, sync::Arc, thread};

use countersign_core::authenticator::password::Password;
use countersign_service::hasher::{Cost, Hasher, HasherOptions};
use countersign_store::{Database, DatabaseOptions};
use tokio::process::Command;

use crate::{
    Outcome, limits,
    limits::Floor,
    load::Load,
    server::{Server, Site},
    town::{self, Town},
};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) seconds: u64,
    pub(crate) overload_seconds: u64,
    /// People in the database that most rows work on, all of whom can sign in at once.
    pub(crate) people: usize,
    /// People in the large database of row 9.
    pub(crate) people_of_large: usize,
}

/// People in the small database of rows 8 and 9.
pub(crate) const PEOPLE_OF_SMALL: usize = 10_000;

pub(crate) struct Bench {
    pub(crate) site: Site,
    pub(crate) floor: Floor,
    pub(crate) sizes: Sizes,
    pub(crate) cores: usize,
    postgres: Option<String>,
    password_hash: String,
    towns: HashMap<(On, usize), (String, Town)>,
}

impl Sizes {
    pub(crate) fn new(is_quick: bool, seconds: Option<u64>, overload_seconds: Option<u64>) -> Self {
        if is_quick {
            Self {
                seconds: seconds.unwrap_or(1),
                overload_seconds: overload_seconds.unwrap_or(10),
                people: 50_000,
                people_of_large: 100_000,
            }
        } else {
            Self {
                seconds: seconds.unwrap_or(4),
                overload_seconds: overload_seconds.unwrap_or(60),
                people: 200_000,
                people_of_large: 1_000_000,
            }
        }
    }
}

impl Bench {
    pub(crate) async fn start(program: &Path, postgres: Option<&str>, sizes: Sizes) -> Outcome<Self> {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            site: Site::make(program)?,
            floor: Floor::start().await?,
            sizes,
            cores,
            postgres: postgres.map(str::to_owned),
            password_hash: password_hash().await?,
            towns: HashMap::new(),
        })
    }

    /// Which databases there are to measure.
    pub(crate) fn databases(&self) -> Vec<On> {
        if self.postgres.is_some() { vec![On::Sqlite, On::Postgres] } else { vec![On::Sqlite] }
    }

    /// The database of so many people, made now if no row asked for it before, and its address.
    pub(crate) async fn town(&mut self, on: On, people: usize) -> Outcome<(&str, &mut Town)> {
        if !self.towns.contains_key(&(on, people)) {
            eprintln!("  making {people} people on {on}");
            let address = self.address(on, &format!("town_{people}")).await?;
            let database = open(on, &address).await?;
            let open = if people == self.sizes.people { people } else { PEOPLE_OF_SMALL };
            let town = Town::build(database, &self.site.keys, &self.password_hash, people, open).await?;
            self.towns.insert((on, people), (address, town));
        }
        let (address, town) = self.towns.get_mut(&(on, people)).ok_or("a town that was just made is gone")?;
        Ok((address, town))
    }

    /// A node on the database of so many people.
    pub(crate) async fn serve(&mut self, on: On, people: usize) -> Outcome<Server> {
        let address = self.town(on, people).await?.0.to_owned();
        self.site.serve(&address).await
    }

    /// The address of an empty database for `pgbench`.
    pub(crate) async fn pgbench_address(&mut self) -> Outcome<String> {
        let name = "numbers";
        if let Some(server) = &self.postgres
            && let Ok(there) =
                Database::open_postgres(&with_name(server, name), &DatabaseOptions::default()).await
        {
            there.close().await;
            return Ok(with_name(server, name));
        }
        let address = self.address(On::Postgres, name).await?;
        let database = open(On::Postgres, &address).await?;
        limits::prepare_pgbench(&database).await?;
        database.close().await;
        Ok(address)
    }

    /// What a browser gets for a right code.
    pub(crate) fn code_load<'a>(&self, nodes: &'a [std::net::SocketAddr], connections: usize) -> Load<'a> {
        let seconds = self.sizes.seconds;
        Load { nodes, connections, seconds, again: false, status: 303, location: "/profile" }
    }

    /// Where a database lies that does not exist yet.
    async fn address(&self, on: On, name: &str) -> Outcome<String> {
        match on {
            On::Sqlite => Ok(self.site.file(&format!("{name}.db")).display().to_string()),
            On::Postgres => {
                let server = self.postgres.as_deref().ok_or("there is no PostgreSQL to measure")?;
                let made = Command::new("psql")
                    .args(["-q", "-c", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")])
                    .args(["-c", &format!("CREATE DATABASE {name}")])
                    .arg(server)
                    .output()
                    .await?;
                if !made.status.success() {
                    return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
                }
                Ok(with_name(server, name))
            }
        }
    }
}

impl std::fmt::Display for On {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// The one hash of all people, made as the server makes it.
async fn password_hash() -> Outcome<String> {
    let hasher = Hasher::start(HasherOptions { threads: NonZeroUsize::MIN, queue: 1, cost: Cost::STANDARD })?;
    let password = Arc::new(Password::new(town::PASSWORD.to_owned()));
    let (hash, _admission) = hasher.hash(hasher.admit()?, password, [7; 16]).await?;
    Ok(hash.to_string())
}

async fn open(on: On, address: &str) -> Outcome<Database> {
    let options = DatabaseOptions::default();
    Ok(match on {
        On::Sqlite => Database::open_sqlite(Path::new(address), &options).await?,
        On::Postgres => Database::open_postgres(address, &options).await?,
    })
}

/// Another database of the same server.
fn with_name(server: &str, name: &str) -> String {
    let (before, _) = server.rsplit_once('/').unwrap_or((server, ""));
    format!("{before}/{name}")
}
