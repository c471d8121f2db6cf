//! TLS that ends here: a certificate from two files, which may be replaced while people are connected.
//!
//! ```text
//!   chain.pem, key.pem ─▶ load: do they belong together? ─▶ Certificates ─▶ shown from the next handshake on
//!                           └─ no: the old one stays, and the error says why
//! ```
//!
//! Who is connected stays so: a certificate is shown once, when a connection begins.

pub(crate) mod expiry;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use countersign_core::timestamp::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, ServerConfig};

/// Where a certificate and its key lie, both as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The server's own certificate first, then those that lead to a root.
    pub chain: PathBuf,
    pub key: PathBuf,
}

/// What keeps a certificate from being used. None of them shows what is in the key's file.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} holds no certificate in PEM", path.display())]
    NoCertificate { path: PathBuf },
    #[error("{} holds no private key in PEM", path.display())]
    NoKey { path: PathBuf },
    #[error("the key in {} is not the one of the certificate in {}", key.display(), chain.display())]
    NoPair { chain: PathBuf, key: PathBuf },
    #[error("the certificate or its key cannot be used: {0}")]
    Unusable(rustls::Error),
    #[error("TLS cannot be set up: {0}")]
    SetUp(rustls::Error),
}

/// What became of a look at the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    Unchanged,
    Changed,
}

/// The certificate that is shown at present; the files may say something newer.
#[derive(Debug)]
pub struct Certificates {
    files: CertificateFiles,
    shown: RwLock<Loaded>,
}

#[derive(Clone, Debug)]
struct Loaded {
    certified: Arc<CertifiedKey>,
    /// Of both files, so that a look at unchanged ones ends there.
    digest: [u8; 32],
}

/// A certificate as an operator wants to know it.
pub struct Examined {
    pub expires_at: Option<Timestamp>,
    leaf: CertificateDer<'static>,
}

impl Certificates {
    pub fn load(files: CertificateFiles) -> Result<Self, TlsError> {
        let shown = RwLock::new(files.read()?.load(&files)?);
        Ok(Self { files, shown })
    }

    /// Looks at the files, and shows from now on what is in them. If they are of no use, nothing changes.
    pub fn reload(&self) -> Result<Reload, TlsError> {
        let found = self.files.read()?;
        if found.digest() == self.shown().digest {
            return Ok(Reload::Unchanged);
        }
        let loaded = found.load(&self.files)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(Reload::Changed)
    }

    /// TLS 1.3 and 1.2 as rustls does them, which leaves weak ciphers and renegotiation out; HTTP/1.1 only.
    pub(super) fn acceptor(self: Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        let builder = ServerConfig::builder_with_provider(provider());
        let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(TlsError::SetUp)?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(self);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config).into())
    }

    fn shown(&self) -> Loaded {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown().certified)
    }
}

impl CertificateFiles {
    /// Whether a server could show it, and what it says.
    pub fn examine(&self) -> Result<Examined, TlsError> {
        let loaded = self.read()?.load(self)?;
        let leaf = loaded.certified.end_entity_cert().map_err(TlsError::Unusable)?.clone().into_owned();
        Ok(Examined { expires_at: expiry::of(&leaf), leaf })
    }

    fn read(&self) -> Result<Found, TlsError> {
        Ok(Found { chain: read(&self.chain)?, key: read(&self.key)?.into() })
    }
}

impl Examined {
    /// Whether browsers accept it for this host, which is a name or an address without a port.
    pub fn covers(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let (Ok(parsed), Ok(name)) =
            (ParsedCertificate::try_from(&self.leaf), ServerName::try_from(bare.to_owned()))
        else {
            return false;
        };
        verify_server_name(&parsed, &name).is_ok()
    }
}

/// What lies in the files, not yet understood.
struct Found {
    chain: Vec<u8>,
    key: zeroize::Zeroizing<Vec<u8>>,
}

impl Found {
    fn digest(&self) -> [u8; 32] {
        // Each by itself, so that no byte can pass from one file to the other unseen.
        let parts = [Sha256::digest(&self.chain), Sha256::digest(&*self.key)];
        Sha256::digest(parts.concat()).into()
    }

    fn load(&self, files: &CertificateFiles) -> Result<Loaded, TlsError> {
        let no_certificate = || TlsError::NoCertificate { path: files.chain.clone() };
        let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&self.chain).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(no_certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_hidden| TlsError::NoKey { path: files.key.clone() })?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::NoPair { chain: files.chain.clone(), key: files.key.clone() }
            }
            other => TlsError::Unusable(other),
        })?;
        Ok(Loaded { certified: Arc::new(certified), digest: self.digest() })
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|cause| TlsError::Unreadable { path: path.to_owned(), cause })
}
