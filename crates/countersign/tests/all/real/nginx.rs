//! nginx as the proxy before us, with connections to us that it keeps.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use super::{
    background::{Background, free_port},
    output_of,
};

/// Stopped when it is dropped.
pub(super) struct Nginx {
    _running: Background,
    pub(super) port: u16,
    _folder: TempDir,
}

impl Nginx {
    /// Before a server at this port of 127.0.0.1. `buffering` is whether nginx reads a whole body before it sends
    /// the request on.
    pub(super) async fn before(server: u16, buffering: bool) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let configuration = folder.path().join("nginx.conf");
        fs::write(&configuration, configuration_of(folder.path(), port, server, buffering)).unwrap();
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-c").arg(&configuration).arg("-p").arg(folder.path());
        let mut running = Background::start(&mut command, &folder.path().join("log"));
        running.until_it_listens(port).await;
        Self { _running: running, port, _folder: folder }
    }
}

/// One process that stays in the foreground, and writes into its own folder only.
fn configuration_of(folder: &Path, port: u16, server: u16, buffering: bool) -> String {
    let folder = folder.display();
    let buffering = if buffering { "on" } else { "off" };
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
         events {{ worker_connections 64; }}
         http {{
             access_log off;
             client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
             fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
             upstream countersign {{ server 127.0.0.1:{server}; keepalive 1; }}
             server {{
                 listen 127.0.0.1:{port};
                 location / {{
                     proxy_pass http://countersign;
                     proxy_http_version 1.1;
                     proxy_set_header Connection \"\";
                     proxy_set_header Host $http_host;
                     proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                     proxy_request_buffering {buffering};
                 }}
             }}
         }}
"
    )
}

#[test]
fn nginx_itself_reads_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("nginx.conf");
    fs::write(&configuration, configuration_of(folder.path(), free_port(), free_port(), true)).unwrap();
    let mut command = Command::new("/usr/sbin/nginx");
    output_of(command.arg("-t").arg("-c").arg(&configuration).arg("-p").arg(folder.path()));
}
