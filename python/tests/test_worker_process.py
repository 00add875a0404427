"""The life of a worker process: what it loads and refuses to load, and how it ends."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_model import CONTEXT, VOCABULARY, write_model
from worker_orders import generate, sampling

from mlx_workers.message import PROTOCOL_VERSION, End, Error, PrefillProgress, Ready, Shutdown
from worker_client import PYTHON_FOLDER, Worker

ENDLESS = sampling(temperature=1, logit_bias=[(0, -100.0)])


def exit_status(worker: Worker, *, within: float) -> int:
    began = time.monotonic()
    status = worker.process.wait(timeout=within + 10)
    assert time.monotonic() - began < within
    return status


@pytest.fixture
def loaded(quantised_model: Path):
    with Worker() as worker:
        assert isinstance(worker.load(quantised_model), Ready)
        yield worker


def test_ready_says_what_was_loaded(quantised_model: Path):
    with Worker() as worker:
        ready = worker.load(quantised_model, context_length=100)
        assert isinstance(ready, Ready)
        assert (ready.protocol, ready.engine) == (PROTOCOL_VERSION, "mlx-text")
        assert (ready.context_length, ready.vocabulary_size) == (100, VOCABULARY)
        assert ready.memory_bytes > 0
        assert ready.engine_version


def test_more_context_than_the_model_has_is_not_promised(quantised_model: Path):
    with Worker() as worker:
        ready = worker.load(quantised_model, context_length=CONTEXT * 2)
        assert isinstance(ready, Ready)
        assert ready.context_length == CONTEXT


def change_config(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return change


BROKEN: dict[str, Callable[[Path], object]] = {
    "auto_map": change_config(auto_map={"AutoModel": "modeling.Evil"}),
    "model_file": change_config(model_file="modeling.py"),
    "no config": lambda folder: (folder / "config.json").unlink(),
    "config is no JSON": lambda folder: (folder / "config.json").write_text("{"),
    "unknown architecture": change_config(model_type="nothing_known"),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "weights cut short": lambda folder: (folder / "model.safetensors").write_bytes(b"\0" * 20),
    "no tokenizer": lambda folder: [file.unlink() for file in folder.glob("tokenizer*")],
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN.keys())
def test_a_model_that_cannot_be_loaded_is_refused_without_its_path(damage: Callable[[Path], object], tmp_path: Path):
    folder = write_model(tmp_path / "secret place" / "model", quantised=False)
    (folder / "modeling.py").write_text("raise SystemExit('code of the model was run')")
    damage(folder)
    with Worker() as worker:
        answer = worker.load(folder)
        assert isinstance(answer, Error)
        assert (answer.id, answer.code) == (None, "load_failed")
        assert answer.message
        for part in (str(tmp_path), "secret", "/"):
            assert part not in answer.message
        assert exit_status(worker, within=5) == 1


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path):
    with Worker() as worker:
        answer = worker.load(tmp_path / "missing")
        assert isinstance(answer, Error)
        assert (answer.code, str(tmp_path) in answer.message) == ("load_failed", False)
        assert exit_status(worker, within=5) == 1


def test_another_version_of_the_protocol_is_refused(quantised_model: Path):
    with Worker() as worker:
        answer = worker.load(quantised_model, protocol=PROTOCOL_VERSION + 1)
        assert isinstance(answer, Error)
        assert (answer.id, answer.code) == (None, "load_failed")
        assert exit_status(worker, within=5) == 1


def test_the_end_of_standard_input_ends_an_idle_worker(loaded: Worker):
    assert loaded.process.stdin is not None
    loaded.process.stdin.close()
    exit_status(loaded, within=2)


def test_the_end_of_standard_input_ends_a_worker_that_reads_a_prompt_and_decodes(loaded: Worker):
    loaded.send(generate("decoding", "x", how=ENDLESS, max_tokens=None))
    loaded.receive_until(lambda _: "decoding" in loaded.answers and bool(loaded.answers["decoding"].tokens))
    loaded.send(generate("reading", [5] * (CONTEXT - 100)))
    loaded.receive_until(lambda message: isinstance(message, PrefillProgress) and message.id == "reading")
    assert loaded.process.stdin is not None
    loaded.process.stdin.close()
    exit_status(loaded, within=2)


def test_a_terminated_worker_exits_with_0_even_while_it_works(loaded: Worker):
    loaded.send(generate("reading", [5] * (CONTEXT - 100)))
    loaded.receive_until(lambda message: isinstance(message, PrefillProgress))
    loaded.process.send_signal(signal.SIGTERM)
    assert exit_status(loaded, within=2) == 0


def test_an_interrupt_of_the_terminal_is_left_to_the_server(loaded: Worker):
    loaded.process.send_signal(signal.SIGINT)
    assert loaded.ask(generate("after", "x", max_tokens=1))[0].end.finish_reason in ("length", "stop")


def test_a_shutdown_cancels_what_runs_and_exits_with_0(loaded: Worker):
    for name in ("one", "two"):
        loaded.send(generate(name, "x", how=ENDLESS, max_tokens=None))
    loaded.receive_until(lambda _: {"one", "two"} <= loaded.answers.keys())
    assert loaded.shut_down() == 0
    assert [loaded.answers[name].end.finish_reason for name in ("one", "two")] == ["cancelled", "cancelled"]


def test_a_shutdown_while_a_prompt_is_read_cancels_it_and_exits_with_0(loaded: Worker):
    loaded.send(generate("reading", [5] * (CONTEXT - 100)))
    loaded.receive_until(lambda message: isinstance(message, PrefillProgress))
    assert loaded.shut_down() == 0
    assert loaded.answers["reading"].end.finish_reason == "cancelled"


def test_a_shutdown_before_anything_was_loaded_exits_with_0():
    with Worker() as worker:
        worker.send(Shutdown())
        assert exit_status(worker, within=10) == 0


def test_a_frame_that_breaks_the_protocol_ends_the_worker_with_1(loaded: Worker):
    assert loaded.process.stdin is not None
    loaded.process.stdin.write(b"\x01\x00\x00\x00\xc1")
    assert exit_status(loaded, within=2) == 1


def test_a_first_frame_that_does_not_load_ends_the_worker_with_1():
    with Worker() as worker:
        worker.send(generate("early", "x"))
        assert exit_status(worker, within=10) == 1


def test_standard_output_carries_frames_only_whatever_is_printed(
    quantised_model: Path, capfd: pytest.CaptureFixture[str]
):
    with Worker(module="tests.noisy_worker") as worker:
        assert isinstance(worker.load(quantised_model), Ready)
        (answer,) = worker.ask(generate("quiet", "x", max_tokens=2))
        assert isinstance(answer.last, End)
        assert worker.shut_down() == 0
    printed = capfd.readouterr()
    for text in ("a print", "a write", "a child"):
        assert text in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("worker", ["text", "vision"])
def test_a_worker_listens_before_it_imports_what_takes_long(worker: str):
    listing = "print([name for name in ('mlx', 'transformers') if name in sys.modules])"
    code = f"import sys, mlx_workers.{worker}.main; {listing}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=PYTHON_FOLDER)
    assert done.stdout.decode().strip() == "[]"
