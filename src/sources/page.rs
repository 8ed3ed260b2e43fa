//! What a document is that is no feed, and which feeds it points to.

use quick_xml::events::BytesStart;

use crate::text::{html, url};

use super::{Advertised, draft};

/// For people: `an HTML page ("Acme"); it advertises https://acme.example/feed`.
pub(super) fn describe(text: &str, first_element: Option<String>, base_url: Option<&str>) -> String {
    let head = &text[..text.floor_char_boundary(MOST_HEAD)];
    let lower = head.to_ascii_lowercase();
    let first_element = first_element.unwrap_or_default().to_ascii_lowercase();
    let is_page = ["html", "head", "body", "title", "meta", "div", "p", "script", "center", "h1"]
        .contains(&first_element.as_str())
        || lower.starts_with("<!doctype html")
        || lower.contains("<html");
    if is_page {
        let title =
            title(head, &lower).map(|title| format!(" (\u{201c}{title}\u{201d})")).unwrap_or_default();
        let feeds = advertised(head, &lower, base_url);
        return if feeds.is_empty() {
            format!("an HTML page{title} that advertises no feed")
        } else {
            let addresses: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
            format!("an HTML page{title}; it advertises {}", addresses.join(" and "))
        };
    }
    match first_element.as_str() {
        "" => {
            let beginning: String = html::plain(head).chars().take(60).collect();
            format!("neither XML, HTML nor JSON; it begins with \u{201c}{beginning}\u{201d}")
        }
        "opml" => "an OPML list of feeds".to_owned(),
        "urlset" | "sitemapindex" => "a sitemap".to_owned(),
        other => format!("an XML document <{other}> that is no feed"),
    }
}

/// A page's links stand at its top.
const MOST_HEAD: usize = 1 << 18;

/// Beyond this a page offers its whole catalogue.
const MOST_FEEDS: usize = 8;

fn title(head: &str, lower: &str) -> Option<String> {
    let start = lower.find("<title")?;
    let length = lower[start..].find("</title")?;
    let title: String = html::plain(&head[start..start + length]).chars().take(80).collect();
    (!title.is_empty()).then_some(title)
}

/// The feeds a page offers by `<link rel="alternate">`, in order; none if `text` is no page.
pub(super) fn advertised_in(text: &str, base_url: Option<&str>) -> Vec<Advertised> {
    let head = &text[..text.floor_char_boundary(MOST_HEAD)];
    advertised(head, &head.to_ascii_lowercase(), base_url)
}

fn advertised(head: &str, lower: &str, base_url: Option<&str>) -> Vec<Advertised> {
    let mut feeds: Vec<Advertised> = Vec::new();
    for (start, _) in lower.match_indices("<link") {
        let Some(length) = head[start..].find('>') else { break };
        let tag = &head[start + 1..start + length];
        let Some(feed) = advertisement(&BytesStart::from_content(tag, "link".len()), base_url) else {
            continue;
        };
        if !feeds.iter().any(|known| known.url == feed.url) {
            feeds.push(feed);
        }
        if feeds.len() == MOST_FEEDS {
            break;
        }
    }
    feeds
}

fn advertisement(tag: &BytesStart<'_>, base_url: Option<&str>) -> Option<Advertised> {
    let (mut is_alternate, mut kind, mut href, mut title) = (false, None, None, None);
    for attribute in tag.html_attributes().with_checks(false).flatten() {
        let name: &str = attribute.key.as_ref();
        let value = html::decode_entities(&attribute.value);
        match name.to_ascii_lowercase().as_str() {
            "rel" => is_alternate = value.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("alternate")),
            "type" => kind = feed_kind(&value),
            "href" => href = Some(value.into_owned()),
            "title" => title = draft::line(&value),
            _ => {}
        }
    }
    let url = href.filter(|_| is_alternate).and_then(|href| url::resolve(base_url, &href))?;
    Some(Advertised { url, title, kind: kind? })
}

fn feed_kind(content_type: &str) -> Option<&'static str> {
    let kind = content_type.to_ascii_lowercase();
    let known = [("rss", "RSS"), ("rdf+xml", "RSS"), ("atom", "Atom"), ("feed+json", "JSON Feed")];
    known.into_iter().find(|(mark, _)| kind.contains(mark)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, first_element: &str, expected: &str) {
        let first_element = (!first_element.is_empty()).then(|| first_element.to_owned());
        assert_eq!(describe(text, first_element, Some("https://acme.example/blog/")), expected);
    }

    #[test]
    fn pages_and_their_feeds() {
        check(
            r#"<!DOCTYPE html><HTML><head><title>Acme &amp; co</title>
               <link rel="stylesheet" href="x.css"><LINK REL='alternate' TYPE='application/rss+xml' HREF='feed.xml'>
               <link href=/atom?a=1&amp;b=2 rel="alternate home" type=application/atom+xml>
               <link rel="alternate" hreflang="fr" href="/fr">"#,
            "HTML",
            "an HTML page (“Acme & co”); it advertises https://acme.example/blog/feed.xml and https://acme.example/atom?a=1&b=2",
        );
        check("<html><body>Sorry", "html", "an HTML page that advertises no feed");
    }

    #[test]
    fn other_documents() {
        check("<opml/>", "opml", "an OPML list of feeds");
        check("<note/>", "note", "an XML document <note> that is no feed");
        check("Too many  requests", "", "neither XML, HTML nor JSON; it begins with “Too many requests”");
    }
}
