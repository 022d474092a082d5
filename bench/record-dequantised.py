"""
Records what llama.cpp's own reader makes of the files that the tests write, one for each type of tensor. The tests
compare the engine's reader with the record, so that they need no Python.

    python -m venv VENV && VENV/bin/pip install gguf
    VENV/bin/python bench/record-dequantised.py
"""

import hashlib
import importlib.metadata
import json
import pathlib
import subprocess
import tempfile

from gguf import GGUFReader
from gguf.quants import dequantize

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "services/inference/fixtures/golden-dequantised.json"
TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q6_K"]
TENSORS = ["token_embd.weight", "blk.0.attn_q.weight", "blk.1.ffn_down.weight"]
WRITE_FIXTURE = """
import { writeFileSync } from 'node:fs';
import { makeGguf } from './services/inference/src/model/gguf-fixture.ts';
const [type, file] = process.argv.slice(1);
writeFileSync(file, makeGguf({ linearType: type, embeddingType: type }));
"""


def record(type_name, folder):
    file = folder / f"{type_name}.gguf"
    command = ["node", "--input-type=module", "-e", WRITE_FIXTURE, "--", type_name, str(file)]
    subprocess.run(command, cwd=ROOT, check=True)
    tensors = {tensor.name: tensor for tensor in GGUFReader(file).tensors}
    values = {}
    for name in TENSORS:
        tensor = tensors[name]
        assert tensor.tensor_type.name == type_name
        numbers = dequantize(tensor.data, tensor.tensor_type).astype("<f4").reshape(-1)
        values[name] = {
            "sha256": hashlib.sha256(numbers.tobytes()).hexdigest(),
            "first": [float(number) for number in numbers[:4]],
        }
    return {"type": type_name, "fileSha256": hashlib.sha256(file.read_bytes()).hexdigest(), "tensors": values}


with tempfile.TemporaryDirectory() as name:
    records = [record(type_name, pathlib.Path(name)) for type_name in TYPES]
RECORD.write_text(
    json.dumps({"recordedWith": f"gguf {importlib.metadata.version('gguf')}", "records": records}) + "\n"
)
