//! What a message of a stream costs that names nobody, with 100 names listened for.

use vigie::enrich::sentiment::Model;
use vigie::prepare::{Listening, prepare_one};
use vigie::sources::presets::jetstream::{self, Event};

use crate::{Bench, corpus};

pub fn run(bench: &Bench) {
    let listening = Listening::new(&corpus::brands(100), &[], Model::new(&[], &[]));
    let messages: Vec<String> = (0..bench.size(20_000, 100)).map(message).collect();
    let bytes: usize = messages.iter().map(String::len).sum();
    let name = format!("stream/100_names, per message of {} bytes", bytes / messages.len());
    bench.each(
        &name,
        || (),
        |()| {
            let mut posts = 0;
            for message in &messages {
                if let Event::Post { entry, .. } = jetstream::read(message) {
                    posts += 1;
                    assert!(prepare_one("sky", &[], *entry, &listening).is_none());
                }
            }
            assert_eq!(posts, messages.len() - messages.len() / 10);
            (messages.len(), ())
        },
    );
}

/// Every tenth is no post, every third post is not ASCII, every other one an answer to another.
fn message(n: usize) -> String {
    let did = format!("did:plc:eygmaihciaxprqvxpfvl6{:03}", n % 1000);
    let time_us = 1_767_254_400_000_000 + n * 25_000;
    if n % 10 == 9 {
        return format!(
            r#"{{"did":"{did}","time_us":{time_us},"kind":"identity","identity":{{"did":"{did}","handle":"a.example","seq":{n}}}}}"#
        );
    }
    let text = match n % 3 {
        0 => "今日はいい天気ですね。明日もまた新しい写真を見てください。ありがとう、おはようございます！ 😀",
        1 => {
            "Just back from the shop: they had nothing left, and the queue went all around the corner twice. Never again"
        }
        _ => {
            "Déjà trois heures d’attente et toujours pas de train ; quelqu’un sait ce qu’il se passe à la gare ?"
        }
    };
    let parent = format!(
        r#"{{"cid":"bafyreidc6sydkkbchcyg62v77wbhzvb2mvytlmsychqgwf2xojjtirmzj4","uri":"at://{did}/app.bsky.feed.post/3l3pte3p2e325"}}"#
    );
    let reply = if n.is_multiple_of(2) {
        format!(r#","reply":{{"parent":{parent},"root":{parent}}}"#)
    } else {
        String::new()
    };
    format!(
        r#"{{"did":"{did}","time_us":{time_us},"kind":"commit","commit":{{"rev":"3l3qo2vutsw2b","operation":"create","collection":"app.bsky.feed.post","rkey":"3l3q{n:09}","record":{{"$type":"app.bsky.feed.post","createdAt":"2026-01-01T08:00:00.102Z","langs":["fr"]{reply},"text":"{text}"}},"cid":"bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"}}}}"#
    )
}
