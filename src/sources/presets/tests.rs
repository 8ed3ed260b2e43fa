//! Laws that hold for every known place.

use proptest::prelude::*;

use super::*;

/// A source of each known place, with a value for each of its keys.
fn presets() -> Vec<Preset> {
    let one = |name| {
        let value = |key: &str| {
            let key = about(name).keys.iter().find(|known| known.name == key);
            key.map(|key| key.example.to_owned()).into_iter().collect::<Vec<_>>()
        };
        Preset {
            name,
            search: Some(crate::model::Search {
                text: "{brand}".into(), names: vec!["Crédit Agile".into()]
            }),
            host: about(name).needs.contains(&&["host"][..]).then(|| "https://place.example".to_owned()),
            tags: value("tag"),
            accounts: value("account"),
            communities: value("community"),
            repos: value("repo"),
            apps: value("app"),
            token_env: None,
        }
    };
    PresetName::ALL.map(one).to_vec()
}

fn now() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn answer(preset: &Preset, ask: &Ask, bytes: &[u8]) -> Answer {
    let document = Document { bytes, content_type: None, base_url: Some(&ask.url) };
    parse(preset, ask, document, &Limits::default())
}

#[test]
fn every_request_is_an_address_of_its_own_that_leads_to_its_place() {
    for preset in presets().iter().filter(|preset| preset.name != PresetName::BlueskyJetstream) {
        let asks = requests(preset, &BTreeMap::new(), now());
        assert!(!asks.is_empty(), "{preset}");
        let keys: std::collections::HashSet<&str> = asks.iter().map(|ask| ask.key.as_str()).collect();
        assert_eq!(keys.len(), asks.len(), "{asks:?}");
        for ask in &asks {
            let url = url::Url::parse(&ask.url).unwrap();
            assert_eq!((url.as_str(), url.scheme()), (ask.url.as_str(), "https"), "{preset}");
            let older = older(preset, ask, "7");
            assert!(older.is_none_or(|older| older.url != ask.url && older.key == ask.key), "{preset}");
        }
        assert_eq!(asks, requests(preset, &BTreeMap::new(), now()), "the same from poll to poll");
    }
}

#[test]
fn an_answer_of_too_many_or_too_deep_values_is_given_up() {
    let json = [PresetName::HackerNews, PresetName::Mastodon, PresetName::Bluesky, PresetName::Gdelt];
    for (piece, count, why) in
        [("{\"a\":0},", 100_001, "more than 100000 values"), ("[", 1000, "recursion limit")]
    {
        let bytes = format!("{{\"hits\":[{}", piece.repeat(count));
        for preset in presets().iter().filter(|preset| json.contains(&preset.name)) {
            let ask = &requests(preset, &BTreeMap::new(), now())[0];
            let parsed = answer(preset, ask, bytes.as_bytes()).parsed;
            assert!(parsed.problems[0].message.contains(why), "{preset}: {:?}", parsed.problems);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_place_answers_is_read_without_a_panic_and_the_next_step_is_another(
        bytes in prop_oneof![
            any::<Vec<u8>>(),
            "[\\[\\]{}:,\"a-z0-9 ]{0,80}".prop_map(String::into_bytes),
            "(<(entry|item|id|guid|source url=\"|media:statistics views=\")>?[a-z\"]{0,3}(</(id|guid|source)>)?){0,9}"
                .prop_map(String::into_bytes),
            prop::sample::select(vec![
                r#"{"hits":[{"objectID":7,"created_at_i":-9223372036854775808}],"nbHits":9}"#,
                r#"{"feed":[{"post":{"uri":"/","author":{"handle":"\u0000"},"record":null}}],"cursor":""}"#,
                r#"[{"id":"9","uri":"x","tags":[{"name":1}]},7,null]"#,
                r#"{"feed":{"entry":[{"id":{"label":"1"},"im:rating":{"label":"99999999999999999999"}}]}}"#,
                r#"{"items":[{"project":"p","article":"a","timestamp":"é2026","views":-1}]}"#,
                r#"{"articles":[{"url":"u","seendate":"20269999T000000Z"}]}"#,
            ]).prop_map(|text| text.as_bytes().to_vec()),
        ],
        at in "[0-9a-z]{0,20}",
    ) {
        for preset in presets() {
            for ask in requests(&preset, &BTreeMap::new(), now()) {
                let read = answer(&preset, &ask, &bytes);
                let progress = Progress::default().after_newest(&read, Default::default(), now(), None);
                if let Some(asked) = older(&preset, &ask, &at) {
                    let read = answer(&preset, &asked, &bytes);
                    let after = progress.after_older(&read);
                    prop_assert!(after.stretches.is_empty() || after.stretches != progress.stretches);
                }
            }
        }
    }
}
