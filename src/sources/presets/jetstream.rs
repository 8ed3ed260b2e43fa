//! Bluesky's Jetstream: one JSON message per event of the network, <https://github.com/bluesky-social/jetstream>.
//!
//! A server sends what was asked for, posts, and every account's and identity's changes besides. Each message
//! tells when the server saw the event, in microseconds: a later connection asks to go on from there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use std::time::Duration;

use super::{About, HOST, Standing};
use crate::model::{Entry, Preset, Timestamp};
use crate::sources::{dates, draft};

pub(super) const ABOUT: About = About {
    hears: "every public post on Bluesky, as it is made",
    keys: &[HOST],
    needs: &[],
    standing: Standing::Open,
    notice: None,
    limits: "no key; some gigabytes a day; what was missed is sent again for 36 hours; posts name their author by DID only",
    back: None,
    every: Duration::ZERO,
    least: Duration::ZERO,
    after_failure: Duration::ZERO,
    pause: Duration::ZERO,
    checked: "2026-11",
};

/// The servers open to all, each of which has all there is.
const HOSTS: [&str; 4] = [
    "wss://jetstream1.us-east.bsky.network",
    "wss://jetstream2.us-east.bsky.network",
    "wss://jetstream1.us-west.bsky.network",
    "wss://jetstream2.us-west.bsky.network",
];

/// The collection posts live in.
const POSTS: &str = "app.bsky.feed.post";

/// Longer messages are left out by the server; a post has at most a few kilobytes.
const LONGEST_MESSAGE: usize = 1 << 20;

/// What one message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A new post, or one that was edited.
    Post { time_us: u64, entry: Box<Entry> },
    /// Anything else. A deleted post is nothing else: a mention, once heard, stays.
    Other { time_us: u64 },
    /// No event as they are documented; why.
    Odd(String),
}

/// The servers to listen to, one after the other where one fails.
pub fn hosts(preset: &Preset) -> Vec<String> {
    match &preset.host {
        Some(hosts) => hosts.split(',').map(str::to_owned).collect(),
        None => HOSTS.map(str::to_owned).to_vec(),
    }
}

/// Where to connect: at what is said from now on, or at what the server saw since `cursor`.
pub fn address(host: &str, cursor: Option<u64>) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("wss", host));
    let scheme = match scheme {
        "http" => "ws",
        "https" => "wss",
        scheme => scheme,
    };
    let rest = rest.trim_end_matches('/');
    let mut address = format!(
        "{scheme}://{rest}/subscribe?wantedCollections={POSTS}&maxMessageSizeBytes={LONGEST_MESSAGE}"
    );
    if let Some(cursor) = cursor {
        address.push_str(&format!("&cursor={cursor}"));
    }
    address
}

/// Reads one message.
pub fn read(message: &str) -> Event {
    // Nothing about a post can do without the name of their collection.
    if !message.contains(POSTS) {
        return match time_of(message) {
            Some(time_us) => Event::Other { time_us },
            None => Event::Odd("a message without `time_us`".to_owned()),
        };
    }
    match serde_json::from_str(message) {
        Ok(envelope) => event(envelope),
        Err(error) => Event::Odd(format!("a message that cannot be read: {error}")),
    }
}

/// The first `time_us` of a message. Within a JSON text its quotes would be escaped.
fn time_of(message: &str) -> Option<u64> {
    const KEY: &str = "\"time_us\":";
    let rest = message[message.find(KEY)? + KEY.len()..].trim_start();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().ok()
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    did: Cow<'a, str>,
    time_us: u64,
    #[serde(borrow)]
    commit: Option<Commit<'a>>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow)]
    collection: Cow<'a, str>,
    #[serde(borrow)]
    rkey: Cow<'a, str>,
    #[serde(borrow)]
    record: Option<Record<'a>>,
}

/// A post. Whoever writes one may put anything anywhere: only the text has to be one.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    #[serde(default, rename = "createdAt")]
    created_at: Value,
    #[serde(default)]
    langs: Value,
    #[serde(default)]
    tags: Value,
    #[serde(default)]
    facets: Value,
    #[serde(default)]
    embed: Value,
}

fn event(envelope: Envelope<'_>) -> Event {
    let Envelope { did, time_us, commit } = envelope;
    let Some(commit) = commit.filter(|commit| commit.collection == POSTS) else {
        return Event::Other { time_us };
    };
    match (commit.operation.as_ref(), commit.record) {
        ("delete", _) => Event::Other { time_us },
        ("create" | "update", Some(record)) => match places(&did, &commit.rkey) {
            Some((uri, link)) => {
                let entry = entry(&did, uri, link, time_us, record);
                Event::Post { time_us, entry: Box::new(entry) }
            }
            None => Event::Odd("a post without a usable address".to_owned()),
        },
        ("create" | "update", None) => Event::Odd("a post without a record".to_owned()),
        _ => Event::Odd("a post that was neither created, updated nor deleted".to_owned()),
    }
}

/// A post's address within the network, and that of its page.
fn places(did: &str, rkey: &str) -> Option<(String, String)> {
    let fits = |text: &str, signs: &[u8]| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || signs.contains(&b)) && !text.is_empty()
    };
    // As the protocol has them: <https://atproto.com/specs/did>, <https://atproto.com/specs/record-key>.
    let usable = did.strip_prefix("did:").is_some_and(|rest| fits(rest, b".:_-%"))
        && fits(rkey, b".:_~-")
        && did.len() <= 2048
        && rkey.len() <= 512
        && !matches!(rkey, "." | "..");
    usable.then(|| {
        (format!("at://{did}/{POSTS}/{rkey}"), format!("https://bsky.app/profile/{did}/post/{rkey}"))
    })
}

fn entry(did: &str, uri: String, link: String, time_us: u64, record: Record<'_>) -> Entry {
    let seen = i64::try_from(time_us).ok().and_then(|time| Timestamp::from_microsecond(time).ok());
    // Written by the author's program: nobody can have seen a post before it was published.
    let created = record.created_at.as_str().and_then(dates::parse);
    let published = match (created, seen) {
        (Some(created), Some(seen)) => Some(created.min(seen)),
        (created, seen) => created.or(seen),
    };
    Entry {
        guid: Some(uri),
        link: Some(link),
        title: None,
        summary: None,
        content: text(&record),
        author: Some(did.to_owned()),
        published,
        updated: None,
        language: language(&record.langs),
        image: None,
        format: super::json::bluesky_format(&record.embed),
        tags: tags(&record),
        engagement: BTreeMap::new(),
        extra: None,
    }
}

/// What the author wrote, then the title and description of the page that is linked, then the descriptions
/// of the pictures: a post may be nothing but a headline in a card.
fn text(record: &Record<'_>) -> Option<String> {
    let mut parts = vec![record.text.as_ref()];
    // A quoted post with a medium of its own has the medium inside.
    let media = &record.embed["media"];
    let embed = if media.is_null() { &record.embed } else { media };
    let external = &embed["external"];
    parts.extend(["title", "description"].into_iter().filter_map(|key| external[key].as_str()));
    let images = embed["images"].as_array().into_iter().flatten();
    parts.extend(images.filter_map(|image| image["alt"].as_str()));
    parts.extend(embed["alt"].as_str());
    let lines: Vec<String> = parts.into_iter().filter_map(draft::line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The language if the author names one; several are those of the author, not of the post.
fn language(langs: &Value) -> Option<String> {
    match langs.as_array().map(Vec::as_slice) {
        Some([only]) => only.as_str().and_then(draft::primary_subtag),
        _ => None,
    }
}

/// Hashtags in the text, and those that are kept beside it.
fn tags(record: &Record<'_>) -> Vec<String> {
    let facets = record.facets.as_array().into_iter().flatten();
    let features = facets.filter_map(|facet| facet["features"].as_array()).flatten();
    let named = features.filter_map(|feature| feature["tag"].as_str());
    let beside = record.tags.as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut draft = draft::Draft::default();
    named.chain(beside).filter_map(draft::line).for_each(|tag| draft.tag(tag));
    draft.tags
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message as a server writes it, with another record.
    fn commit(operation: &str, record: &str) -> String {
        format!(
            r#"{{"did":"did:plc:eygmaihciaxprqvxpfvl6flk","time_us":1767254400123456,"kind":"commit","commit":{{"rev":"3l3qo2vutsw2b","operation":"{operation}","collection":"app.bsky.feed.post","rkey":"3l3qo2vuowo2b","record":{record},"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"}}}}"#
        )
    }

    fn post(record: &str) -> Entry {
        match read(&commit("create", record)) {
            Event::Post { time_us: 1_767_254_400_123_456, entry } => *entry,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn check_odd(message: &str, expected: &str) {
        match read(message) {
            Event::Odd(why) => assert!(why.contains(expected), "{why}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_post_as_it_is_documented() {
        let entry = post(
            r##"{"$type":"app.bsky.feed.post","createdAt":"2026-01-01T07:59:58.102Z","langs":["fr-CA"],
               "text":"Acme rappelle\n ses lampes #rappel","tags":["lampe","rappel"],
               "facets":[{"index":{"byteStart":25,"byteEnd":32},
                 "features":[{"$type":"app.bsky.richtext.facet#tag","tag":"rappel"}]},
                {"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://acme.example"}]}]}"##,
        );
        let expected = Entry {
            guid: Some("at://did:plc:eygmaihciaxprqvxpfvl6flk/app.bsky.feed.post/3l3qo2vuowo2b".into()),
            link: Some("https://bsky.app/profile/did:plc:eygmaihciaxprqvxpfvl6flk/post/3l3qo2vuowo2b".into()),
            content: Some("Acme rappelle ses lampes #rappel".into()),
            author: Some("did:plc:eygmaihciaxprqvxpfvl6flk".into()),
            published: Some("2026-01-01T07:59:58.102Z".parse().unwrap()),
            language: Some("fr".into()),
            tags: vec!["rappel".into(), "lampe".into()],
            ..Entry::default()
        };
        assert_eq!(entry, expected);
    }

    #[test]
    fn a_card_and_descriptions_of_pictures_are_text_too() {
        let card =
            r#""external":{"uri":"https://a.example","title":"Acme recalls","description":"All of them"}"#;
        for embed in [format!("{{{card}}}"), format!(r#"{{"record":{{"uri":"at://x"}},"media":{{{card}}}}}"#)]
        {
            let entry = post(&format!(r#"{{"text":"","embed":{embed}}}"#));
            assert_eq!(entry.text(), "Acme recalls\nAll of them");
        }
        let images = r#"{"text":"Look","embed":{"images":[{"alt":"A lamp","image":{}},{"alt":""},{}]}}"#;
        assert_eq!(post(images).text(), "Look\nA lamp");
        assert_eq!(post(r#"{"text":"Look","embed":{"video":{},"alt":"It burns"}}"#).text(), "Look\nIt burns");
        assert_eq!(post(r#"{"text":" "}"#).content, None);
    }

    #[test]
    fn what_authors_leave_out_or_put_anywhere_does_no_harm() {
        let seen = "2026-01-01T08:00:00.123456Z".parse::<Timestamp>().unwrap();
        for record in [
            r#"{"text":"Acme"}"#,
            r#"{"text":"Acme","createdAt":"soon","langs":"fr","tags":{"a":1},"facets":[7,{"features":"x"}],"embed":[]}"#,
            r#"{"text":"Acme","createdAt":17,"langs":["en","fr"],"facets":null,"embed":{"images":{"alt":"x"}}}"#,
            // Ahead of the moment it was seen.
            r#"{"text":"Acme","createdAt":"2027-01-01T00:00:00Z"}"#,
        ] {
            let entry = post(record);
            assert_eq!(entry.text(), "Acme");
            assert_eq!(
                (entry.published, entry.language, entry.tags),
                (Some(seen), None, Vec::new()),
                "{record}"
            );
        }
        let signs =
            post(r#"{"text":"1 < 2 \u0026 <b> \ud83d\ude00","createdAt":"2025-06-01T10:00:00+02:00"}"#);
        assert_eq!(signs.text(), "1 < 2 & <b> 😀");
        assert_eq!(signs.published.unwrap().to_string(), "2025-06-01T08:00:00Z");
    }

    #[test]
    fn an_edit_is_a_post_and_a_deletion_is_passed_over() {
        let (first, then) = (commit("create", r#"{"text":"a"}"#), commit("update", r#"{"text":"b"}"#));
        let guid = |message: &str| match read(message) {
            Event::Post { entry, .. } => entry.guid,
            other => panic!("{other:?}"),
        };
        assert_eq!(guid(&first), guid(&then));
        let deleted = r#"{"did":"did:plc:a","time_us":7,"kind":"commit","commit":{"rev":"r","operation":"delete","collection":"app.bsky.feed.post","rkey":"b"}}"#;
        assert_eq!(read(deleted), Event::Other { time_us: 7 });
    }

    #[test]
    fn other_events_only_tell_the_time() {
        for message in [
            r#"{"did":"did:plc:a","time_us":7,"kind":"identity","identity":{"did":"did:plc:a","handle":"a.example","seq":1,"time":"2026-01-01T00:00:00Z"}}"#,
            r#"{"did":"did:plc:a","time_us": 7,"kind":"account","account":{"active":false,"did":"did:plc:a","status":"deleted"}}"#,
            r#"{"did":"did:plc:a","time_us":7,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.like","rkey":"b","record":{"subject":{"uri":"at://did:plc:b/app.bsky.feed.post/c"}}}}"#,
        ] {
            assert_eq!(read(message), Event::Other { time_us: 7 }, "{message}");
        }
    }

    #[test]
    fn odd_messages_are_told() {
        check_odd("", "without `time_us`");
        check_odd("hello", "without `time_us`");
        check_odd(r#"{"time_us":"now"}"#, "without `time_us`");
        check_odd(r#"{"time_us":99999999999999999999999}"#, "without `time_us`");
        check_odd(r#"{"type":"app.bsky.feed.post"}"#, "cannot be read");
        check_odd(&commit("create", r#"{"text":["a"]}"#), "cannot be read");
        check_odd(&commit("create", "null"), "without a record");
        check_odd(&commit("move", "null"), "neither created");
        check_odd(&commit("create", r#"{"text":"a"}"#).replace("did:plc", "https://evil"), "usable address");
        check_odd(&commit("create", r#"{"text":"a"}"#).replace("3l3qo2vuowo2b", "a/../b"), "usable address");
        check_odd(&commit("create", r#"{"text":"a"}"#)[..250], "cannot be read");
        let deep = format!(r#"{{"text":"a","embed":{}}}"#, "[".repeat(100_000));
        check_odd(&commit("create", &deep), "cannot be read");
    }

    #[test]
    fn addresses() {
        let rest = "/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes=1048576";
        assert_eq!(address(HOSTS[0], None), format!("wss://jetstream1.us-east.bsky.network{rest}"));
        assert_eq!(address("https://a.example/js/", Some(17)), format!("wss://a.example/js{rest}&cursor=17"));
        assert_eq!(address("http://127.0.0.1:6008", None), format!("ws://127.0.0.1:6008{rest}"));
        assert_eq!(address("a.example", None), format!("wss://a.example{rest}"));
    }
}
