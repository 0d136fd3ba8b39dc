//! TLS: the service's certificate, given or its own, and whom a client trusts.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest as _, Sha256};
use verilume_server::TlsIdentity;
use x509_cert::der::Decode as _;

use crate::clock;
use crate::config::{Settings, TlsSource};
use crate::failure::{Exit, Failure, chain};

/// Certificate and key that the service made for itself, in the data folder, for its owner alone.
pub(crate) const OWN_IDENTITY: &str = "tls-self-signed.pem";
/// The certificate of it, for clients to trust.
const OWN_CERTIFICATE: &str = "tls-certificate.pem";
/// How long a certificate of one's own is valid, days. Origin: Apple's systems accept no longer one.
const OWN_VALID_DAYS: u64 = 825;
/// A certificate of one's own that ends within this time is replaced when the service starts. Initial: a month.
const RENEW_BEFORE: Duration = Duration::from_secs(30 * 86_400);
/// The largest PEM file that is read, bytes. Origin: chains have some kilobytes.
const MAX_PEM_BYTES: u64 = 1 << 20;

/// What the service speaks TLS with.
pub(crate) struct Tls {
    pub(crate) identity: TlsIdentity,
    /// What the operator is told of a certificate that nobody has vouched for.
    pub(crate) notice: Option<String>,
}

/// The certificate that the settings ask for.
pub(crate) fn of(settings: &Settings) -> Result<Option<Tls>, Failure> {
    match settings.tls()? {
        TlsSource::None => Ok(None),
        TlsSource::Files { certificate, key } => {
            let identity = identity(&read(certificate)?, &read(key)?)?;
            Ok(Some(Tls { identity, notice: None }))
        }
        TlsSource::SelfSigned { folder } => {
            let file = folder.join(OWN_IDENTITY);
            let pem = own(&file, &names(settings))?;
            let certificate =
                first_certificate(&pem).ok_or_else(|| unusable(&file, "it holds no certificate"))?;
            let public = folder.join(OWN_CERTIFICATE);
            std::fs::write(&public, certificate_part(&pem))
                .map_err(|error| unusable(&public, &error.to_string()))?;
            let notice = format!(
                "self-signed certificate {}, SHA-256 {}\n",
                public.display(),
                fingerprint(&certificate)
            );
            Ok(Some(Tls { identity: identity(&pem, &pem)?, notice: Some(notice) }))
        }
    }
}

fn identity(certificate: &[u8], key: &[u8]) -> Result<TlsIdentity, Failure> {
    TlsIdentity::from_pem(certificate, key).map_err(|error| {
        Failure::new(
            Exit::Arguments,
            "tls_unusable",
            chain(&error),
            "name PEM files with tls.certificate (its chain after it) and tls.key, or say tls.self_signed = true",
        )
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let size = std::fs::metadata(file).map_err(|error| unusable(file, &error.to_string()))?.len();
    if size > MAX_PEM_BYTES {
        return Err(unusable(file, "it is too large for a PEM file"));
    }
    std::fs::read(file).map_err(|error| unusable(file, &error.to_string()))
}

fn unusable(file: &Path, problem: &str) -> Failure {
    let hint = "name PEM files that this user can read, and a data folder that it can write";
    Failure::new(Exit::Arguments, "tls_unusable", format!("{}: {problem}", file.display()), hint)
}

/// The names that a certificate of one's own is for.
fn names(settings: &Settings) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !settings.listen.ip().is_unspecified() {
        names.push(settings.listen.ip().to_string());
    }
    let host = settings.public_url.as_deref().and_then(|url| url.split_once("://"));
    let host = host.and_then(|(_, rest)| rest.split(['/', '?']).next());
    // Without the port; the colons of an address in brackets are none.
    let host = host.map(|host| match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    });
    names.extend(host.map(str::to_owned));
    names.sort();
    names.dedup();
    names
}

/// The certificate and key of the folder, made if there are none or if they are about to end.
fn own(file: &Path, names: &[String]) -> Result<Vec<u8>, Failure> {
    match read_if_there(file)? {
        Some(pem) if !ends_soon(&pem) => return Ok(pem),
        Some(_) => std::fs::remove_file(file).map_err(|error| unusable(file, &error.to_string()))?,
        None => {}
    }
    let made = make(names).map_err(|error| unusable(file, &error.to_string()))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let keep = || -> std::io::Result<()> {
        private_folder(folder)?;
        let draft = file.with_extension(format!("{}.draft", std::process::id()));
        private(&draft)?.write_all(made.as_bytes())?;
        // Linked and not renamed: of processes that start together all take the first one's.
        let linked = std::fs::hard_link(&draft, file);
        std::fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    };
    keep().map_err(|error| unusable(file, &error.to_string()))?;
    read(file)
}

fn read_if_there(file: &Path) -> Result<Option<Vec<u8>>, Failure> {
    if file.exists() { read(file).map(Some) } else { Ok(None) }
}

fn ends_soon(pem: &[u8]) -> bool {
    let ends = first_certificate(pem).and_then(|certificate| valid_until(&certificate));
    ends.is_none_or(|ends| ends < clock::since_1970() + RENEW_BEFORE)
}

/// Key and certificate, PEM.
fn make(names: &[String]) -> Result<String, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "verilume self-signed");
    let today = clock::since_1970().as_secs() / 86_400;
    let day = |day| {
        let (year, month, day) = clock::calendar(day);
        rcgen::date_time_ymd(i32::try_from(year).unwrap_or(i32::MAX), month, day)
    };
    // A day early: clocks differ.
    params.not_before = day(today.saturating_sub(1));
    params.not_after = day(today + OWN_VALID_DAYS - 2);
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

/// When the certificate of a PEM file ends, since 1970.
pub(crate) fn ends_at(file: &Path) -> Result<Duration, Failure> {
    let ends = first_certificate(&read(file)?).and_then(|certificate| valid_until(&certificate));
    ends.ok_or_else(|| unusable(file, "it holds no certificate"))
}

/// The first certificate of a PEM file.
pub(crate) fn first_certificate(pem: &[u8]) -> Option<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).next()?.ok()
}

/// What comes before the key in a file of ours.
fn certificate_part(pem: &[u8]) -> &[u8] {
    let mark = b"-----END CERTIFICATE-----\n";
    let end = pem.windows(mark.len()).position(|window| window == mark);
    end.and_then(|end| pem.get(..end + mark.len())).unwrap_or_default()
}

/// When a certificate ends, since 1970.
pub(crate) fn valid_until(certificate: &CertificateDer<'_>) -> Option<Duration> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    Some(certificate.tbs_certificate.validity.not_after.to_unix_duration())
}

/// As browsers show it.
fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let bytes = Sha256::digest(certificate);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

fn private(file: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut make = std::fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)
}

/// Whose certificates a client takes.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    roots: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Those of a file, else those of the system if the service speaks TLS.
    pub(crate) fn of(server: &str, file: Option<&PathBuf>) -> Result<Self, Failure> {
        let roots = match file {
            Some(file) => {
                let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(file)?).collect();
                read.ok()
                    .filter(|roots| !roots.is_empty())
                    .ok_or_else(|| unusable(file, "it holds no certificate"))?
            }
            // A certificate of the system that cannot be read is one fewer to trust.
            None if server.starts_with("https://") => rustls_native_certs::load_native_certs().certs,
            None => Vec::new(),
        };
        Ok(Self { roots })
    }

    /// For a connection of one's own.
    pub(crate) fn client(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(Arc::new(config.with_root_certificates(store).with_no_client_auth()))
    }

    /// For requests.
    pub(crate) fn requests(&self) -> ureq::tls::TlsConfig {
        let roots: Vec<_> =
            self.roots.iter().map(|root| ureq::tls::Certificate::from_der(root).to_owned()).collect();
        ureq::tls::TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(ureq::tls::RootCerts::new_with_certs(&roots))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_ones_own_is_made_once_and_replaced_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data").join(OWN_IDENTITY);
        let names = ["localhost".to_owned(), "192.0.2.1".to_owned()];
        let first = own(&file, &names).unwrap();
        assert_eq!(own(&file, &names).unwrap(), first);
        assert!(TlsIdentity::from_pem(&first, &first).is_ok());
        assert!(!String::from_utf8_lossy(certificate_part(&first)).contains("PRIVATE"));
        let left = valid_until(&first_certificate(&first).unwrap()).unwrap() - clock::since_1970();
        assert!((820..=825).contains(&(left.as_secs() / 86_400)), "{left:?}");
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&file, b"no certificate").unwrap();
        assert_ne!(own(&file, &names).unwrap(), b"no certificate");
    }
}
