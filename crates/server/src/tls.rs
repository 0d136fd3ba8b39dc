//! TLS: a certificate and its key, read once when the service starts.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::error::{ServerError, ServerErrorKind};

/// A certificate with its chain and the key to it.
#[derive(Clone)]
pub struct TlsIdentity(Arc<rustls::ServerConfig>);

impl TlsIdentity {
    /// Reads both from PEM. Errors name what is missing and never the key.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, ServerError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .map_err(|error| unusable("the certificate is not PEM").caused_by(error.to_string()))?;
        if chain.is_empty() {
            return Err(unusable("there is no certificate in the certificate's file"));
        }
        // What the reader says of a key may repeat it.
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_unreadable| unusable("there is no readable private key in the key's file"))?;
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config
            .map_err(|error| unusable("certificate and key cannot be used together").caused_by(error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0))
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity([redacted])")
    }
}

fn unusable(context: &str) -> ServerError {
    ServerError::new(ServerErrorKind::TlsUnusable, context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        #[track_caller]
        fn check(certificate: &str, key: &str, expected: &str) {
            let error = TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ServerErrorKind::TlsUnusable);
            assert!(error.to_string().contains(expected), "{error}");
        }
        check("", "", "no certificate");
        let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(certificate, "", "no readable private key");
        check("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "", "not PEM");
    }
}
