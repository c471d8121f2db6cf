//! TLS that ends in the server: what a client sees of its certificate, and of a new one.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use countersign_web::{
    Router,
    server::{
        self,
        tls::{CertificateFiles, Certificates, Reload, TlsError},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
        version::{TLS12, TLS13},
    },
};

use super::{certificate, output_of};
use crate::attacks::smuggling::{SMUGGLED, must_be_refused_alone};

/// Who asks; they trust the authorities that they were told of.
pub(super) struct Client {
    roots: RootCertStore,
    versions: Vec<&'static SupportedProtocolVersion>,
}

impl Client {
    pub(super) fn trusting(authorities: &[&Path]) -> Self {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        }
        Self { roots, versions: vec![&TLS13, &TLS12] }
    }

    /// Connects as to `localhost`; a certificate that is not for it, or not trusted, is an error.
    pub(super) async fn connect(&self, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_protocol_versions(&self.versions).unwrap();
        let mut config = builder.with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

/// One answer, after which the connection stays open.
pub(super) async fn ask(stream: &mut TlsStream<TcpStream>, path: &str, host: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !is_whole(&answer) {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "closed in the middle of an answer");
    }
    String::from_utf8(answer).unwrap()
}

/// Whether the body is as long as the head says.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() >= length.parse().unwrap())
}

/// The server's own certificate, as the client saw it.
pub(super) fn certificate_of(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// Serves until it is dropped.
struct Serving {
    folder: TempDir,
    authority: std::path::PathBuf,
    certificates: Arc<Certificates>,
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Serving {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = certificate::make(folder.path());
        let certificates = Arc::new(Certificates::load(files(folder.path())).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/healthz", axum::routing::get(async || "ok"));
        let (stop, stopped) = oneshot::channel::<()>();
        let shown = Arc::clone(&certificates);
        tokio::spawn(async move {
            let stopped = async {
                let _dropped = stopped.await;
            };
            server::serve_tls(listener, shown, router, stopped).await.unwrap();
        });
        Self { folder, authority, certificates, address, _stop: stop }
    }

    fn client(&self) -> Client {
        Client::trusting(&[&self.authority])
    }
}

fn files(folder: &Path) -> CertificateFiles {
    CertificateFiles { chain: folder.join("certificate.pem"), key: folder.join("certificate.key") }
}

#[tokio::test]
async fn tls_1_3_and_1_2_are_spoken_with_http_1_1_and_nothing_older() {
    let serving = Serving::start().await;
    for (version, spoken) in [(&TLS13, ProtocolVersion::TLSv1_3), (&TLS12, ProtocolVersion::TLSv1_2)] {
        let client = Client { versions: vec![version], ..serving.client() };
        let mut stream = client.connect(serving.address).await.unwrap();
        assert!(ask(&mut stream, "/healthz", "localhost").await.ends_with("ok"));
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(spoken));
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    let mut old = std::process::Command::new("openssl");
    old.args(["s_client", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-connect", &serving.address.to_string()]);
    let refused = tokio::task::spawn_blocking(move || old.stdin(std::process::Stdio::null()).output());
    assert!(!refused.await.unwrap().unwrap().status.success());
}

#[tokio::test]
async fn a_certificate_is_replaced_while_people_are_connected() {
    let serving = Serving::start().await;
    let mut early = serving.client().connect(serving.address).await.unwrap();
    let old = certificate_of(&early);
    assert_eq!(serving.certificates.reload().unwrap(), Reload::Unchanged);

    let authority = certificate::make(serving.folder.path());
    assert_eq!(serving.certificates.reload().unwrap(), Reload::Changed);
    let mut late = Client::trusting(&[&authority]).connect(serving.address).await.unwrap();
    assert_ne!(certificate_of(&late), old);
    assert!(ask(&mut late, "/healthz", "localhost").await.ends_with("ok"));
    assert!(ask(&mut early, "/healthz", "localhost").await.ends_with("ok"), "cut off by a new certificate");
}

#[tokio::test]
async fn files_that_are_of_no_use_leave_the_old_certificate() {
    let serving = Serving::start().await;
    let old = certificate_of(&serving.client().connect(serving.address).await.unwrap());
    let files = files(serving.folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    certificate::make(elsewhere.path());
    let other_key = fs::read(elsewhere.path().join("certificate.key")).unwrap();
    let (chain, key) = (fs::read(&files.chain).unwrap(), fs::read(&files.key).unwrap());
    for (wrong_chain, wrong_key, told) in [
        (&chain[..], &other_key[..], "is not the one of the certificate"),
        (b"canary", &key, "holds no certificate"),
        (&chain, b"canary", "holds no private key"),
        (b"", b"", "holds no certificate"),
        (&chain, &chain, "holds no private key"),
        (&chain[..chain.len() / 2], &key, "holds no certificate"),
    ] {
        fs::write(&files.chain, wrong_chain).unwrap();
        fs::write(&files.key, wrong_key).unwrap();
        let error = serving.certificates.reload().unwrap_err().to_string();
        assert!(error.contains(told) && !error.contains("canary"), "{error}");
        let mut stream = serving.client().connect(serving.address).await.unwrap();
        assert_eq!(certificate_of(&stream), old);
        assert!(ask(&mut stream, "/healthz", "localhost").await.ends_with("ok"));
    }
    fs::remove_file(&files.key).unwrap();
    assert!(matches!(serving.certificates.reload(), Err(TlsError::Unreadable { .. })));
    assert!(matches!(Certificates::load(files), Err(TlsError::Unreadable { .. })), "a start without a key");
}

#[tokio::test]
async fn plain_http_at_a_tls_port_is_told_and_closed() {
    let serving = Serving::start().await;
    let mut plain = TcpStream::connect(serving.address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _reset = plain.read_to_end(&mut answer).await;
    // An alert (21), and no word of HTTP.
    assert_eq!(answer.first(), Some(&21), "{answer:?}");
    assert!(answer.len() < 10, "{answer:?}");
}

/// A89: who begins a handshake and goes no further, or says nothing, is not waited for.
#[tokio::test(start_paused = true)]
async fn atk_89_a_handshake_that_never_ends_is_closed() {
    let serving = Serving::start().await;
    for beginning in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut slow = TcpStream::connect(serving.address).await.unwrap();
        slow.write_all(beginning).await.unwrap();
        // The clock stands still but for this: nothing is waited for.
        let mut answer = Vec::new();
        let _reset = slow.read_to_end(&mut answer).await;
        assert!(answer.len() < 10, "{answer:?}");
    }
}

/// A89: a head that never ends is not waited for behind TLS either.
#[tokio::test]
async fn atk_89_a_head_that_never_ends_is_closed_over_tls() {
    let serving = Serving::start().await;
    let mut stream = serving.client().connect(serving.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: ").await.unwrap();
    // From here on time passes as soon as nobody has anything to do; during the handshake it would end that.
    tokio::time::pause();
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer).await;
    assert_eq!(String::from_utf8_lossy(&answer), "");
}

/// A89: what is refused in the clear is refused over TLS.
#[tokio::test]
async fn atk_89_what_can_be_cut_in_two_ways_is_refused_over_tls() {
    let serving = Serving::start().await;
    let client = serving.client();
    // A host, a route and what is behind them are not looked at here: only where a request ends.
    for (name, request) in SMUGGLED.iter().filter(|(name, _)| *name != "two hosts") {
        let stream = client.connect(serving.address).await.unwrap();
        must_be_refused_alone(stream, "localhost", name, request).await;
    }
}

/// `openssl`, without us: the certificate of the tests is one that a stranger accepts.
#[test]
fn the_certificate_of_the_tests_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let authority = certificate::make(folder.path());
    let mut verify = std::process::Command::new("openssl");
    verify.args(["verify", "-verify_hostname", "localhost", "-CAfile"]).arg(&authority);
    let said = output_of(verify.arg(files(folder.path()).chain));
    assert!(said.ends_with("OK"), "{said}");
    let examined = files(folder.path()).examine().unwrap();
    assert!(examined.covers("localhost") && examined.covers("127.0.0.1"));
    assert!(!examined.covers("localhost.example") && !examined.covers("::1") && !examined.covers(""));
    assert!(examined.expires_at.is_some());
}

/// The error of a client that does not trust.
#[tokio::test]
async fn a_client_that_knows_another_authority_refuses_us() {
    let serving = Serving::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other = certificate::make(elsewhere.path());
    let refused = Client::trusting(&[&other]).connect(serving.address).await.unwrap_err();
    let cause = refused.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    assert!(matches!(cause, Some(rustls::Error::InvalidCertificate(_))), "{refused}");
}
