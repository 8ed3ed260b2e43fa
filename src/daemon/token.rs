//! A user's own token for a place: read from the environment when it is needed, sent, and kept nowhere.

/// The `feed=…&user=…` of a person's own feeds. It has no `Debug`: nothing can print it.
pub(super) struct Token {
    /// Encoded, as it stands in an address.
    query: String,
    /// What must appear nowhere.
    secret: String,
}

impl Token {
    /// # Errors
    /// That the variable is not set, or holds something else; never what it holds.
    pub fn from_environment(name: &str) -> Result<Token, String> {
        let held = std::env::var(name)
            .map_err(|_| format!("the environment variable `{name}` (`token_env`) is not set"))?;
        Token::read(&held).ok_or_else(|| {
            format!("the environment variable `{name}` (`token_env`) does not hold `feed=…&user=…`")
        })
    }

    /// The two parts alone, or the whole address of a person's feed.
    fn read(text: &str) -> Option<Token> {
        let query = text.trim().rsplit('?').next()?;
        let part = |name: &str| {
            let mut parts = query.split('&').filter_map(|pair| pair.split_once('='));
            let value = parts.find(|(found, _)| *found == name)?.1;
            let good = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
            (!value.is_empty() && value.bytes().all(good)).then(|| value.to_owned())
        };
        let (feed, user) = (part("feed")?, part("user")?);
        let query = format!("feed={feed}&user={user}");
        Some(Token { query, secret: feed })
    }

    pub fn added_to(&self, url: &str) -> String {
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}{}", self.query)
    }

    /// Takes the token out of an answer: servers repeat the address they were asked by.
    pub fn wipe(&self, bytes: &mut [u8]) {
        let secret = self.secret.as_bytes();
        let mut at = 0;
        while let Some(found) = bytes[at..].windows(secret.len()).position(|window| window == secret) {
            bytes[at + found..at + found + secret.len()].fill(b'x');
            at += found + secret.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_as_people_copy_it() {
        let whole = "https://www.reddit.com/.rss?feed=0a1b&user=acme";
        for text in ["feed=0a1b&user=acme", "?user=acme&feed=0a1b", whole, " feed=0a1b&user=acme\n"] {
            let token = Token::read(text).unwrap();
            assert_eq!(
                token.added_to("https://r.example/search.rss?q=a"),
                "https://r.example/search.rss?q=a&feed=0a1b&user=acme"
            );
            assert_eq!(
                token.added_to("https://r.example/r/a/new.rss"),
                "https://r.example/r/a/new.rss?feed=0a1b&user=acme"
            );
        }
        for text in ["", "0a1b", "feed=&user=a", "feed=a b&user=c", "user=acme"] {
            assert!(Token::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn answers_that_repeat_the_token_lose_it() {
        let mut bytes = b"<a href='?feed=0a1b&user=acme'>0a1b</a>".to_vec();
        Token::read("feed=0a1b&user=acme").unwrap().wipe(&mut bytes);
        assert_eq!(bytes, b"<a href='?feed=xxxx&user=acme'>xxxx</a>");
    }
}
