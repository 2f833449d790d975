//! An HTTP client that trusts a network's media host.

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use wagate_sandbox::Network;
use whatsapp_rust::http::UreqHttpClient;

use super::TestNetwork;

/// The client a linked device uses for media.
pub(crate) fn client(network: &Network) -> UreqHttpClient {
    UreqHttpClient::with_agent(agent(Some(network.media_ca_pem())))
}

/// An agent that trusts one authority, or none.
pub(crate) fn agent(authority: Option<&str>) -> Agent {
    let roots: Vec<Certificate<'static>> = authority
        .map(|pem| Certificate::from_pem(pem.as_bytes()).unwrap())
        .into_iter()
        .collect();
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::new_with_certs(&roots))
                .build(),
        )
        .build()
        .into()
}

impl TestNetwork {
    /// Fetches a file from the media host.
    pub(crate) async fn fetch(&self, url: &str) -> (u16, Vec<u8>) {
        let agent = agent(Some(self.network.media_ca_pem()));
        let url = url.to_owned();
        let fetching = tokio::task::spawn_blocking(move || {
            let mut answer = agent.get(&url).call().unwrap();
            let status = answer.status().as_u16();
            (status, answer.body_mut().read_to_vec().unwrap())
        });
        fetching.await.unwrap()
    }
}
