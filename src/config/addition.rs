//! Sources added to the text of feeds.toml: at its end, so that every byte of what a person wrote stays.

use std::collections::HashSet;

use super::template::{quoted, slug};

/// A feed to be written down as a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    pub id: String,
    /// What the feed calls itself, written as a comment.
    pub title: Option<String>,
    pub url: String,
    pub tags: Vec<String>,
    pub allow_private: bool,
}

/// An id for a feed, by its title, else its host: ASCII, short, and none of `taken`, to which it is added.
pub fn free_id(title: Option<&str>, url: &str, taken: &mut HashSet<String>) -> String {
    let host = crate::text::url::host(url).unwrap_or_default();
    let slug = title.map(slug).filter(|slug| !slug.is_empty()).unwrap_or_else(|| slug(&host));
    let mut short = match slug.is_empty() {
        true => "source",
        false => &slug[..slug.floor_char_boundary(LONGEST_ID)],
    };
    if short.len() < slug.len() {
        short = short.rsplit_once('-').map_or(short, |(whole_words, _)| whole_words);
    }
    let mut candidates = std::iter::once(short.to_owned()).chain((2..).map(|n| format!("{short}-{n}")));
    let id = candidates.find(|id| !taken.contains(id)).unwrap_or_default();
    taken.insert(id.clone());
    id
}

/// In bytes; ids stand in tables and are typed.
const LONGEST_ID: usize = 32;

/// `text` with a `[[source]]` for each of `additions` behind it, its line ends kept.
pub fn with_sources(text: &str, additions: &[Addition]) -> String {
    let mut added = String::new();
    for addition in additions {
        added.push_str("\n[[source]]\n");
        if let Some(title) = &addition.title {
            added.push_str(&format!("# {}\n", one_line(title)));
        }
        added.push_str(&format!("id = {}\nurl = {}\n", quoted(&addition.id), quoted(&addition.url)));
        if !addition.tags.is_empty() {
            let tags: Vec<String> = addition.tags.iter().map(|tag| quoted(tag)).collect();
            added.push_str(&format!("tags = [{}]\n", tags.join(", ")));
        }
        if addition.allow_private {
            added.push_str("allow_private = true\n");
        }
    }
    let mut whole = text.to_owned();
    if !whole.is_empty() && !whole.ends_with('\n') {
        added.insert(0, '\n');
    }
    if text.contains("\r\n") {
        added = added.replace('\n', "\r\n");
    }
    whole.push_str(&added);
    whole
}

/// A comment ends with its line, and TOML allows no control characters in it.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{File, check};
    use super::*;

    #[test]
    fn ids_are_short_and_unique() {
        let mut taken = HashSet::from(["le-monde".to_owned()]);
        let mut id = |title: Option<&str>| free_id(title, "https://www.acme.example/feed", &mut taken);
        assert_eq!(id(Some("Le Monde")), "le-monde-2");
        assert_eq!(id(Some("L’Équipe")), "l-equipe");
        assert_eq!(id(None), "acme-example");
        assert_eq!(id(Some("日本")), "acme-example-2");
        assert_eq!(id(Some("The latest of everything that ever happened")), "the-latest-of-everything-that");
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let text = "# mine\r\nbrand = [{ id = \"acme\" }]  # of course";
        let addition = Addition {
            id: "news".into(),
            title: Some("News\n[[rule]]".into()),
            url: "https://a.example/f".into(),
            tags: vec!["press".into()],
            allow_private: true,
        };
        assert_eq!(
            with_sources(text, &[addition]),
            format!(
                "{text}\r\n\r\n[[source]]\r\n# News [[rule]]\r\nid = \"news\"\r\nurl = \"https://a.example/f\"\r\n\
                 tags = [\"press\"]\r\nallow_private = true\r\n"
            )
        );
    }

    proptest! {
        #[test]
        fn whatever_is_added_is_read_again(title in any::<Option<String>>(), tags in prop::collection::vec("\\PC*\\w", 0..3)) {
            let mut taken = HashSet::new();
            let url = "https://a.example/f?a=\"b\"&c='d'".to_owned();
            let id = free_id(title.as_deref(), &url, &mut taken);
            let addition = Addition { id: id.clone(), title, url: url.clone(), tags: tags.clone(), allow_private: false };
            let text = with_sources("brand = [{ id = \"acme\" }]", &[addition]);
            let checked = check(&[File { path: "feeds.toml".into(), text }]);
            let config = checked.config.expect("it is accepted");
            prop_assert_eq!(config.sources[0].id.as_str(), id);
            let tags: Vec<&str> = tags.iter().map(|tag| tag.trim()).collect();
            prop_assert_eq!(&config.sources[0].tags, &tags);
        }
    }
}
