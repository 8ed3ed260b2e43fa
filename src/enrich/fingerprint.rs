//! Near-duplicates: nearly the same text has nearly the same fingerprint.

/// A sketch of a text's word shingles (one-permutation MinHash).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u16; 64]);

impl Fingerprint {
    pub fn of(title: &str, text: &str) -> Self {
        let _ = (title, text);
        todo!()
    }

    /// Two texts that share one of these may be near; one lookup each.
    pub fn bands(&self) -> [u64; 8] {
        todo!()
    }

    /// Whether two texts are near-duplicates.
    pub fn near(&self, other: &Self) -> bool {
        let _ = other;
        todo!()
    }

    pub fn to_bytes(&self) -> [u8; 128] {
        todo!()
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let _ = bytes;
        todo!()
    }
}
