//! A source of a known kind: which keys its place takes, and what `{brand}` stands for.

use super::problem::Report;
use super::raw::{Section, Text, suggestion};
use super::values;
use crate::model::{Brand, Preset, PresetName, Role, Search, SourceKind};
use crate::sources::presets::{self, About};
use crate::text::fold;

/// What presets take beside what every source takes.
pub(super) const KEYS: [&str; 8] =
    ["search", "host", "tag", "account", "community", "repo", "app", "token_env"];

/// Places that nobody may read without an account, so that no preset can exist for them.
const CLOSED: [&str; 8] =
    ["x", "twitter", "linkedin", "facebook", "instagram", "tiktok", "trustpilot", "google-play"];

/// A source that has `kind`, and whether it lives on this machine or the local network; `None` if anything
/// is wrong with it.
pub(super) fn preset(
    report: &mut Report<'_>,
    section: &Section<'_>,
    brands: &[Brand],
) -> Option<(SourceKind, bool)> {
    let kind = section.filled(report, "kind")?;
    let Some(name) = PresetName::ALL.into_iter().find(|name| name.as_str() == kind.value.trim()) else {
        let words = PresetName::ALL.map(PresetName::as_str);
        let message = format!("{}: there is no kind `{}`", section.name, kind.value);
        let help = match CLOSED.contains(&kind.value.to_lowercase().as_str()) {
            true => {
                "this place shows itself to its members only; `vigie import` takes what you have of it".into()
            }
            false => suggestion(&kind.value, &words),
        };
        report.error(&kind.place, message, help);
        return None;
    };
    let about = presets::about(name);
    let complete = keys_fit(report, section, name, about);
    let host = match name {
        PresetName::BlueskyJetstream => section.parsed(report, "host", hosts),
        _ => section.parsed(report, "host", host),
    };
    let brands = listened_for(brands);
    let search = section
        .filled(report, "search")
        .map(|text| Search { text: text.value.trim().to_owned(), names: names(&brands) });
    let mut list = |key: &str| -> Vec<String> {
        let Some(text) = section.filled(report, key) else { return Vec::new() };
        let items = text.value.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
    };
    let (tags, accounts) = (list("tag"), list("account"));
    let (communities, repos, apps) = (list("community"), list("repo"), list("app"));
    let token_env = variable(report, section);
    nothing_to_stand_for(report, section, &brands);
    let (host, private) = host.unzip();
    let tags = hashtags(&tags, &brands);
    if section.has("tag") && tags.is_empty() && !brands.is_empty() {
        let message = format!("{}: no brand's name makes a hashtag", section.name);
        report.error(&section.place_of("tag"), message, "write the tag itself, or drop the line");
    }
    let preset = Preset { name, search, host, tags, accounts, communities, repos, apps, token_env };
    if !complete {
        return None;
    }
    if let Err((key, help)) = presets::check(&preset) {
        let message = format!("{}: `{key}` is nothing that `{}` knows", section.name, name.as_str());
        report.error(&section.place_of(key), message, help);
        return None;
    }
    if let (presets::Standing::OptIn, Some(notice)) = (about.standing, about.notice) {
        // Who writes the kind has chosen; what they chose is said.
        report.warning(&kind.place, format!("{}: {notice}", section.name), "drop the source if you may not");
    }
    let kind = match name {
        PresetName::BlueskyJetstream => SourceKind::Stream(preset),
        _ => SourceKind::Preset(preset),
    };
    Some((kind, private.unwrap_or(false)))
}

/// Tells of keys that the place does not take, and of what it cannot do without.
fn keys_fit(report: &mut Report<'_>, section: &Section<'_>, name: PresetName, about: &About) -> bool {
    let kind = name.as_str();
    let mut fits = true;
    for key in KEYS.iter().filter(|key| section.has(key)) {
        if !about.keys.iter().any(|taken| taken.name == *key) {
            let taken: Vec<String> = about.keys.iter().map(|key| format!("`{}`", key.name)).collect();
            let message = format!("{}: `{kind}` does not take `{key}`", section.name);
            report.error(&section.key_place(key), message, format!("it takes {}", taken.join(", ")));
            fits = false;
        }
    }
    for group in about.needs.iter().filter(|group| !group.iter().any(|key| section.has(key))) {
        let examples = about.keys.iter().filter(|key| group.contains(&key.name));
        let examples: Vec<String> =
            examples.map(|key| format!("`{} = \"{}\"`", key.name, key.example)).collect();
        let message = format!("{}: `{kind}` does not know what to listen to", section.name);
        report.error(&section.key_place("kind"), message, format!("add {}", examples.join(" or ")));
        fits = false;
    }
    fits
}

/// A host as people write it (`piaille.fr`), or the address of a server (`http://127.0.0.1:8080`), and
/// whether it is private.
fn host(text: &str) -> Result<(String, bool), String> {
    let text = text.trim().trim_end_matches('/');
    let whole = match text.split_once("://") {
        None => format!("https://{text}"),
        Some(("wss", rest)) => format!("https://{rest}"),
        Some(("ws", rest)) => format!("http://{rest}"),
        Some(_) => text.to_owned(),
    };
    let (address, private) =
        values::address(&whole).map_err(|_| "write a host such as `forum.example`".to_owned())?;
    match address.contains(['?', '#']) || address.contains(char::is_whitespace) {
        true => Err("write a host such as `forum.example`, without what follows `?`".to_owned()),
        false => Ok((address, private)),
    }
}

/// Several hosts with commas between, each of which has all there is.
fn hosts(text: &str) -> Result<(String, bool), String> {
    let parts = text.split(',').map(host).collect::<Result<Vec<_>, _>>()?;
    let private = parts.iter().any(|(_, private)| *private);
    Ok((parts.into_iter().map(|(host, _)| host).collect::<Vec<_>>().join(","), private))
}

/// The name of an environment variable. What stands there instead may be the secret itself: it is not shown.
fn variable(report: &mut Report<'_>, section: &Section<'_>) -> Option<String> {
    let name = section.filled(report, "token_env")?.value;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(good) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(name);
    }
    let message = format!("{}: `token_env` is not the name of an environment variable", section.name);
    let help = "write one such as `REDDIT_FEED_TOKEN`; what it holds does not belong in this file";
    report.error(&section.place, message, help);
    None
}

/// `{brand}` is each brand of role own or competitor.
fn listened_for(brands: &[Brand]) -> Vec<&Brand> {
    brands.iter().filter(|brand| matches!(brand.role, Role::Own | Role::Competitor)).collect()
}

/// The names to search for: as one types them, without those that contain another one.
fn names(brands: &[&Brand]) -> Vec<String> {
    let of_brand = |brand: &&Brand| {
        let given = brand.aliases.iter().chain(&brand.exact).map(|name| spelled(name));
        let given: Vec<String> = given.collect();
        if given.is_empty() { vec![brand.name.clone()] } else { given }
    };
    let all: Vec<String> = brands.iter().flat_map(of_brand).filter(|name| !name.is_empty()).collect();
    let mut kept: Vec<(String, String)> = Vec::new();
    for name in all {
        let folded = format!(" {} ", words(&name));
        if kept.iter().any(|(_, shorter)| folded.contains(shorter.as_str())) {
            continue;
        }
        kept.retain(|(_, longer)| !longer.contains(&folded));
        kept.push((name, folded));
    }
    kept.into_iter().map(|(name, _)| name).collect()
}

/// Without the sign of a hashtag or a handle, which searches do not know.
fn spelled(name: &str) -> String {
    name.trim().trim_start_matches(['#', '@']).to_owned()
}

/// Letters and digits, folded, a space between words.
fn words(name: &str) -> String {
    let folded = fold::fold(name);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Hashtags; `{brand}` is each brand's names as hashtags, without spaces.
fn hashtags(written: &[String], brands: &[&Brand]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in written {
        let expanded = match tag.as_str() {
            Search::BRAND => names(brands).iter().map(|name| joined(name)).collect(),
            tag => vec![tag.trim_start_matches('#').to_owned()],
        };
        for tag in expanded.into_iter().filter(|tag| !tag.is_empty()) {
            if !tags.iter().any(|known| fold::fold(known) == fold::fold(&tag)) {
                tags.push(tag);
            }
        }
    }
    tags
}

fn joined(name: &str) -> String {
    let joined: String = name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    // A number is no hashtag.
    if joined.chars().all(|c| c.is_ascii_digit()) { String::new() } else { joined.to_lowercase() }
}

fn nothing_to_stand_for(report: &mut Report<'_>, section: &Section<'_>, brands: &[&Brand]) {
    for key in KEYS {
        let Some(text) = section.quietly(key).filter(|text| text.contains(Search::BRAND)) else { continue };
        let text = Text { value: text, place: section.place_of(key) };
        if key != "search" && !(key == "tag" && text.value.split(',').any(|tag| tag.trim() == Search::BRAND))
        {
            let message = format!("{}: `{{brand}}` means nothing in `{key}`", section.name);
            report.error(&text.place, message, "it works in `search`, and as one of the words of `tag`");
        } else if brands.is_empty() {
            let message = format!("{}: there is no brand that `{{brand}}` could stand for", section.name);
            report.error(&text.place, message, "add a `[[brand]]` with the role own or competitor");
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::{File, check, show};
    use super::*;

    const BRANDS: &str = "brand = [
        { id = 'decathlon', name = 'Décathlon', aliases = ['Décathlon', '#decathlon', 'Decathlon Pro'] },
        { id = 'go', name = 'Go Sport', role = 'competitor', aliases = ['Go Sport', '@gosport'] },
        { id = 'velo', role = 'topic' }]
";

    #[track_caller]
    fn check_problems(source: &str, expect: Expect) {
        let text = format!("{BRANDS}[[source]]\nid = 's'\n{source}\n");
        let files = [File { path: "feeds.toml".into(), text }];
        expect.assert_eq(&show(&check(&files).problems, &files, false));
    }

    fn preset_of(source: &str) -> Preset {
        let text = format!("{BRANDS}[[source]]\nid = 's'\n{source}\n");
        let checked = check(&[File { path: "feeds.toml".into(), text }]);
        match checked.config.unwrap().sources.remove(0).kind {
            SourceKind::Preset(preset) => preset,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn brands_are_searched_for_by_each_name_that_no_other_contains() {
        let terms = |source: &str| preset_of(source).search.unwrap().terms(|name| format!("<{name}>"));
        let of_brands = terms("kind = 'hacker-news'\nsearch = '{brand}'");
        assert_eq!(of_brands, ["<Décathlon>", "<Go Sport>", "<gosport>"]);
        let with_words = terms("kind = 'hacker-news'\nsearch = '{brand} vélo'");
        assert_eq!(with_words[1], "<Go Sport> vélo");
        assert_eq!(terms("kind = 'hacker-news'\nsearch = 'vélo OR bike'"), ["vélo OR bike"]);
        let tags = preset_of("kind = 'mastodon'\ntag = '{brand}, #Vélo, velo, décathlon'").tags;
        assert_eq!(tags, ["décathlon", "gosport", "Vélo"]);
    }

    #[test]
    fn a_host_is_written_as_people_write_it() {
        for (host, expected) in [
            ("piaille.fr", "https://piaille.fr"),
            ("https://forum.example/sub/", "https://forum.example/sub"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            let preset = preset_of(&format!("kind = 'discourse'\nhost = '{host}'"));
            assert_eq!(preset.host.as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_a_place_cannot_do_is_told_with_what_it_can() {
        check_problems(
            "kind = 'hackernews'\nsearch = '{brand}'",
            expect![[r#"
            feeds.toml:7:8: source `s`: there is no kind `hackernews`
              kind = 'hackernews'
                     ^^^^^^^^^^^^ did you mean `hacker-news`?
        "#]],
        );
        check_problems(
            "kind = 'facebook'",
            expect![[r#"
                feeds.toml:7:8: source `s`: there is no kind `facebook`
                  kind = 'facebook'
                         ^^^^^^^^^^ this place shows itself to its members only; `vigie import` takes what you have of it
            "#]],
        );
        check_problems(
            "kind = 'mastodon'\nsearch = '{brand}'",
            expect![[r#"
            feeds.toml:7:1: source `s`: `mastodon` does not know what to listen to
              kind = 'mastodon'
              ^^^^ add `tag = "{brand}"` or `account = "acme@mastodon.social"`
            feeds.toml:8:1: source `s`: `mastodon` does not take `search`
              search = '{brand}'
              ^^^^^^ it takes `tag`, `account`, `host`
        "#]],
        );
        check_problems(
            "kind = 'wordpress'\nsearch = '{brand}'",
            expect![[r#"
            feeds.toml:7:1: source `s`: `wordpress` does not know what to listen to
              kind = 'wordpress'
              ^^^^ add `host = "blog.example"`
        "#]],
        );
        check_problems(
            "kind = 'discourse'\nhost = 'a forum'",
            expect![[r#"
            feeds.toml:8:8: source `s`: `host` cannot be `a forum`
              host = 'a forum'
                     ^^^^^^^^^ write a host such as `forum.example`
        "#]],
        );
        check_problems(
            "kind = 'discourse'\nhost = 'localhost:4000'",
            expect![[r#"
            feeds.toml:8:8: warning: source `s`: this address leads to the local network and is refused
              host = 'localhost:4000'
                     ^^^^^^^^^^^^^^^^ add `allow_private = true` if it is meant
        "#]],
        );
        check_problems(
            "kind = 'bluesky-jetstream'\nhost = 'wss://a.example, b.example?x'\nevery = '15m'",
            expect![[r#"
                feeds.toml:8:8: source `s`: `host` cannot be `wss://a.example, b.example?x`
                  host = 'wss://a.example, b.example?x'
                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write a host such as `forum.example`, without what follows `?`
                feeds.toml:9:1: warning: source `s`: a stream is not asked again and again
                  every = '15m'
                  ^^^^^ drop `every`: the connection stays open
            "#]],
        );
        check_problems(
            "kind = 'youtube'\naccount = '@acme'",
            expect![[r#"
            feeds.toml:8:11: source `s`: `account` is nothing that `youtube` knows
              account = '@acme'
                        ^^^^^^^ `@acme` is no channel's number; write that of the channel (`UC…`) or of a playlist (`PL…`)
        "#]],
        );
        check_problems(
            "kind = 'github'\nrepo = '{brand}'",
            expect![[r#"
            feeds.toml:8:8: source `s`: `repo` is nothing that `github` knows
              repo = '{brand}'
                     ^^^^^^^^^ `{brand}` is no repository; write `owner/name`
            feeds.toml:8:8: source `s`: `{brand}` means nothing in `repo`
              repo = '{brand}'
                     ^^^^^^^^^ it works in `search`, and as one of the words of `tag`
        "#]],
        );
        check_problems(
            "kind = 'app-store'\napp = 'acme'",
            expect![[r#"
            feeds.toml:8:7: source `s`: `app` is nothing that `app-store` knows
              app = 'acme'
                    ^^^^^^ `acme` is no app; write the number its page's address ends in, after a country: `fr/1234567890`
        "#]],
        );
        check_problems(
            "kind = 'reddit'\nsearch = 'a'\ntoken_env = 'feed=0a1b&user=me'",
            expect![[r#"
                feeds.toml:5:1: source `s`: `token_env` is not the name of an environment variable
                  [[source]]
                  ^^^^^^^^^^ write one such as `REDDIT_FEED_TOKEN`; what it holds does not belong in this file
            "#]],
        );
        check_problems(
            "kind = 'google-news'\nsearch = '{brand}'",
            expect![[r#"
            feeds.toml:7:8: warning: source `s`: its terms allow personal, non-commercial reading only, and its robots.txt forbids `/rss/`: whether you may use it is for you to judge
              kind = 'google-news'
                     ^^^^^^^^^^^^^ drop the source if you may not
        "#]],
        );
        check_problems(
            "kind = 'reddit'\nsearch = 'a'\nevery = '5m'",
            expect![[r#"
            feeds.toml:9:9: warning: source `s`: publishers dislike to be asked this often
              every = '5m'
                      ^^^^ `15m` or longer is polite
        "#]],
        );
    }
}
