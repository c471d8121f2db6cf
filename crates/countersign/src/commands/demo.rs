//! `countersign demo`: everything on embedded SQLite, with example companies and an inbox page.

use std::{net::SocketAddr, path::PathBuf};

use countersign_core::secret::Secret;
use countersign_service::{Fault, Service, clock::Clock, seeds::Seeds};
use countersign_web::server;
use serde::Serialize;

use super::{
    Failure, block_on, operator,
    output::{FOLDER_ADVICE, answer, make_folder},
    serve,
};
use crate::{
    app::{self, Node, Sources},
    config::{
        Config, DatabaseAddress, Values, key_file,
        mail::Mail,
        texts::{Gateway, Texts},
    },
    demo::{self, DemoSignIn},
    logs,
};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Keep the data in this folder; without it everything is forgotten at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    url: String,
    inbox_url: String,
    users: Vec<DemoSignIn>,
    /// Whoever opens it becomes the operator; only where there is none yet.
    operator_url: Option<String>,
}

pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    logs::start("warn", None).map_err(|cause| Failure::new("logs", cause))?;
    let nowhere = |cause| Failure::new("folder", format!("{cause}; {FOLDER_ADVICE} as TMPDIR, or as --data"));
    let forgotten = tempfile::tempdir().map_err(nowhere)?;
    let folder = arguments.data.clone().unwrap_or_else(|| forgotten.path().to_owned());
    make_folder(&folder)?;
    let config = config(arguments.listen, &folder)?;
    if !config.keys_file.exists() {
        key_file::create(&config.keys_file, &Secret::new(Seeds.bytes()?))?;
    }
    block_on(serve(config, json))
}

/// The demo's own configuration: the environment has no say, so that it starts the same everywhere.
fn config(listen: SocketAddr, folder: &std::path::Path) -> Result<Config, Failure> {
    let values = Values::gather(None, [("COUNTERSIGN_SMS_HOME_COUNTRY".into(), "US".into())])?;
    let defaults = Config::from_values(&values)?;
    Ok(Config {
        listen,
        database: DatabaseAddress::Sqlite(folder.join("countersign.db")),
        keys_file: folder.join("countersign.keys"),
        product_name: "Trackwell".to_owned(),
        support_contact: Some("support@trackwell.example".to_owned()),
        mail: Some(Mail::Recorded),
        texts: Some(Texts::by(Gateway::Recorded, &values)?),
        ..defaults
    })
}

async fn serve(mut config: Config, json: bool) -> Result<(), Failure> {
    let listener = serve::listen("--listen", config.listen).await?;
    let port = listener.local_addr().map_err(|cause| Failure::new("listen", cause))?.port();
    // Passkeys need a name, so that the demo is called by one from the start.
    config.public_url = format!("http://localhost:{port}");
    let keys = key_file::read(&config.keys_file)?;
    let database = app::open_to_serve(&config, &keys, &Clock::system()).await?;
    let node = Node::start(&config, database, keys, Sources::default())?;
    demo::seed(&node.service).await?;
    let router = app::pages(&config, node.service.clone(), Some(app::inbox(node.recorded.clone())))?;
    let mut asked = serve::stop_asked()?;
    let told = Answer {
        url: config.public_url.clone(),
        inbox_url: format!("{}/demo/inbox", config.public_url),
        users: demo::sign_ins(),
        operator_url: first_operator(&node.service, &config.public_url).await?,
    };
    announce(&told, json)?;
    server::serve(listener, router, async move {
        let _whoever_it_was = asked.next().await;
    })
    .await;
    node.stop().await;
    Ok(())
}

/// The demo's operator is whoever comes first, as everywhere.
async fn first_operator(service: &Service, url: &str) -> Result<Option<String>, Fault> {
    if !service.operators().await?.is_empty() {
        return Ok(None);
    }
    let token = service.invite_operator().await?;
    Ok(Some(operator::link(url, &token)))
}

fn announce(told: &Answer, json: bool) -> Result<(), Failure> {
    let sign_in = |user: &DemoSignIn| {
        format!("  {:<24} {:<30} {} of {}\n", user.email, user.password, user.role, user.organization)
    };
    let sign_ins: String = told.users.iter().map(sign_in).collect();
    let operator = told.operator_url.as_ref().map_or_else(String::new, |link| {
        format!("\nBecome the operator of all this, with an authenticator app, at\n  {link}\n")
    });
    let sentence = format!(
        "Countersign's demo is at {} and its inbox at {}.\n\nSign in as\n{sign_ins}{operator}\nStop with Ctrl-C.",
        told.url, told.inbox_url
    );
    answer(json, &sentence, told)
}
