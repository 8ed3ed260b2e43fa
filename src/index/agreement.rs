//! The law: the index finds exactly the mentions for which the query holds in memory.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::testing::{mention, put};
use super::{Facet, Index, Options, Searcher, Sort};
use crate::model::{BrandId, Language, Mention, MentionStatus, Sentiment, SourceId, Timestamp};
use crate::query::{self, Ast, Document, Fact, Part};

const WORDS: [&str; 26] = [
    "annonce",
    "annonces",
    "Annoncé",
    "annoncer",
    "Oréal",
    "l'Oréal",
    "porte",
    "parole",
    "porte-parole",
    "paroles",
    "run",
    "running",
    "runs",
    "Acme's",
    "ACME",
    "@acme",
    "C++",
    "C",
    "d'",
    "s",
    "été",
    "½",
    // With Cyrillic letters: the first two are read as Latin.
    "Аcme",
    "pаrоle",
    "асме",
    "Пароль",
];
const GAPS: [&str; 5] = [" ", " ", ", ", "'", " — "];
const TAGS: [&str; 3] = ["Économie", "economie", "vip"];

fn text(longest: usize) -> impl Strategy<Value = String> {
    vec((prop::sample::select(&WORDS[..]), prop::sample::select(&GAPS[..])), 0..longest)
        .prop_map(|pairs| pairs.iter().flat_map(|(word, gap)| [*word, *gap]).collect())
}

fn a_mention() -> impl Strategy<Value = Mention> {
    let of_text =
        (text(4), text(9), prop::option::of(text(3)), prop::sample::select(vec!["en", "fr", "de", ""]));
    let of_facts = (0..4_i64, 0..3_usize, 0..4_usize, prop::sample::subsequence(&TAGS[..], 0..2), 0..2_usize);
    (of_text, of_facts).prop_map(|((title, text, author, language), (at, brand, link, tags, source))| {
        Mention {
            language: Language::from_code(Some(language)),
            author,
            published: Some(Timestamp::from_second(at).unwrap()),
            brand: BrandId::new(["acme", "Globex", ""][brand]),
            source: SourceId::new(["EcoDaily", "forum"][source]),
            link: ["https://a.b.example/x", "https://www.b.example/X?utm_source=y", "mailto:b.example"]
                .get(link)
                .map(|&link| link.to_owned()),
            entry_tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            sentiment: (at > 1).then_some(Sentiment { p: [0.1, 0.2, 0.7] }),
            status: MentionStatus::ALL[brand],
            ..mention(0, &title, &text)
        }
    })
}

fn near_side() -> impl Strategy<Value = Ast> {
    let leaf = prop_oneof![3 => words_only(), 1 => raw()];
    prop_oneof![3 => leaf.clone(), 1 => vec(leaf, 1..3).prop_map(Ast::Or)]
}

fn a_word() -> impl Strategy<Value = String> + Clone {
    prop::sample::select(&WORDS[..]).prop_map(str::to_owned)
}

fn raw() -> impl Strategy<Value = Ast> + Clone {
    vec(a_word(), 1..3).prop_map(|words| Ast::Raw(words.join(" ")))
}

fn words_only() -> impl Strategy<Value = Ast> + Clone {
    prop_oneof![
        a_word().prop_map(Ast::Word),
        prop::sample::select(vec!["ann", "Port", "porte-p", "r", "l'or", "+"])
            .prop_map(|p| Ast::Prefix(p.into())),
        (vec(a_word(), 1..4), 0..4_u32).prop_map(|(words, slop)| Ast::Phrase { words, slop }),
    ]
    .boxed()
}

fn fact() -> impl Strategy<Value = Ast> {
    let values = |fact: Fact, values: &'static [&'static str]| {
        prop::sample::select(values).prop_map(move |value| Ast::Fact(fact, value.to_owned())).boxed()
    };
    prop_oneof![
        values(Fact::Author, &["annonce", "l'Oréal", "acme c", "porte-parole", "++"]),
        values(Fact::Site, &["b.example", "a.b.example", "www.B.example", "example", "x.example"]),
        values(Fact::Source, &["ecodaily", "Forum", "none"]),
        values(Fact::Tag, &["economie", "VIP", "Presse", "none"]),
        values(Fact::Language, &["fr", "EN", "it"]),
        values(Fact::Sentiment, &["positive", "negative"]),
        values(Fact::Brand, &["ACME", "globex", ""]),
        values(
            Fact::Story,
            &["s_00000000000000000000000000000001", "S_00000000000000000000000000000002", "s_1"]
        ),
        values(Fact::Status, &["new", "Done"]),
        values(Fact::Link, &["https://a.b.example/x", "https://b.example/X", "mailto:b.example"]),
    ]
}

fn an_ast() -> impl Strategy<Value = Ast> {
    let time = (prop::option::of(0..4_i64), prop::option::of(0..4_i64)).prop_map(|(since, until)| {
        let at = |second: Option<i64>| second.map(|second| Timestamp::from_second(second).unwrap());
        Ast::Time { since: at(since), until: at(until) }
    });
    let near =
        (near_side(), near_side(), 1..5_u32, any::<bool>()).prop_map(|(left, right, distance, ordered)| {
            Ast::Near { left: Box::new(left), right: Box::new(right), distance, ordered }
        });
    let leaf =
        prop_oneof![1 => Just(Ast::All), 6 => words_only(), 3 => raw(), 6 => near, 4 => fact(), 1 => time];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            2 => vec(inner.clone(), 0..4).prop_map(Ast::And),
            2 => vec(inner.clone(), 0..4).prop_map(Ast::Or),
            1 => inner.clone().prop_map(|ast| Ast::Not(Box::new(ast))),
            1 => (prop::sample::select(vec![Part::Title, Part::Text]), inner)
                .prop_map(|(part, ast)| Ast::In(part, Box::new(ast))),
        ]
    })
}

fn holds(ast: &Ast, mention: &Mention, source_tags: &BTreeMap<String, Vec<String>>) -> bool {
    let of_source = source_tags.get(mention.source.as_str()).cloned().unwrap_or_default();
    let tags = [mention.entry_tags.clone(), mention.tags.clone(), of_source].concat();
    let document = Document {
        title: mention.title.as_deref().unwrap_or_default(),
        text: &mention.text,
        author: mention.author.as_deref(),
        link: mention.link.as_deref(),
        source: mention.source.as_str(),
        tags: &tags,
        language: mention.language.code(),
        sentiment: mention.sentiment.map(|sentiment| sentiment.label().as_str()),
        brand: Some(mention.brand.as_str()).filter(|brand| !brand.is_empty()),
        story: Some(mention.story.as_str()),
        status: Some(mention.status.as_str()),
        at: Some(mention.at()),
    };
    query::matches(ast, &document)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_index_and_the_evaluator_agree(
        mentions in vec(a_mention(), 1..60),
        asts in vec(an_ast(), 60),
    ) {
        let mentions: Vec<Mention> = (1..).zip(mentions).map(|(n, some)| {
            let numbered = mention(n, "", "");
            Mention { id: numbered.id, story: numbered.story, ..some }
        }).collect();
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("tantivy");
        let (mut index, _) = Index::open(&dir, "store", 0).unwrap();
        let changes: Vec<_> = (1..).zip(mentions.clone()).map(|(rev, mention)| put(rev, mention)).collect();
        for some in changes.chunks(40) {
            index.apply(some).unwrap();
            index.commit(some[0].0).unwrap();
        }
        let searcher = Searcher::open(&dir).unwrap().unwrap();
        let source_tags = BTreeMap::from([("forum".to_owned(), vec!["Présse".to_owned()])]);
        for ast in asts {
            let expected: Vec<_> = mentions
                .iter()
                .filter(|mention| holds(&ast, mention, &source_tags))
                .map(|mention| mention.id.clone())
                .collect();
            for sort in [Sort::New, Sort::Relevance] {
                let options =
                    Options { limit: usize::MAX, sort, source_tags: source_tags.clone(), ..Options::default() };
                let all = searcher.search(&ast, &options).unwrap();
                // One more than some share a time, and fewer than there are.
                for limit in [1, 3, 20] {
                    let first = searcher.first(&ast, &Options { limit, ..options.clone() }).unwrap();
                    prop_assert_eq!(&first, &all.ids[..limit.min(all.ids.len())], "{:?}", ast);
                }
                let counted = Options { facets: vec![Facet::Brand], ..options.clone() };
                prop_assert_eq!(searcher.search(&ast, &counted).unwrap().total, all.total, "{:?}", ast);
                prop_assert_eq!(all.total, all.ids.len() as u64, "{:?}", ast);
                let mut found = all.ids;
                found.sort();
                prop_assert_eq!(&found, &expected, "{:?}", ast);
            }
        }
    }
}
