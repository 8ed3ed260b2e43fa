//! For whom and where to listen: brands, saved queries, sources.

use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};
use std::time::Duration;

use super::check::{Names, known, standing_query};
use super::problem::Report;
use super::raw::Section;
use super::{preset, values};
use crate::model::{Brand, BrandId, Role, SavedQuery, Source, SourceId, SourceKind};
use crate::query::NO_BRAND;
use crate::sources::presets;

pub(super) fn brand(
    report: &mut Report<'_>,
    section: &Section<'_>,
    saved: &BTreeMap<String, String>,
) -> Option<Brand> {
    let roles = Role::ALL.map(|role| (role.as_str(), role));
    let id = section.quietly("id");
    if id.as_deref() == Some(NO_BRAND) {
        let message =
            format!("{}: `{NO_BRAND}` is what searches call an entry that names no brand", section.name);
        report.error(&section.place_of("id"), message, "give it another id");
    }
    let name = section.filled(report, "name").map(|name| name.value.trim().to_string()).or(id.clone());
    let words = |report: &mut Report<'_>, key: &str| -> Option<Vec<String>> {
        let texts = section.strings(report, key)?;
        for text in texts.iter().filter(|text| !text.value.contains(char::is_alphanumeric)) {
            let message = format!("{}: `{}` has no letter or digit to listen for", section.name, text.value);
            report.error(&text.place, message, "write a word, or use `query` with `raw:`");
        }
        Some(texts.into_iter().map(|text| text.value.trim().to_string()).collect())
    };
    let aliases = words(report, "aliases");
    let exact = words(report, "exact").unwrap_or_default();
    let query = standing_query(report, section, "query", saved);
    let aliases = aliases.unwrap_or_else(|| name.iter().cloned().collect());
    if aliases.is_empty() && exact.is_empty() && !section.has("query") {
        let message = format!("{}: nothing is ever a mention of it", section.name);
        report.error(&section.place_of("aliases"), message, "give `aliases`, `exact` or `query`");
    } else if !section.has("aliases") && !aliases.iter().all(|name| name.contains(char::is_alphanumeric)) {
        let message = format!("{}: its name has no letter or digit to listen for", section.name);
        report.error(&section.place_of("name"), message, "give `aliases`");
    }
    let domains = section.strings(report, "domains").unwrap_or_default();
    let domains = domains.into_iter().filter_map(|text| match values::domain(&text.value) {
        Ok(domain) => Some(domain),
        Err(help) => {
            let message = format!("{}: `{}` is no domain", section.name, text.value);
            report.error(&text.place, message, help);
            None
        }
    });
    let domains = domains.collect();
    let role = section.choice(report, "role", &roles).unwrap_or(Role::Own);
    let context = standing_query(report, section, "context", saved);
    let exclude = standing_query(report, section, "exclude", saved);
    let accounts = section.strings(report, "accounts").unwrap_or_default();
    let accounts = accounts.into_iter().map(|text| text.value.trim().to_string()).collect();
    let id = BrandId::new(id?);
    Some(Brand { id, name: name?, role, aliases, exact, query, context, exclude, domains, accounts })
}

pub(super) fn saved_query(
    report: &mut Report<'_>,
    section: &Section<'_>,
    names: &Names,
    saved: &BTreeMap<String, String>,
) -> Option<SavedQuery> {
    let brands = section.strings(report, "brands");
    let brands = brands.map(|texts| known(report, section, "brand", texts, &names.brands));
    if !section.has("text") {
        section.required(report, "text", "'outage OR panne'");
    }
    let query = standing_query(report, section, "text", saved);
    Some(SavedQuery {
        id: section.quietly("id")?,
        query: query?,
        brands: brands.map(|ids| ids.into_iter().map(BrandId::new).collect()),
    })
}

/// The sources that are polled; two of the same address are told of.
pub(super) fn sources(report: &mut Report<'_>, sections: &[Section<'_>], brands: &[Brand]) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    let mut by_kind: HashMap<SourceKind, SourceId> = HashMap::with_capacity(sections.len());
    for section in sections {
        let Some(source) = source(report, section, brands) else { continue };
        match by_kind.entry(source.kind.clone()) {
            Entry::Vacant(free) => _ = free.insert(source.id.clone()),
            Entry::Occupied(twin) => {
                let (what, key) = match source.kind {
                    SourceKind::Feed { .. } => ("has the same address", "url"),
                    SourceKind::Preset(_) | SourceKind::Stream(_) => ("listens to the same", "kind"),
                };
                let message = format!("{}: `{}` {what}", section.name, twin.get());
                let help = "each of its entries would be kept twice; drop one of the two";
                report.warning(&section.place_of(key), message, help);
            }
        }
        sources.push(source);
    }
    sources
}

/// `None` for a source that is wrong, or that is not yet polled.
fn source(report: &mut Report<'_>, section: &Section<'_>, brands: &[Brand]) -> Option<Source> {
    let id = section.quietly("id");
    let every = section.parsed(report, "every", values::some_time);
    let tags = section.strings(report, "tags").unwrap_or_default();
    let allow_private = section.boolean(report, "allow_private").unwrap_or(false);
    let enabled = section.boolean(report, "enabled").unwrap_or(true);
    let (kind, private) = match section.has("kind") {
        true => known_place(report, section, brands)?,
        false => feed(report, section)?,
    };
    if private && !allow_private {
        let key = if section.has("url") { "url" } else { "host" };
        let message = format!("{}: this address leads to the local network and is refused", section.name);
        report.warning(&section.place_of(key), message, "add `allow_private = true` if it is meant");
    }
    let least = match &kind {
        SourceKind::Feed { .. } => Duration::from_secs(60),
        SourceKind::Preset(preset) | SourceKind::Stream(preset) => presets::about(preset.name).least,
    };
    if !private && every.is_some_and(|every| every < least) {
        let message = format!("{}: publishers dislike to be asked this often", section.name);
        report.warning(&section.place_of("every"), message, "`15m` or longer is polite");
    }
    if matches!(kind, SourceKind::Stream(_)) && every.is_some() {
        let message = format!("{}: a stream is not asked again and again", section.name);
        report.warning(&section.key_place("every"), message, "drop `every`: the connection stays open");
    }
    Some(Source {
        id: SourceId::new(id?),
        kind,
        every,
        tags: tags.into_iter().map(|text| text.value.trim().to_string()).collect(),
        allow_private,
        enabled,
    })
}

fn feed(report: &mut Report<'_>, section: &Section<'_>) -> Option<(SourceKind, bool)> {
    for key in preset::KEYS {
        section.filled(report, key);
    }
    if !section.has("url") {
        let message = format!("{}: it has neither `url` nor `kind`", section.name);
        report.error(&section.place, message, "add `url = \"https://news.example/feed.xml\"`");
    }
    if let Some(key) = preset::KEYS.into_iter().find(|key| section.has(key)) {
        let message = format!("{}: `{key}` means something only beside `kind`", section.name);
        report.error(&section.key_place(key), message, "drop it, or name a preset by `kind`");
    }
    let (url, private) = section.parsed(report, "url", values::address)?;
    Some((SourceKind::Feed { url }, private))
}

fn known_place(
    report: &mut Report<'_>,
    section: &Section<'_>,
    brands: &[Brand],
) -> Option<(SourceKind, bool)> {
    if section.has("url") {
        section.parsed(report, "url", values::address);
        let message = format!("{}: it has both `url` and `kind`", section.name);
        let help = "a plain feed has `url`, a preset has `kind`: keep one";
        report.error(&section.place_of("kind"), message, help);
        return None;
    }
    preset::preset(report, section, brands)
}
