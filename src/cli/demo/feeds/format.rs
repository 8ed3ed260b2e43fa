//! The three formats the demo's publishers write.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::text::fold::fold;

/// What a publisher says of itself.
#[derive(Clone, Copy)]
pub(super) struct Publisher {
    pub path: &'static str,
    pub title: &'static str,
    /// Of its articles.
    pub host: &'static str,
    pub language: &'static str,
    pub format: Format,
}

#[derive(Clone, Copy)]
pub(super) enum Format {
    Rss,
    Atom,
    Json,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Rss => "application/rss+xml; charset=utf-8",
            Format::Atom => "application/atom+xml; charset=utf-8",
            Format::Json => "application/feed+json",
        }
    }
}

pub(super) struct Item {
    pub at: Timestamp,
    pub author: String,
    pub title: String,
    /// Plain.
    pub text: String,
}

impl Item {
    /// The same in every document the item appears in.
    fn link(&self, publisher: &Publisher) -> String {
        let folded = fold(&self.title);
        let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let slug = words.collect::<Vec<_>>().join("-");
        format!("https://{}/{}-{slug}", publisher.host, self.at.as_second())
    }
}

/// A feed document of these items, newest first as publishers do.
pub(super) fn write(publisher: &Publisher, items: &[Item]) -> Vec<u8> {
    let mut newest_first: Vec<&Item> = items.iter().collect();
    newest_first.sort_by_key(|item| std::cmp::Reverse(item.at));
    match publisher.format {
        Format::Rss => rss(publisher, &newest_first),
        Format::Atom => atom(publisher, &newest_first),
        Format::Json => json(publisher, &newest_first),
    }
    .into_bytes()
}

fn rss(publisher: &Publisher, items: &[&Item]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n<title>{}</title>\n<link>https://{}/</link>\n\
         <description>{}</description>\n<language>{}</language>\n",
        escape(publisher.title),
        publisher.host,
        escape(publisher.title),
        publisher.language,
    );
    for item in items {
        let link = escape(&item.link(publisher));
        // RFC 2822 as RSS asks; every year of a demo can be written so.
        let date = jiff::fmt::rfc2822::to_string(&item.at.to_zoned(TimeZone::UTC)).unwrap_or_default();
        out += &format!(
            "<item>\n<title>{}</title>\n<link>{link}</link>\n<guid isPermaLink=\"true\">{link}</guid>\n\
             <dc:creator>{}</dc:creator>\n<pubDate>{date}</pubDate>\n<description>{}</description>\n</item>\n",
            escape(&item.title),
            escape(&item.author),
            escape(&paragraph(&item.text)),
        );
    }
    out + "</channel>\n</rss>\n"
}

fn atom(publisher: &Publisher, items: &[&Item]) -> String {
    let updated = items.first().map_or(Timestamp::UNIX_EPOCH, |item| item.at);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n\
         <title>{}</title>\n<id>https://{}/</id>\n<link href=\"https://{}/\"/>\n<updated>{updated}</updated>\n",
        publisher.language,
        escape(publisher.title),
        publisher.host,
        publisher.host,
    );
    for item in items {
        let link = escape(&item.link(publisher));
        out += &format!(
            "<entry>\n<title>{}</title>\n<id>{link}</id>\n<link href=\"{link}\"/>\n\
             <author><name>{}</name></author>\n<published>{at}</published>\n<updated>{at}</updated>\n\
             <content type=\"html\">{}</content>\n</entry>\n",
            escape(&item.title),
            escape(&item.author),
            escape(&paragraph(&item.text)),
            at = item.at,
        );
    }
    out + "</feed>\n"
}

fn json(publisher: &Publisher, items: &[&Item]) -> String {
    let items: Vec<serde_json::Value> = items
        .iter()
        .map(|item| {
            let link = item.link(publisher);
            json!({
                "id": link,
                "url": link,
                "title": item.title,
                "content_html": paragraph(&item.text),
                "date_published": item.at.to_string(),
                "authors": [{ "name": item.author }],
            })
        })
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": publisher.title,
        "home_page_url": format!("https://{}/", publisher.host),
        "language": publisher.language,
        "items": items,
    });
    feed.to_string()
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}

/// For XML and HTML alike.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
