//! Where the feed of a well-known place lies, by the address of its page that a person copies.
//!
//! Only rules that need no request; every other page says itself where its feed is.

use url::Url;

/// The feed that belongs to a page of YouTube, GitHub, Reddit, Medium, Substack, DEV, Lobsters, Stack Exchange or
/// a Mastodon account; `None` where no rule is known.
pub fn feed_of(page: &str) -> Option<String> {
    let url = Url::parse(page).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_start_matches("www.");
    let path: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let parameter =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match (host, &path[..]) {
        ("youtube.com" | "m.youtube.com", ["channel", channel, ..]) => {
            Some(format!("https://www.youtube.com/feeds/videos.xml?channel_id={channel}"))
        }
        ("youtube.com" | "m.youtube.com", ["playlist"]) => parameter("list")
            .map(|list| format!("https://www.youtube.com/feeds/videos.xml?playlist_id={list}")),
        ("github.com", [owner, repository]) => {
            Some(format!("https://github.com/{owner}/{repository}/releases.atom"))
        }
        ("github.com", [owner, repository, what @ ("releases" | "tags" | "commits" | "discussions")]) => {
            Some(format!("https://github.com/{owner}/{repository}/{what}.atom"))
        }
        ("reddit.com" | "old.reddit.com", ["r", community]) => {
            Some(format!("https://www.reddit.com/r/{community}/new.rss"))
        }
        ("medium.com", ["tag", tag, ..]) => Some(format!("https://medium.com/feed/tag/{tag}")),
        ("medium.com", [account]) => Some(format!("https://medium.com/feed/{account}")),
        ("dev.to", ["t", tag]) => Some(format!("https://dev.to/feed/tag/{tag}")),
        ("dev.to", [account]) => Some(format!("https://dev.to/feed/{account}")),
        ("lobste.rs", []) => Some("https://lobste.rs/rss".to_owned()),
        ("lobste.rs", ["t", tag]) => Some(format!("https://lobste.rs/t/{tag}.rss")),
        ("stackoverflow.com", ["questions", "tagged", tag]) => {
            Some(format!("https://stackoverflow.com/feeds/tag?tagnames={tag}&sort=newest"))
        }
        (host, []) if host.ends_with(".substack.com") => Some(format!("https://{host}/feed")),
        // Mastodon's; other places with such names have been dealt with, or say where their feed is.
        (host, [account]) if !OTHER_HANDLES.contains(&host) => {
            let is_handle = account.len() > 1 && account.starts_with('@') && !account.contains('.');
            is_handle.then(|| format!("https://{host}/{account}.rss"))
        }
        _ => None,
    }
}

const OTHER_HANDLES: &[&str] = &["youtube.com", "m.youtube.com", "tiktok.com", "threads.net", "threads.com"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_people_copy() {
        for (page, feed) in [
            (
                "https://www.youtube.com/channel/UC123/videos",
                Some("https://www.youtube.com/feeds/videos.xml?channel_id=UC123"),
            ),
            (
                "https://youtube.com/playlist?list=PL1",
                Some("https://www.youtube.com/feeds/videos.xml?playlist_id=PL1"),
            ),
            ("https://www.youtube.com/@acme", None),
            ("https://github.com/acme/shop/", Some("https://github.com/acme/shop/releases.atom")),
            (
                "https://github.com/acme/shop/discussions",
                Some("https://github.com/acme/shop/discussions.atom"),
            ),
            ("https://github.com/acme", None),
            ("https://www.reddit.com/r/velo/", Some("https://www.reddit.com/r/velo/new.rss")),
            ("https://medium.com/@jo", Some("https://medium.com/feed/@jo")),
            ("https://medium.com/tag/velo", Some("https://medium.com/feed/tag/velo")),
            ("https://acme.substack.com", Some("https://acme.substack.com/feed")),
            ("https://mastodon.example/@jo", Some("https://mastodon.example/@jo.rss")),
            ("https://mastodon.example/@jo.rss", None),
            ("https://lobste.rs/t/rust", Some("https://lobste.rs/t/rust.rss")),
            ("https://news.example/", None),
            ("ftp://github.com/a/b", None),
            ("nonsense", None),
        ] {
            assert_eq!(feed_of(page).as_deref(), feed, "{page}");
        }
    }
}
