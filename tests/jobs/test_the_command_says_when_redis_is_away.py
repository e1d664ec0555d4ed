"""`flask jobs work --once` without Redis: one sentence, no traceback."""

from __future__ import annotations


def test_one_sentence(make_app, tmp_path):
    app = make_app(REDIS_URL=f"unix://{tmp_path}/nowhere.sock")
    result = app.test_cli_runner().invoke(args=["jobs", "work", "--once"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: Redis does not answer: ")
