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
        report.error(&kind.place, message, suggestion(&kind.value, &words));
        return None;
    };
    let about = presets::about(name);
    let complete = keys_fit(report, section, name, about);
    let host = section.parsed(report, "host", host);
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
    let token_env = section.parsed(report, "token_env", variable);
    nothing_to_stand_for(report, section, &brands);
    let (host, private) = host.unzip();
    let preset = Preset {
        name,
        search,
        host,
        tags: tags_of(&tags, &brands),
        accounts,
        communities,
        repos,
        apps,
        token_env,
    };
    if !complete {
        return None;
    }
    if let Err((key, help)) = presets::check(&preset) {
        let message = format!("{}: `{key}` is nothing that `{}` knows", section.name, name.as_str());
        report.error(&section.place_of(key), message, help);
        return None;
    }
    if let Some(notice) = about.notice {
        let message = format!("{}: {}: {notice}", section.name, about.standing.as_str());
        if about.standing == presets::Standing::OptIn {
            report.warning(&kind.place, message, "");
        }
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

/// The name of an environment variable, not what is in it.
fn variable(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match text.chars().all(good) && !text.starts_with(|c: char| c.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("write the name of an environment variable, such as `REDDIT_FEED_TOKEN`; \
                      what it holds does not belong in this file"
            .to_owned()),
    }
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
fn tags_of(written: &[String], brands: &[&Brand]) -> Vec<String> {
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
