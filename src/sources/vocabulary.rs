//! What an element means, by local name and the vocabulary its prefix stands for.

/// The namespaces that matter. A feed that declares none, an old one or a wrong one is read all the same,
/// so everything without a known prefix is [`Vocabulary::Feed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// RSS and Atom of any version.
    Feed,
    DublinCore,
    Media,
    Itunes,
    Content,
    Syndication,
    Xhtml,
    /// Something whose names would only be mistaken for ours.
    Other,
}

impl Vocabulary {
    /// By the address a document declares for a prefix; `None` for one that says nothing.
    pub fn of_namespace(uri: &str) -> Option<Self> {
        let uri = uri.trim().to_ascii_lowercase();
        let is = |parts: &[&str]| parts.iter().any(|part| uri.contains(part));
        Some(if is(&["purl.org/dc/"]) {
            Self::DublinCore
        } else if is(&["search.yahoo.com/mrss", "tools.search.yahoo.com"]) {
            Self::Media
        } else if is(&["itunes.com/dtds", "google.com/schemas/play-podcasts"]) {
            Self::Itunes
        } else if is(&["purl.org/rss/1.0/modules/content"]) {
            Self::Content
        } else if is(&["purl.org/rss/1.0/modules/syndication"]) {
            Self::Syndication
        } else if is(&["w3.org/1999/xhtml"]) {
            Self::Xhtml
        } else if is(&["purl.org/rss/1.0/modules"]) {
            Self::Other
        } else if is(&[
            "w3.org/2005/atom",
            "purl.org/atom/",
            "purl.org/rss/",
            "netscape.com/rdf",
            "backend.userland.com",
            "blogs.law.harvard.edu",
            "cyber.law.harvard.edu",
            "channel.netscape.com",
            "rssboard.org",
            "22-rdf-syntax-ns",
        ]) {
            Self::Feed
        } else if uri.is_empty() {
            return None;
        } else {
            Self::Other
        })
    }

    /// By the prefix everybody uses, for documents that do not declare it.
    pub fn of_prefix(prefix: &str) -> Self {
        match prefix {
            "" | "rdf" | "rss" | "atom" | "atom03" | "atom10" | "a10" | "a" => Self::Feed,
            "dc" | "dcterms" | "dct" => Self::DublinCore,
            "media" => Self::Media,
            "itunes" | "googleplay" => Self::Itunes,
            "content" => Self::Content,
            "sy" => Self::Syndication,
            "xhtml" | "html" | "h" | "xh" => Self::Xhtml,
            _ => Self::Other,
        }
    }
}

/// What an element inside an entry is for; the number is its rank among those of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title(u8),
    Summary(u8),
    Content(u8),
    /// As an attribute or as text, see the reader.
    Link,
    Guid(u8),
    Published(u8),
    Updated(u8),
    Author(u8),
    /// The parts of Atom's author.
    AuthorName,
    AuthorAddress,
    Tag,
    Language,
    /// An element whose attribute is the address of an image.
    Picture(u8),
}

/// The field an element of an entry fills. `parent` is the local name of the element around it.
pub(super) fn entry_field(vocabulary: Vocabulary, name: &str, parent: &str) -> Option<Field> {
    use Field::*;
    Some(match (vocabulary, name) {
        (Vocabulary::Feed, "name") if parent == "author" => AuthorName,
        (Vocabulary::Feed, "email" | "uri" | "url") if parent == "author" => AuthorAddress,
        _ if parent == "author" => return None,
        (Vocabulary::Feed, "title") => Title(0),
        (Vocabulary::DublinCore, "title") => Title(1),
        (Vocabulary::Itunes, "title") => Title(2),
        (Vocabulary::Media, "title") => Title(3),
        (Vocabulary::Feed, "description" | "summary") => Summary(0),
        (Vocabulary::Feed | Vocabulary::DublinCore, "abstract") => Summary(1),
        (Vocabulary::DublinCore, "description") => Summary(2),
        (Vocabulary::Itunes, "summary") => Summary(3),
        (Vocabulary::Itunes, "description") => Summary(4),
        (Vocabulary::Media, "description") => Summary(5),
        (Vocabulary::Itunes, "subtitle") => Summary(6),
        (Vocabulary::Feed, "content") => Content(0),
        (Vocabulary::Content | Vocabulary::Feed, "encoded") => Content(1),
        (Vocabulary::Xhtml | Vocabulary::Feed, "body" | "div") => Content(2),
        (Vocabulary::Feed, "fullitem") => Content(3),
        (Vocabulary::Feed, "link") => Link,
        (Vocabulary::Feed, "guid") => Guid(0),
        (Vocabulary::Feed, "id") => Guid(1),
        (Vocabulary::DublinCore, "identifier") => Guid(3),
        (Vocabulary::Feed, "pubdate" | "published") => Published(0),
        (Vocabulary::Feed | Vocabulary::DublinCore, "issued") => Published(1),
        (Vocabulary::Feed | Vocabulary::DublinCore, "created") => Published(2),
        (Vocabulary::DublinCore | Vocabulary::Feed, "date") => Published(3),
        (Vocabulary::Feed, "updated" | "modified" | "lastbuilddate") => Updated(0),
        (Vocabulary::DublinCore, "modified") => Updated(1),
        (Vocabulary::Feed, "author") => Author(0),
        (Vocabulary::DublinCore, "creator" | "author") => Author(1),
        (Vocabulary::Itunes, "author") => Author(2),
        (Vocabulary::Feed, "category") | (Vocabulary::DublinCore, "subject") => Tag,
        (Vocabulary::Feed | Vocabulary::DublinCore, "language") => Language,
        (Vocabulary::Media, "thumbnail") => Picture(0),
        (Vocabulary::Media, "content") => Picture(1),
        (Vocabulary::Feed, "enclosure") => Picture(2),
        (Vocabulary::Itunes, "image") => Picture(3),
        _ => return None,
    })
}

/// What an element of the feed itself is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeedField {
    Title,
    Link,
    Language,
    /// Minutes.
    Ttl,
    UpdatePeriod,
    UpdateFrequency,
    /// One of its skipHours.
    SkipHour,
    /// One of its skipDays.
    SkipDay,
    Author,
    AuthorName,
}

pub(super) fn feed_field(vocabulary: Vocabulary, name: &str, parent: &str) -> Option<FeedField> {
    Some(match (vocabulary, name, parent) {
        (Vocabulary::Feed, "name", "author") => FeedField::AuthorName,
        (Vocabulary::Feed, "hour", "skiphours") => FeedField::SkipHour,
        (Vocabulary::Feed, "day", "skipdays") => FeedField::SkipDay,
        (_, _, "image" | "textinput" | "author" | "skiphours" | "skipdays") => return None,
        (Vocabulary::Feed, "title", _) => FeedField::Title,
        (Vocabulary::Feed, "link", _) => FeedField::Link,
        (Vocabulary::Feed | Vocabulary::DublinCore, "language", _) => FeedField::Language,
        (Vocabulary::Feed, "ttl", _) => FeedField::Ttl,
        (Vocabulary::Syndication, "updateperiod", _) => FeedField::UpdatePeriod,
        (Vocabulary::Syndication, "updatefrequency", _) => FeedField::UpdateFrequency,
        (Vocabulary::Feed, "author", _) => FeedField::Author,
        _ => return None,
    })
}

/// A name in lower case; the longest that means something is 15 letters long.
pub(super) struct Lower([u8; 16], usize);

impl Lower {
    pub fn of(name: &str) -> Self {
        let mut lower = [0; 16];
        let bytes = name.as_bytes();
        if bytes.len() > lower.len() || !name.is_ascii() {
            return Self(lower, 0);
        }
        lower[..bytes.len()].copy_from_slice(bytes);
        lower.make_ascii_lowercase();
        Self(lower, bytes.len())
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0[..self.1]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_by_what_they_are_about() {
        let check = |uri: &str, expected: Vocabulary| {
            assert_eq!(Vocabulary::of_namespace(uri), Some(expected), "{uri}")
        };
        check("http://www.w3.org/2005/Atom", Vocabulary::Feed);
        check("http://purl.org/atom/ns#", Vocabulary::Feed);
        check("http://my.netscape.com/rdf/simple/0.9/", Vocabulary::Feed);
        check("http://purl.org/rss/1.0/modules/content/", Vocabulary::Content);
        check("http://purl.org/rss/1.0/modules/slash/", Vocabulary::Other);
        check("http://purl.org/dc/terms/", Vocabulary::DublinCore);
        check("http://www.itunes.com/DTDs/PodCast-1.0.dtd", Vocabulary::Itunes);
        check("http://www.georss.org/georss", Vocabulary::Other);
    }

    #[test]
    fn names_in_lower_case() {
        assert_eq!(Lower::of("pubDate").as_str(), "pubdate");
        assert_eq!(Lower::of("updateFrequency").as_str(), "updatefrequency");
        assert_eq!(Lower::of("aVeryLongNameThatMeansNothing").as_str(), "");
    }
}
