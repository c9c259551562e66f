//! The token: a revision of one tenant of one store, opaque outside.

use data_encoding::BASE64URL_NOPAD;

use crate::engine::error::Error;
use crate::model::revision::Revision;

/// The first byte, by which a later form would be known.
const VERSION: u8 = 1;

/// Which store and which tenant tokens and cursors belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The store's uuid.
    pub(super) store: [u8; 16],
    /// The tenant's number.
    pub(super) tenant: u32,
}

/// A revision of one tenant of one store; its text is made when it is shown: 29 bytes (version, store, tenant, revision), 39
/// characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    place: Place,
    revision: Revision,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = Vec::with_capacity(29);
        bytes.push(VERSION);
        bytes.extend(self.place.store);
        bytes.extend(self.place.tenant.to_be_bytes());
        bytes.extend(self.revision.0.to_be_bytes());
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

impl Place {
    /// The token of a revision.
    pub(super) fn token(self, revision: Revision) -> Token {
        Token { place: self, revision }
    }

    /// The revision of a token of this tenant.
    ///
    /// # Errors
    /// `malformed-token` for what was never a token; `foreign-token` for one of another store or tenant.
    pub(super) fn revision(self, token: &str) -> Result<Revision, Error> {
        let malformed = || {
            Error::invalid("malformed-token", format!("`{}` isn't a token", shorten(token)))
                .with_help("Pass a `revision` as a reply gave it.")
        };
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| malformed())?;
        let Some((&VERSION, rest)) = bytes.split_first() else {
            return Err(malformed());
        };
        let Some((store, rest)) = rest.split_first_chunk::<16>() else {
            return Err(malformed());
        };
        let Some((tenant, rest)) = rest.split_first_chunk::<4>() else {
            return Err(malformed());
        };
        let revision = <[u8; 8]>::try_from(rest).map_err(|_| malformed())?;
        if *store != self.store || u32::from_be_bytes(*tenant) != self.tenant {
            return Err(Error::invalid("foreign-token", "the token belongs to another store or tenant")
                .with_help("A token is good for the tenant whose reply gave it."));
        }
        Ok(Revision(u64::from_be_bytes(revision)))
    }
}

/// The beginning of an input, for a message.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place { store: [7; 16], tenant: 3 };

    #[test]
    fn a_token_leads_back_to_its_revision() {
        assert_eq!(HERE.revision(&HERE.token(Revision(42)).to_string()).unwrap(), Revision(42));
    }

    #[test]
    fn a_token_of_another_tenant_or_store_is_refused() {
        for other in [Place { tenant: 4, ..HERE }, Place { store: [8; 16], ..HERE }] {
            assert_eq!(HERE.revision(&other.token(Revision(42)).to_string()).unwrap_err().code, "foreign-token");
        }
    }

    #[test]
    fn what_was_never_a_token_is_refused() {
        let long = "A".repeat(1_000_000);
        for text in ["", "x", "not a token", "AAAA", "\0", long.as_str()] {
            let error = HERE.revision(text).unwrap_err();
            assert_eq!(error.code, "malformed-token");
            assert!(error.message.len() < 400);
        }
    }
}
