//! Lists of networks, such as `10.0.0.0/8`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Networks, and single addresses as the smallest of networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Networks(Vec<IpNet>);

impl Networks {
    /// This machine alone.
    pub(crate) fn loopback() -> Self {
        let parse = |text: &str| text.parse::<IpNet>().ok();
        Self(["127.0.0.0/8", "::1/128"].into_iter().filter_map(parse).collect())
    }

    /// Whether the address is in one of them. An IPv4 address in the clothes of IPv6 is itself.
    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .iter()
            .map(|text| {
                text.parse()
                    .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| {
                        D::Error::custom(format!(
                            "\"{text}\" is no network such as 10.0.0.0/8, and no address"
                        ))
                    })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Networks;

    #[test]
    fn an_address_is_in_a_network_in_either_form() {
        let parse = |text: &str| {
            toml::from_str::<toml::Table>(text).unwrap()["n"]
                .clone()
                .try_into::<Networks>()
        };
        let networks = parse("n = [\"10.0.0.0/8\", \"192.0.2.7\"]").unwrap();
        for (address, inside) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("::1", false),
        ] {
            assert_eq!(networks.contain(address.parse().unwrap()), inside, "{address}");
        }
        assert!(
            parse("n = [\"ten\"]")
                .unwrap_err()
                .to_string()
                .contains("\"ten\"")
        );
    }
}
