//! Where in a text one of many names may begin, told by the first three bytes of its words.
//!
//! Nearly all words of nearly all texts begin like no name. To look at their beginnings only costs half of what
//! an automaton takes that goes through every byte.

/// Bits by a hash of three bytes, set for those that a name begins with.
pub(super) struct Sieve {
    beginnings: Box<[u64]>,
}

const BITS: usize = 1 << 16;

impl Sieve {
    /// `names` are folded; none is empty.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut sieve = Self { beginnings: vec![0; BITS / 64].into_boxed_slice() };
        for name in names {
            match *name.as_bytes() {
                [] | [_] => sieve.beginnings.fill(u64::MAX),
                // Whatever follows; nothing, at the end of a text, counts as zero.
                [first, second] => (0..=u8::MAX).for_each(|third| sieve.set([first, second, third])),
                [first, second, third, ..] => sieve.set([first, second, third]),
            }
        }
        sieve
    }

    /// Positions in folded text (ASCII of either case) where a name may begin. None that begins a name with no
    /// letter or digit before it is left out.
    pub fn candidates<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let mut begins = true;
        text.iter().enumerate().filter_map(move |(at, byte)| {
            // What is not ASCII may be a letter or none: let others find out.
            let may_begin = std::mem::replace(&mut begins, !byte.is_ascii_alphanumeric());
            let byte_at = |at: usize| text.get(at).map_or(0, u8::to_ascii_lowercase);
            (may_begin && self.has([byte.to_ascii_lowercase(), byte_at(at + 1), byte_at(at + 2)]))
                .then_some(at)
        })
    }

    fn set(&mut self, beginning: [u8; 3]) {
        let bit = bit(beginning);
        self.beginnings[bit / 64] |= 1 << (bit % 64);
    }

    fn has(&self, beginning: [u8; 3]) -> bool {
        let bit = bit(beginning);
        self.beginnings[bit / 64] & (1 << (bit % 64)) != 0
    }
}

fn bit([first, second, third]: [u8; 3]) -> usize {
    let beginning = u32::from_le_bytes([first, second, third, 0]);
    (beginning.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_beginning_of_a_name_is_missed(
            names in proptest::collection::vec("[a-cé]{1,5}", 1..6),
            text in "([a-cA-Cé]|[ ,’-]){0,60}",
        ) {
            let sieve = Sieve::new(names.iter().map(String::as_str));
            let candidates: Vec<usize> = sieve.candidates(text.as_bytes()).collect();
            let lower = text.to_ascii_lowercase();
            for (at, _) in text.char_indices().filter(|(at, _)| !text[..*at].ends_with(char::is_alphanumeric)) {
                if names.iter().any(|name| lower[at..].starts_with(name.as_str())) {
                    prop_assert!(candidates.contains(&at), "{at} in {text:?} for {names:?}");
                }
            }
        }
    }

    #[test]
    fn most_words_are_passed_over() {
        let sieve = Sieve::new(["acme", "globex"].into_iter());
        let text = b"The ACME of all globes, an academy";
        assert_eq!(sieve.candidates(text).collect::<Vec<_>>(), [4, 16]);
    }
}
