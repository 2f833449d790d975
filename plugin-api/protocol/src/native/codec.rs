//! `MessagePack` with named fields.

use rmp_serde::config::BytesMode;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How deep values may be nested, also in fields nobody knows. No type of the WIT comes near.
const MAX_DEPTH: usize = 64;

/// The bytes of a value. The error is a text for the log.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut serializer = rmp_serde::Serializer::new(&mut bytes)
        .with_struct_map()
        .with_bytes(BytesMode::ForceAll);
    value
        .serialize(&mut serializer)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The value of these bytes. The error is a text for the log.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
    deserializer.set_max_depth(MAX_DEPTH);
    T::deserialize(&mut deserializer).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        ext: Option<i64>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Recipe {
        Voice,
        At(i64),
        Sticker((String, u8)),
        Full(Answer),
    }

    fn answer() -> Answer {
        Answer {
            status: 200,
            headers: vec![("a".to_owned(), String::new())],
            body: (0..=255).collect(),
            ext: Some(i64::MIN),
        }
    }

    #[test]
    fn records_variants_and_bytes_come_back_as_they_were() {
        let bytes = encode(&answer()).unwrap();
        assert!(bytes.len() < 320, "bytes are bytes: {}", bytes.len());
        assert_eq!(decode::<Answer>(&bytes).unwrap(), answer());
        for recipe in [
            Recipe::Voice,
            Recipe::At(-5),
            Recipe::Sticker(("FULL".to_owned(), 7)),
            Recipe::Full(answer()),
        ] {
            let said: Result<(Recipe, Option<Vec<u8>>), String> = Ok((recipe, Some(vec![200; 3])));
            let back: Result<(Recipe, Option<Vec<u8>>), String> = decode(&encode(&said).unwrap()).unwrap();
            assert_eq!(back, said);
        }
        decode::<()>(&encode(&()).unwrap()).unwrap();
    }

    #[test]
    fn what_is_no_value_is_an_error_and_not_memory() {
        let good = encode(&answer()).unwrap();
        for end in 0..good.len() {
            assert!(decode::<Answer>(&good[..end]).is_err(), "{end}");
        }
        // Lengths that promise four gigabytes: an array, a text, bytes.
        for start in [0xdd, 0xdb, 0xc6] {
            let bytes = [start, 0xff, 0xff, 0xff, 0xff, 0];
            assert!(decode::<Vec<String>>(&bytes).is_err());
            assert!(decode::<String>(&bytes).is_err());
            assert!(decode::<Vec<u8>>(&bytes).is_err());
        }
        // An array in an array, deeper than any stack.
        assert!(decode::<serde_json::Value>(&vec![0x91; 100_000]).is_err());
        assert!(decode::<Answer>(b"").is_err() && decode::<Answer>(b"\xc1").is_err());
    }

    #[test]
    fn a_field_more_and_a_field_less_are_no_matter() {
        #[derive(Serialize)]
        struct Other {
            status: u16,
            headers: [(&'static str, &'static str); 0],
            body: [u8; 0],
            new: &'static str,
        }
        let other = Other {
            status: 1,
            headers: [],
            body: [],
            new: "?",
        };
        let read: Answer = decode(&encode(&other).unwrap()).unwrap();
        assert_eq!((read.status, read.ext), (1, None));
    }
}
