//! Whose an entry is: entry × brands → matches with spans.
//!
//! One automaton finds, in one pass over the folded text, the brands that may be named; nearly all entries
//! name none and end there. Only then are words read and aliases, queries and exclusions judged.

mod alias;
mod automaton;
mod required;
pub mod triggers;

use std::collections::BTreeMap;

use crate::model::{Brand, Entry, Language, Match};
use crate::query::{Ast, Compiled, Document, Fact, Part, Prepared, Query, merged};
use crate::text::Span;
use crate::text::fold::fold;
use alias::{Alias, Exact};
use automaton::{Automaton, sieved};

/// All brands compiled into one automaton over folded text.
pub struct Matcher {
    brands: Vec<Brand>,
    listeners: Vec<Listener>,
    automaton: Automaton,
    /// By pattern of the automaton.
    triggers: Vec<Vec<Trigger>>,
    /// Brands whose query may hold for an entry without any word known beforehand.
    always: Vec<usize>,
}

impl Matcher {
    pub fn new(brands: &[Brand]) -> Self {
        let mut patterns: BTreeMap<String, Vec<Trigger>> = BTreeMap::new();
        let mut always = Vec::new();
        let listeners: Vec<Listener> = brands.iter().map(Listener::new).collect();
        for (brand, listener) in listeners.iter().enumerate() {
            for pattern in listener.names() {
                let triggers = patterns.entry(sieved(pattern).into_owned()).or_default();
                triggers.push(Trigger { brand, whole: true });
            }
            match brands[brand].query.as_ref().map(|query| required::any_of(&query.ast)) {
                None => {}
                Some(None) => always.push(brand),
                Some(Some(beginnings)) => {
                    for pattern in beginnings {
                        let triggers = patterns.entry(sieved(&pattern).into_owned()).or_default();
                        triggers.push(Trigger { brand, whole: false });
                    }
                }
            }
        }
        let (patterns, triggers): (Vec<String>, Vec<Vec<Trigger>>) = patterns.into_iter().unzip();
        let automaton = Automaton::new(&patterns);
        Self { brands: brands.to_vec(), listeners, automaton, triggers, always }
    }

    pub fn brands(&self) -> &[Brand] {
        &self.brands
    }

    /// The brands an entry names, in configuration order. `language` is asked only if a query needs it.
    /// `source` and `source_tags` are those of the source it came from.
    pub fn matches(
        &self,
        entry: &Entry,
        source: &str,
        source_tags: &[String],
        language: &mut dyn FnMut() -> Language,
    ) -> Vec<Match> {
        let mut candidates = self.always.clone();
        self.scan(entry.title_text(), &mut candidates);
        self.scan(entry.text(), &mut candidates);
        if candidates.is_empty() {
            return Vec::new();
        }
        candidates.sort_unstable();
        candidates.dedup();
        let tags: Vec<String> = entry.tags.iter().chain(source_tags).cloned().collect();
        let document = Document {
            title: entry.title_text(),
            text: entry.text(),
            author: entry.author.as_deref(),
            link: entry.link.as_deref(),
            source,
            tags: &tags,
            ..Document::default()
        };
        let mut code = || language().code().map(str::to_owned);
        let document = Prepared::asking(&document, &mut code);
        let judged = candidates.into_iter().map(|brand| {
            let listener = &self.listeners[brand];
            let (title_spans, text_spans) = listener.judge(&document)?;
            let own_voice = listener.is_own_voice(entry, &document);
            Some(Match { brand: self.brands[brand].id.clone(), title_spans, text_spans, own_voice })
        });
        judged.flatten().collect()
    }

    /// Adds the brands that `text` may name, some of them repeatedly.
    fn scan(&self, text: &str, candidates: &mut Vec<usize>) {
        // Nearly all texts end here, and folding them would cost more than to look.
        if !self.automaton.finds_any(text) {
            return;
        }
        let text = sieved(text);
        self.automaton.each(&text, |pattern, start, end| {
            if text[..start].ends_with(char::is_alphanumeric) {
                return;
            }
            let whole = ends_word(&text[end..]);
            let triggers = &self.triggers[pattern];
            candidates.extend(triggers.iter().filter(|t| whole || !t.whole).map(|t| t.brand));
        });
    }
}

/// What a found pattern may mean.
struct Trigger {
    brand: usize,
    /// The pattern is a whole word (save for a plural), not the beginning of one.
    whole: bool,
}

/// Whether a word, or its plural, ends before `rest`.
fn ends_word(rest: &str) -> bool {
    let plural = rest.strip_prefix(['s', 'S']);
    !rest.starts_with(char::is_alphanumeric)
        || plural.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// A brand, ready to judge entries.
struct Listener {
    aliases: Vec<Alias>,
    exact: Vec<Exact>,
    query: Option<Compiled>,
    context: Option<Compiled>,
    exclude: Option<Compiled>,
    own_sites: Compiled,
    own_accounts: Vec<String>,
}

/// In the title, and in the text.
type Spans = (Vec<Span>, Vec<Span>);

impl Listener {
    fn new(brand: &Brand) -> Self {
        let compiled = |query: &Option<Query>| query.as_ref().map(|query| Compiled::new(&query.ast));
        let sites = brand.domains.iter().map(|domain| Ast::Fact(Fact::Site, domain.clone()));
        Self {
            aliases: brand.aliases.iter().filter_map(|alias| Alias::new(alias)).collect(),
            exact: brand.exact.iter().filter_map(|exact| Exact::new(exact)).collect(),
            query: compiled(&brand.query),
            context: compiled(&brand.context),
            exclude: compiled(&brand.exclude),
            own_sites: Compiled::new(&Ast::Or(sites.collect())),
            own_accounts: brand.accounts.iter().map(|account| account_key(account)).collect(),
        }
    }

    /// A folded word of each name, without which the name cannot stand.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.aliases.iter().map(Alias::pattern).chain(self.exact.iter().map(Exact::pattern))
    }

    /// `None` if the entry is no mention. The spans are those of the names where they count, else those of
    /// the query's words.
    fn judge(&self, document: &Prepared<'_>) -> Option<Spans> {
        let find = |part| {
            let aliases =
                self.aliases.iter().flat_map(|alias| alias.find(document.text(part), document.words(part)));
            let exact =
                self.exact.iter().flat_map(|exact| exact.find(document.text(part), document.written(part)));
            aliases.chain(exact).collect::<Vec<_>>()
        };
        let (title, text) = (find(Part::Title), find(Part::Text));
        let named = !(title.is_empty() && text.is_empty())
            && self.context.as_ref().is_none_or(|context| context.matches(document));
        let asked = || self.query.as_ref().filter(|query| query.matches(document));
        let spans = if named {
            (merged(document.text(Part::Title), title), merged(document.text(Part::Text), text))
        } else {
            let spans = asked()?.spans(document);
            (spans.title, spans.text)
        };
        let excluded = self.exclude.as_ref().is_some_and(|exclude| exclude.matches(document));
        (!excluded).then_some(spans)
    }

    fn is_own_voice(&self, entry: &Entry, document: &Prepared<'_>) -> bool {
        let is_own = |author: &str| self.own_accounts.contains(&account_key(author));
        self.own_sites.matches(document) || entry.author.as_deref().is_some_and(is_own)
    }
}

/// The form in which accounts are compared: `@Acme` is `acme`.
fn account_key(account: &str) -> String {
    fold(account.trim()).trim_start_matches('@').to_owned()
}

#[cfg(test)]
mod tests;
