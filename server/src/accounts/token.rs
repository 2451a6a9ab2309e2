//! What is stored of a token.

use crate::store::TokenHash;
use chat_protocol::Token;
use sha2::{Digest, Sha256};

/// The hash of a well-formed token. Its 256 bits are random, so a plain hash is as good as a slow one.
pub fn hash(token: &Token) -> Option<TokenHash> {
    let text = token.expose();
    let well_formed = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    well_formed.then(|| TokenHash(Sha256::digest(text.as_bytes()).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_or_foreign_token_has_no_hash() {
        let good = "0123456789abcdef".repeat(4);
        assert!(hash(&Token::new(good.as_str())).is_some());
        for bad in ["", &good[1..], &good.to_uppercase(), &"é".repeat(32)] {
            assert!(hash(&Token::new(bad)).is_none(), "{bad:?}");
        }
    }
}
