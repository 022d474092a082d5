"""Presidio's pattern recognizers of all countries, with a blank tokenizer and no NER model.

presidio.py FILE TIMINGS: reads {"id","text"} lines from FILE and writes {"id","spans"} lines, offsets in code points, on stdout; then times
each text of TIMINGS ({"name","text"} lines) and writes {"name","ms":[...]} lines behind a line "timings".
"""
import inspect, json, logging, sys, time
import spacy
from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.nlp_engine import SpacyNlpEngine

logging.disable(logging.CRITICAL)
MOST_MS = 20_000


class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
        self.nlp = {"en": spacy.blank("en")}
        self.nlp["en"].max_length = 10_000_000

    def load(self):
        pass

    def is_loaded(self):
        return True


registry = RecognizerRegistry(supported_languages=["en"])
for name, recognizer in sorted(inspect.getmembers(predefined_recognizers, inspect.isclass)):
    is_phone = name == "PhoneRecognizer"
    if not is_phone and (not issubclass(recognizer, PatternRecognizer) or recognizer is PatternRecognizer):
        continue
    try:
        registry.add_recognizer(recognizer(supported_language="en"))
    except Exception as error:
        print(f"{name} is left out: {error}", file=sys.stderr)
engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])


def analyze(text):
    return engine.analyze(text=text, language="en")


for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    spans = [{"start": r.start, "end": r.end, "type": r.entity_type, "score": r.score} for r in analyze(record["text"])]
    print(json.dumps({"id": record["id"], "spans": spans}))
print("timings")
for line in open(sys.argv[2], encoding="utf-8"):
    sample = json.loads(line)
    times = []
    started = time.perf_counter()
    for _ in range(sample["rounds"]):
        before = time.perf_counter()
        analyze(sample["text"])
        times.append((time.perf_counter() - before) * 1000)
        if (time.perf_counter() - started) * 1000 > MOST_MS:
            break
    print(json.dumps({"name": sample["name"], "ms": times}))
