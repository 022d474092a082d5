"""Records the vectors that the tests compare the embedder with, so that they need no peer.

    python3 -m venv VENV && VENV/bin/pip install numpy safetensors tokenizers
    VENV/bin/python bench/record-embeddings.py --model FOLDER

FOLDER holds a model in the layout of sentence-transformers (`<cache>/weights/all-minilm-l6-v2`). The encoder is written
here once more, in NumPy and in float64, from the description of BERT and of sentence-transformers, with the reference
tokenizer and reader: it shares nothing with the one that it checks.
"""

import argparse
import hashlib
import json
import math
import pathlib

import numpy as np
import safetensors
import tokenizers
from safetensors.numpy import load_file

FIXTURES = pathlib.Path(__file__).parent.parent / "services" / "inference" / "fixtures"
DIGITS = 6

erf = np.vectorize(math.erf, otypes=[np.float64])


def linear(weights, name, values):
    return values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def layer_norm(weights, name, values, epsilon):
    centred = values - values.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + epsilon) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def softmax(scores):
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def gelu(values):
    return values * 0.5 * (1 + erf(values / math.sqrt(2)))


def encode(weights, config, ids):
    """One text, without padding: [tokens, hidden size]."""
    epsilon = config["layer_norm_eps"]
    heads = config["num_attention_heads"]
    hidden = (
        weights["embeddings.word_embeddings.weight"][ids]
        + weights["embeddings.position_embeddings.weight"][: len(ids)]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    hidden = layer_norm(weights, "embeddings.LayerNorm", hidden, epsilon)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        query, key, value = (
            linear(weights, f"{prefix}.attention.self.{part}", hidden).reshape(len(ids), heads, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(1, 2) / math.sqrt(query.shape[-1])
        context = (softmax(scores) @ value).swapaxes(0, 1).reshape(len(ids), -1)
        attended = linear(weights, f"{prefix}.attention.output.dense", context)
        hidden = layer_norm(weights, f"{prefix}.attention.output.LayerNorm", attended + hidden, epsilon)
        wide = gelu(linear(weights, f"{prefix}.intermediate.dense", hidden))
        narrow = linear(weights, f"{prefix}.output.dense", wide)
        hidden = layer_norm(weights, f"{prefix}.output.LayerNorm", narrow + hidden, epsilon)
    return hidden


def embed(weights, config, ids):
    mean = encode(weights, config, ids).mean(axis=0)
    return mean / np.linalg.norm(mean)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=pathlib.Path, required=True)
    model = parser.parse_args().model
    config = json.loads((model / "config.json").read_text())
    limit = json.loads((model / "sentence_bert_config.json").read_text())["max_seq_length"]
    weights = {name: tensor.astype(np.float64) for name, tensor in load_file(model / "model.safetensors").items()}
    tokenizer = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    records = []
    for text in json.loads((FIXTURES / "embedding-texts.json").read_text()):
        whole = len(tokenizer.encode(text).ids)
        tokenizer.enable_truncation(limit)
        ids = tokenizer.encode(text).ids
        tokenizer.no_truncation()
        vector = [round(float(value), DIGITS) for value in embed(weights, config, ids)]
        records.append({"text": text, "ids": ids, "truncated": whole > limit, "vector": vector})
    golden = {
        "recordedWith": f"numpy {np.__version__}, tokenizers {tokenizers.__version__}, "
        f"safetensors {safetensors.__version__}",
        "modelSha256": hashlib.sha256((model / "model.safetensors").read_bytes()).hexdigest(),
        "records": records,
    }
    (FIXTURES / "golden-embeddings.json").write_text(json.dumps(golden) + "\n")


main()
