//! A sentence encoder: a small transformer that reads a text as a whole, for what a sum of words cannot tell.
//!
//! The one that is built in has the first layers of multilingual E5 (Wang et al., "Multilingual E5 Text Embeddings",
//! 2024) with the pieces of words that French and English need, trained on by `tests/train/encoder.py`, its weights
//! in bytes, which are read where they lie in the program. A user's own is any ONNX model of three classes beside which
//! a `tokenizer.json` lies.

use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result, bail, ensure};
use rten::{ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};
use tokenizers::{Tokenizer, TruncationParams};

use super::pieces::Pieces;

/// A text of more pieces of words is cut.
const MOST_PIECES: usize = 96;

/// Stands for what a text is judged toward, in texts for the built-in encoder.
pub const TARGET: &str = "<mask>";

/// What one run says of negative, neutral and positive, before it is made a probability.
pub type Logits = [f32; 3];

pub struct Encoder {
    model: rten::Model,
    cutter: Cutter,
    inputs: Vec<(NodeId, Input)>,
    output: NodeId,
    /// Where the model says negative, neutral and positive.
    order: [usize; 3],
    /// One thread: mentions are prepared side by side, and two threads spend more on one text than they save.
    pool: Arc<ThreadPool>,
}

/// Cuts a text into pieces of words.
enum Cutter {
    BuiltIn(Pieces),
    Own(Box<Tokenizer>),
}

#[derive(Clone, Copy)]
enum Input {
    Pieces,
    Mask,
    /// Which of two texts; there is one.
    Segment,
}

impl Encoder {
    /// The one that is in the program; read when it is first asked for.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Encoder> = LazyLock::new(|| {
            let mut options = options();
            options.external_data_static("encoder.data", rten::include_external_data!("encoder.data"));
            let model = options.load_static_slice(include_bytes!("encoder.onnx"));
            let pieces = Pieces::read(include_str!("encoder.pieces")).expect("the pieces are those built in");
            Encoder::new(model.map_err(anyhow::Error::from), Cutter::BuiltIn(pieces), None)
                .expect("the encoder is the one that was built in")
        });
        &BUILT_IN
    }

    /// A user's own: `onnx` takes `input_ids` and `attention_mask` (`token_type_ids` too, if it likes) of shape
    /// `[1, pieces]` and answers `[1, 3]`. `config` is the `config.json` that exporters write: its `id2label` says in
    /// which order the classes come; without it they are negative, neutral, positive.
    ///
    /// # Errors
    /// What in which of the three is not as it should be.
    pub fn read(onnx: Vec<u8>, tokenizer: &[u8], config: Option<&[u8]>) -> Result<Self> {
        let model = options().load(onnx).map_err(anyhow::Error::from);
        let mut tokenizer = Tokenizer::from_bytes(tokenizer)
            .map_err(|error| anyhow::anyhow!("tokenizer.json cannot be read: {error}"))?;
        let truncation = TruncationParams { max_length: MOST_PIECES, ..TruncationParams::default() };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| anyhow::anyhow!("tokenizer.json cannot be used: {error}"))?;
        tokenizer.with_padding(None);
        let encoder = Self::new(model, Cutter::Own(Box::new(tokenizer)), config)?;
        encoder.logits("Une phrase pour voir.")?;
        Ok(encoder)
    }

    fn new(model: Result<rten::Model>, cutter: Cutter, config: Option<&[u8]>) -> Result<Self> {
        let model = model.context("the model is no ONNX file that can be run here")?;
        let mut inputs = Vec::new();
        for &id in model.input_ids() {
            let name =
                model.node_info(id).and_then(|node| node.name().map(str::to_owned)).unwrap_or_default();
            let input = match name.as_str() {
                "input_ids" => Input::Pieces,
                "attention_mask" => Input::Mask,
                "token_type_ids" => Input::Segment,
                _ => bail!("the model wants an input `{name}`; input_ids and attention_mask are given"),
            };
            inputs.push((id, input));
        }
        let output = *model.output_ids().first().context("the model has no output")?;
        let order = config.map_or(Ok([0, 1, 2]), order)?;
        Ok(Self { model, cutter, inputs, output, order, pool: Arc::new(ThreadPool::with_num_threads(1)) })
    }

    /// What is said of a text; of a long one, of its beginning.
    ///
    /// # Errors
    /// If the model cannot read the text, or does not answer with three numbers.
    pub fn logits(&self, text: &str) -> Result<Logits> {
        let ids: Vec<i32> = match &self.cutter {
            Cutter::BuiltIn(pieces) => {
                pieces.numbers(text, MOST_PIECES).into_iter().map(|number| number as i32).collect()
            }
            Cutter::Own(tokenizer) => {
                let pieces = tokenizer.encode_fast(text, true);
                let pieces =
                    pieces.map_err(|error| anyhow::anyhow!("the text cannot be cut into pieces: {error}"))?;
                pieces.get_ids().iter().map(|id| id.cast_signed()).collect()
            }
        };
        let (ones, zeros) = (vec![1; ids.len()], vec![0; ids.len()]);
        let inputs: Vec<(NodeId, ValueOrView<'_>)> = self
            .inputs
            .iter()
            .map(|(id, input)| {
                let numbers = match input {
                    Input::Pieces => &ids,
                    Input::Mask => &ones,
                    Input::Segment => &zeros,
                };
                (*id, NdTensorView::from_data([1, ids.len()], numbers.as_slice()).into())
            })
            .collect();
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let answer =
            self.model.run(inputs, &[self.output], Some(options)).context("the model cannot be run")?;
        let answer: Value = answer.into_iter().next().context("the model answers nothing")?;
        let shape = answer.shape().to_vec();
        let logits: NdTensor<f32, 2> = answer
            .try_into()
            .map_err(|_| anyhow::anyhow!("the model answers numbers of another kind or shape: {shape:?}"))?;
        ensure!(
            logits.shape() == [1, 3],
            "the model answers {shape:?}; it should be [1, 3], for negative, neutral and positive"
        );
        Ok(self.order.map(|class| logits[[0, class]]))
    }
}

fn options() -> ModelOptions {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    options
}

/// Where negative, neutral and positive stand among the classes of a `config.json`.
fn order(config: &[u8]) -> Result<[usize; 3]> {
    #[derive(serde::Deserialize)]
    struct Config {
        id2label: Option<std::collections::BTreeMap<String, String>>,
    }
    let config: Config = serde_json::from_slice(config).context("config.json cannot be read")?;
    let Some(labels) = config.id2label else { return Ok([0, 1, 2]) };
    if labels.iter().all(|(id, label)| *label == format!("LABEL_{id}")) {
        return Ok([0, 1, 2]);
    }
    let places = ["neg", "neu", "pos"].map(|beginning| {
        let mut with = labels.iter().filter(|(_, label)| label.to_lowercase().starts_with(beginning));
        with.next().and_then(|(id, _)| id.parse::<usize>().ok())
    });
    match (labels.len(), places) {
        (3, [Some(negative), Some(neutral), Some(positive)]) => {
            let order = [negative, neutral, positive];
            ensure!(order.iter().all(|place| *place < 3), "config.json: id2label counts from 0 to 2");
            Ok(order)
        }
        _ => bail!(
            "config.json names the classes {}; they should be negative, neutral and positive",
            labels.values().map(String::as_str).collect::<Vec<_>>().join(", ")
        ),
    }
}
