//! Trains the tone model and tells how good it is.
//!
//!     train FOLDER [OUT]
//!
//! FOLDER holds files `LANGUAGE.DOMAIN.jsonl` (`en.news.jsonl`, `fr.reviews.jsonl`), in each a line a text:
//! `{"text": …, "label": "negative" | "neutral" | "positive", "target": [start, end]}`; the target, in characters, may
//! be missing. Files of the domain `held-…` are not trained with, only measured on; for that, near copies of theirs in other
//! files are left out there (Jaccard of the words at least one half). Printed are, for each domain, macro-F1 with a 95 % interval (bootstrap), and precision
//! and recall of negative: by five-fold cross-validation, with the whole domain left out, and for held files; and how
//! often what is said with a probability is so (reliability). With OUT the weights of both languages are trained on all
//! that is not held and written there.
//!
//! Multinomial logistic regression by AdaGrad (Duchi, Hazan, Singer, JMLR 2011) over the hashed features of
//! `vigie::enrich::linear`, the temperature (Guo et al., ICML 2017) set by what was cross-validated.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use vigie::enrich::linear::{DENSE, Feature, Features, Packed, Weights};
use vigie::enrich::sentiment::Model;
use vigie::model::Language;
use vigie::text::Span;

const FOLDS: u64 = 5;
const EPOCHS: usize = 8;
const RATE: f32 = 0.2;
/// Of the squared weights, per example that touches them.
const PENALTY: f32 = 4e-4;
/// Features of a table, as a power of two: English has ten times the texts.
const BITS: [(&str, u32); 2] = [("en", 19), ("fr", 18)];
/// So often a text is learned from without its words, so that the lexicon carries over to other domains.
const WORDLESS: f32 = 0.25;
/// What texts of the domain `made`, which are made up, weigh: they are easy to tell.
const OF_MADE: f32 = 0.3;
/// Among the dense features.
const HAS_TARGET: usize = 5;
const LABELS: [&str; 3] = ["negative", "neutral", "positive"];

#[derive(Deserialize)]
struct Line {
    text: String,
    label: String,
    target: Option<[u32; 2]>,
}

struct Example {
    features: Features,
    label: usize,
    domain: usize,
    /// By its text: copies are in one fold.
    key: u64,
    /// A held text is nearly the same.
    is_near_held: bool,
}

struct Corpus {
    domains: Vec<String>,
    examples: Vec<Example>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first() else { bail!("usage: train FOLDER [OUT]") };
    let model = Model::new(&[], &[]);
    let mut trained: Vec<Packed> = Vec::new();
    for (language, bits) in BITS {
        let corpus = read(Path::new(folder), language, &model)?;
        println!("\n## {language}\n");
        let temperature = judge(&corpus, bits);
        if arguments.len() > 1 {
            let all: Vec<&Example> = corpus.examples.iter().filter(|e| !corpus.is_held(e)).collect();
            let mut packed = packed(&train(&corpus, &all, bits), bits, temperature);
            // Where no text has a target, what that means is taken from the first language.
            if let Some(first) = trained.first()
                && !all.iter().copied().any(has_target)
            {
                for (own, first) in packed.dense.iter_mut().zip(first.dense) {
                    own[HAS_TARGET] = first[HAS_TARGET];
                }
            }
            trained.push(packed);
        }
    }
    if let Some(out) = arguments.get(1) {
        let bytes = Weights::write(&trained);
        Weights::read_all(&bytes)?;
        fs::write(out, &bytes).with_context(|| out.clone())?;
        println!("\n{} bytes in {out}", bytes.len());
    }
    Ok(())
}

fn read(folder: &Path, language: &str, model: &Model) -> Result<Corpus> {
    let of = Language::from_code(Some(language));
    let mut files = BTreeMap::new();
    for file in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let domain = name.strip_prefix(&format!("{language}.")).and_then(|rest| rest.strip_suffix(".jsonl"));
        if let Some(domain) = domain {
            files.insert(domain.to_owned(), fs::read_to_string(&path)?);
        }
    }
    if files.is_empty() {
        bail!("{} has no {language}.DOMAIN.jsonl", folder.display());
    }
    let lines = |text: &str| -> Result<Vec<Line>> {
        text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    };
    let mut held = Copies::default();
    for (_, text) in files.iter().filter(|(domain, _)| domain.starts_with("held-")) {
        lines(text)?.iter().for_each(|line| held.add(&line.text));
    }
    let mut corpus = Corpus { domains: files.keys().cloned().collect(), examples: Vec::new() };
    for (domain, (name, text)) in files.iter().enumerate() {
        let mut seen = HashSet::new();
        for line in lines(text)? {
            let label = LABELS.iter().position(|label| *label == line.label).context(line.label)?;
            let key = key(&line.text);
            let targets: Vec<Span> =
                line.target.map(|[start, end]| Span { start, end }).into_iter().collect();
            if !seen.insert((key, line.target)) {
                continue;
            }
            let is_near_held = !name.starts_with("held-") && held.has(&line.text);
            let features = model.features(&line.text, &of, &targets);
            corpus.examples.push(Example { features, label, domain, key, is_near_held });
        }
    }
    Ok(corpus)
}

/// Texts, and whether others are nearly the same.
#[derive(Default)]
struct Copies {
    texts: Vec<HashSet<String>>,
    by_word: HashMap<String, Vec<usize>>,
}

impl Copies {
    /// Words of four letters and more.
    fn words(text: &str) -> HashSet<String> {
        let lower = text.to_lowercase();
        let pieces = lower.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= 4);
        pieces.filter(|word| !matches!(*word, "user" | "http" | "https")).map(str::to_owned).collect()
    }

    fn add(&mut self, text: &str) {
        let words = Self::words(text);
        for word in &words {
            self.by_word.entry(word.clone()).or_default().push(self.texts.len());
        }
        self.texts.push(words);
    }

    fn has(&self, text: &str) -> bool {
        let words = Self::words(text);
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for known in words.iter().filter_map(|word| self.by_word.get(word)).flatten() {
            *shared.entry(*known).or_default() += 1;
        }
        shared.iter().any(|(known, shared)| 2 * shared >= words.len() + self.texts[*known].len() - shared)
    }
}

/// Of its longer words, whatever their order: data sets mask names and links, and write signs, in different ways.
fn key(text: &str) -> u64 {
    let lower = text.to_lowercase();
    let is_masked =
        |word: &&str| !word.starts_with('@') && !word.starts_with("http") && !word.contains("user");
    let pieces =
        lower.split_whitespace().filter(is_masked).flat_map(|word| word.split(|c: char| !c.is_alphabetic()));
    let mut words: Vec<&str> = pieces.filter(|word| word.chars().count() >= 5).collect();
    words.sort_unstable();
    words.dedup();
    let all: String = if words.len() >= 3 {
        words.concat()
    } else {
        lower.chars().filter(|c| c.is_alphanumeric()).collect()
    };
    all.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Corpus {
    fn is_held(&self, example: &Example) -> bool {
        self.domains[example.domain].starts_with("held-")
    }

    /// What may be learned from by a model that is measured.
    fn trained(&self) -> impl Iterator<Item = &Example> {
        self.examples.iter().filter(|example| !self.is_held(example) && !example.is_near_held)
    }
}

struct Linear {
    bits: u32,
    table: Vec<f32>,
    dense: [[f32; DENSE]; 3],
}

impl Linear {
    fn logits(&self, hashed: &[Feature], features: &Features) -> [f32; 3] {
        let unit = features.unit();
        let mut logits = [0.0; 3];
        for feature in hashed {
            let place = feature.place(self.bits) * 3;
            for (class, logit) in logits.iter_mut().enumerate() {
                *logit += self.table[place + class] * unit;
            }
        }
        for (logit, row) in logits.iter_mut().zip(&self.dense) {
            *logit += row.iter().zip(features.dense).map(|(w, x)| w * x).sum::<f32>();
        }
        logits
    }
}

/// A linear congruential generator (Knuth's MMIX constants); its high bits are the good ones.
fn next(random: &mut u64) -> u64 {
    *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *random
}

fn softmax(logits: [f32; 3], temperature: f32) -> [f32; 3] {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let exps = logits.map(|logit| ((logit - most) / temperature).exp());
    let sum: f32 = exps.iter().sum();
    exps.map(|exp| exp / sum)
}

/// Each domain weighs by the root of its size, the one that is made up less; each class of it alike, unless its texts have targets: how often what
/// is said of a named one is neutral is to be learned.
fn weights(corpus: &Corpus, examples: &[&Example]) -> Vec<f32> {
    let mut counts = vec![[0.0_f32; 3]; corpus.domains.len()];
    for example in examples {
        counts[example.domain][example.label] += 1.0;
    }
    let weigh = |example: &&Example| {
        let of = counts[example.domain];
        let (all, classes) = (of.iter().sum::<f32>(), of.iter().filter(|count| **count > 0.0).count() as f32);
        let balance = if has_target(example) { 1.0 } else { all / (classes * of[example.label]) };
        let real = if corpus.domains[example.domain] == "made" { OF_MADE } else { 1.0 };
        real * balance * (2000.0 / all).sqrt()
    };
    examples.iter().map(weigh).collect()
}

fn has_target(example: &Example) -> bool {
    example.features.dense[HAS_TARGET] > 0.0
}

fn train(corpus: &Corpus, examples: &[&Example], bits: u32) -> Linear {
    let weights = weights(corpus, examples);
    let mut model = Linear { bits, table: vec![0.0; 3 << bits], dense: [[0.0; DENSE]; 3] };
    let mut squares = vec![1e-6_f32; 3 << bits];
    let mut dense_squares = [[1e-6_f32; DENSE]; 3];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = 7_u64;
    for epoch in 0..EPOCHS {
        for at in (1..order.len()).rev() {
            order.swap(at, (next(&mut random) >> 33) as usize % (at + 1));
        }
        let rate = RATE / (1.0 + epoch as f32 * 0.5);
        for &at in &order {
            let example = examples[at];
            let wordless = ((next(&mut random) >> 40) as f32) < WORDLESS * (1 << 24) as f32;
            let hashed: &[Feature] = if wordless { &[] } else { &example.features.hashed };
            let p = softmax(model.logits(hashed, &example.features), 1.0);
            let unit = example.features.unit();
            let errors: [f32; 3] = std::array::from_fn(|class| {
                (p[class] - f32::from(u8::from(class == example.label))) * weights[at]
            });
            for feature in hashed {
                let place = feature.place(bits) * 3;
                for (class, error) in errors.iter().enumerate() {
                    let weight = &mut model.table[place + class];
                    let slope = error * unit + PENALTY * *weight;
                    let square = &mut squares[place + class];
                    *square += slope * slope;
                    *weight -= rate * slope / square.sqrt();
                }
            }
            for class in 0..3 {
                for (number, x) in example.features.dense.iter().enumerate() {
                    let slope = errors[class] * x;
                    let square = &mut dense_squares[class][number];
                    *square += slope * slope;
                    model.dense[class][number] -= rate * slope / square.sqrt();
                }
            }
        }
    }
    model
}

/// Weights as bytes, the temperature worked in.
fn packed(model: &Linear, bits: u32, temperature: f32) -> Packed {
    // A few of the largest are cut, so that the others are told apart.
    let mut sizes: Vec<f32> =
        model.table.iter().map(|weight| weight.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f32::total_cmp);
    let largest = sizes.get(sizes.len() * 9995 / 10_000).copied().unwrap_or(1.0);
    let scale = largest / 127.0;
    let table =
        model.table.iter().map(|weight| (weight / scale).round().clamp(-127.0, 127.0) as i8).collect();
    let dense = model.dense.map(|row| row.map(|weight| weight / temperature));
    Packed { bits, scale: scale / temperature, dense, table }
}

/// What was said of an example that was not trained with.
#[derive(Clone, Copy)]
struct Said {
    logits: [f32; 3],
    label: usize,
    domain: usize,
    /// Its domain knows these classes.
    classes: [bool; 3],
}

fn judge(corpus: &Corpus, bits: u32) -> f32 {
    let mut classes = vec![[false; 3]; corpus.domains.len()];
    for example in &corpus.examples {
        classes[example.domain][example.label] = true;
    }
    let said = |model: &Linear, example: &Example| Said {
        logits: model.logits(&example.features.hashed, &example.features),
        label: example.label,
        domain: example.domain,
        classes: classes[example.domain],
    };
    let mut crossed = Vec::new();
    for fold in 0..FOLDS {
        let (test, rest): (Vec<&Example>, Vec<&Example>) =
            corpus.trained().partition(|example| example.key % FOLDS == fold);
        let model = train(corpus, &rest, bits);
        crossed.extend(test.into_iter().map(|example| said(&model, example)));
    }
    let temperature = temperature(&crossed);
    println!("| domain | how | texts | macro-F1 | negative precision | negative recall |");
    println!("| --- | --- | ---: | ---: | ---: | ---: |");
    for (domain, name) in corpus.domains.iter().enumerate() {
        let of: Vec<Said> = crossed.iter().copied().filter(|said| said.domain == domain).collect();
        row(name, "cross-validated", &of);
    }
    let trained: BTreeSet<usize> = corpus.trained().map(|example| example.domain).collect();
    if trained.len() > 1 {
        for &left in &trained {
            // Data sets share texts.
            let keys: HashSet<u64> = corpus.trained().filter(|e| e.domain == left).map(|e| e.key).collect();
            let rest: Vec<&Example> =
                corpus.trained().filter(|e| e.domain != left && !keys.contains(&e.key)).collect();
            let model = train(corpus, &rest, bits);
            let of: Vec<Said> =
                corpus.trained().filter(|example| example.domain == left).map(|e| said(&model, e)).collect();
            row(&corpus.domains[left], "domain left out", &of);
        }
    }
    let all: Vec<&Example> = corpus.trained().collect();
    let model = train(corpus, &all, bits);
    let mut held = Vec::new();
    for (domain, name) in corpus.domains.iter().enumerate().filter(|(_, name)| name.starts_with("held-")) {
        let of: Vec<Said> =
            corpus.examples.iter().filter(|e| e.domain == domain).map(|e| said(&model, e)).collect();
        row(name, "held", &of);
        held.extend(of);
    }
    println!("\ntemperature {temperature:.2}\n\n| said with | texts | so |\n| --- | ---: | ---: |");
    reliability(&crossed, temperature);
    temperature
}

/// Of the classes that the domain knows.
fn guess(said: &Said) -> usize {
    let known = (0..3).filter(|class| said.classes[*class]);
    known.max_by(|a, b| said.logits[*a].total_cmp(&said.logits[*b])).unwrap_or(1)
}

fn macro_f1(pairs: &[(usize, usize)]) -> f32 {
    let of = |class: usize| {
        let hit = pairs.iter().filter(|(gold, said)| *gold == class && *said == class).count() as f32;
        let all = pairs.iter().map(|(gold, said)| u8::from(*gold == class) + u8::from(*said == class));
        let all: f32 = all.map(f32::from).sum();
        pairs.iter().any(|(gold, _)| *gold == class).then_some(2.0 * hit / all)
    };
    let each: Vec<f32> = (0..3).filter_map(of).collect();
    100.0 * each.iter().sum::<f32>() / each.len() as f32
}

fn row(domain: &str, how: &str, said: &[Said]) {
    if said.is_empty() {
        return;
    }
    let pairs: Vec<(usize, usize)> = said.iter().map(|said| (said.label, guess(said))).collect();
    let mut random = 11_u64;
    let mut boots: Vec<f32> = (0..200)
        .map(|_| {
            let again: Vec<(usize, usize)> =
                pairs.iter().map(|_| pairs[(next(&mut random) >> 33) as usize % pairs.len()]).collect();
            macro_f1(&again)
        })
        .collect();
    boots.sort_by(f32::total_cmp);
    let count = |of: fn(&(usize, usize)) -> bool| pairs.iter().filter(|pair| of(pair)).count() as f32;
    let (hit, called, there) = (count(|p| *p == (0, 0)), count(|p| p.1 == 0), count(|p| p.0 == 0));
    println!(
        "| {domain} | {how} | {} | {:.1} ({:.1} to {:.1}) | {:.2} | {:.2} |",
        pairs.len(),
        macro_f1(&pairs),
        boots[4],
        boots[195],
        hit / called,
        hit / there
    );
}

/// By which logits are divided so that probabilities are true: the one of least log loss.
fn temperature(said: &[Said]) -> f32 {
    let loss = |temperature: f32| -> f32 {
        said.iter().map(|said| -softmax(said.logits, temperature)[said.label].max(1e-6).ln()).sum()
    };
    let candidates = (5..60).map(|step| step as f32 * 0.05);
    candidates.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or(1.0)
}

fn reliability(said: &[Said], temperature: f32) {
    let mut bins = [(0, 0); 10];
    for said in said {
        let p = softmax(said.logits, temperature);
        let best = (0..3).max_by(|a, b| p[*a].total_cmp(&p[*b])).unwrap_or(1);
        let bin = &mut bins[((p[best] * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += usize::from(best == said.label);
    }
    for (at, (texts, right)) in bins.iter().enumerate().filter(|(_, (texts, _))| *texts > 0) {
        println!("| {}0 to {}0 % | {texts} | {:.0} % |", at, at + 1, 100.0 * *right as f32 / *texts as f32);
    }
}
