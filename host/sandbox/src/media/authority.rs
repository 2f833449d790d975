//! The media host's certificate: an authority of the sandbox's own, kept with the server's state, and a certificate for
//! loopback that is made anew at every start.
//!
//! The authority is constrained to loopback names, so that whoever trusts it trusts nothing else by it.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::SandboxError;

const KEY_FILE: &str = "media-ca.key.pem";
const CERTIFICATE_FILE: &str = "media-ca.pem";
/// Wide enough that a scenario's clock never leaves it.
const YEARS: (i32, i32) = (2000, 2100);

/// What clients have to trust, and what the host shows them.
pub(crate) struct Authority {
    pub(crate) ca_pem: String,
    pub(crate) tls: Arc<ServerConfig>,
}

/// Reads the authority from `dir`, making one on first use. Without a directory it lives as long as the process.
pub(crate) fn load(dir: Option<&Path>, address: IpAddr) -> Result<Authority, SandboxError> {
    let (key, ca_pem) = match dir {
        None => {
            let key = KeyPair::generate().map_err(failed)?;
            let pem = certificate(&key)?;
            (key, pem)
        }
        Some(dir) => kept(dir)?,
    };
    let tls = Arc::new(server_config(key, address)?);
    Ok(Authority { ca_pem, tls })
}

fn kept(dir: &Path) -> Result<(KeyPair, String), SandboxError> {
    let key_path = dir.join(KEY_FILE);
    let key_failed = |source| SandboxError::ServerKey {
        path: key_path.clone(),
        source,
    };
    match std::fs::read_to_string(&key_path) {
        Ok(pem) => {
            let key = KeyPair::from_pem(&pem).map_err(|_| SandboxError::DamagedServerKey {
                path: key_path.clone(),
            })?;
            let path = dir.join(CERTIFICATE_FILE);
            let pem =
                std::fs::read_to_string(&path).map_err(|source| SandboxError::ServerKey { path, source })?;
            Ok((key, pem))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(failed)?;
            let pem = certificate(&key)?;
            std::fs::create_dir_all(dir).map_err(key_failed)?;
            // The certificate first: the key file is what says that both are there.
            for (name, text) in [(CERTIFICATE_FILE, &pem), (KEY_FILE, &key.serialize_pem())] {
                let path = dir.join(name);
                let aside = path.with_extension("new");
                std::fs::write(&aside, text)
                    .and_then(|()| std::fs::rename(&aside, &path))
                    .map_err(|source| SandboxError::ServerKey { path, source })?;
            }
            Ok((key, pem))
        }
        Err(source) => Err(key_failed(source)),
    }
}

/// What the authority is, but for its key: the same at every start, so that a certificate of today verifies against the
/// file of yesterday.
fn authority() -> Result<CertificateParams, SandboxError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "wagate sandbox media authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(YEARS.0, 1, 1);
    params.not_after = date_time_ymd(YEARS.1, 1, 1);
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                std::net::Ipv6Addr::LOCALHOST.into(),
                128,
            )),
            GeneralSubtree::DnsName("localhost".to_owned()),
        ],
        excluded_subtrees: Vec::new(),
    });
    Ok(params)
}

fn certificate(key: &KeyPair) -> Result<String, SandboxError> {
    Ok(authority()?.self_signed(key).map_err(failed)?.pem())
}

fn server_config(authority_key: KeyPair, address: IpAddr) -> Result<ServerConfig, SandboxError> {
    let issuer = Issuer::new(authority()?, authority_key);
    let names = vec![address.to_string(), "localhost".to_owned()];
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "wagate sandbox media host");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(YEARS.0, 1, 1);
    params.not_after = date_time_ymd(YEARS.1, 1, 1);
    let key = KeyPair::generate().map_err(failed)?;
    let leaf = params.signed_by(&key, &issuer).map_err(failed)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> SandboxError {
    SandboxError::Certificate(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_authority_survives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let first = load(Some(dir.path()), Ipv4Addr::LOCALHOST.into()).unwrap();
        let second = load(Some(dir.path()), Ipv4Addr::LOCALHOST.into()).unwrap();
        assert_eq!(first.ca_pem, second.ca_pem);
    }

    #[test]
    fn a_damaged_key_is_refused_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(KEY_FILE), "no key").unwrap();
        assert!(matches!(
            load(Some(dir.path()), Ipv4Addr::LOCALHOST.into()),
            Err(SandboxError::DamagedServerKey { .. })
        ));
    }
}
