//! The library's HTTP client in a build for the sandbox: it trusts the authority of that network's media host and nothing
//! else. Against WhatsApp the library uses its own.

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use whatsapp_rust::http::UreqHttpClient;

use crate::EngineError;

/// As the library sizes its own: media is streamed, the rest is small.
const BUFFER: usize = 16 * 1024;

/// A client for a sandbox's media host; without an authority it trusts nobody.
pub(crate) fn client(authority: Option<&str>) -> Result<UreqHttpClient, EngineError> {
    let trusted = authority
        .map(|pem| {
            Certificate::from_pem(pem.as_bytes()).map_err(|error| EngineError::Invalid {
                field: "network",
                message: format!("the media authority is not a certificate in PEM: {error}"),
            })
        })
        .transpose()?;
    let roots: Vec<Certificate<'static>> = trusted.into_iter().collect();
    let agent: Agent = Agent::config_builder()
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .max_idle_connections(3)
        .max_idle_connections_per_host(2)
        // The host is on this machine.
        .proxy(None)
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::new_with_certs(&roots))
                .build(),
        )
        .build()
        .into();
    Ok(UreqHttpClient::with_agent(agent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(matches!(
            client(Some("no certificate")),
            Err(EngineError::Invalid { field: "network", .. })
        ));
        assert!(client(None).is_ok());
    }
}
