"""Completion knows the real commands, flags and values."""
import shutil
import subprocess

import pytest

from deephar.cli import COMMANDS, main


def script(shell: str, capsys) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def completed(text: str, *words: str) -> set[str]:
    """What bash offers after `words`, of which the last may be half."""
    line = " ".join(f"'{word}'" for word in words)
    asked = f"{text}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _deephar\n"
    asked += 'printf "%s\\n" "${COMPREPLY[@]}"'
    found = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert not found.stderr
    return set(found.stdout.split())


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize("words, wanted", [
    (("deephar", "pre"), {"predict"}),
    (("deephar", ""), set(COMMANDS)),
    (("deephar", "predict", "--save-v"), {"--save-video"}),
    (("deephar", "predict", "--runtime", ""), {"onnx", "litert", "openvino"}),
    (("deephar", "dataset", "syn"), {"synthesize"}),
    (("deephar", "dataset", "check", "--qui"), {"--quick", "--quiet"}),
    (("deephar", "nothing", ""), set())])
def test_bash(words, wanted, capsys):
    assert completed(script("bash", capsys), *words) == wanted


def test_zsh_takes_the_same(capsys):
    bash = script("bash", capsys)
    assert script("zsh", capsys) == "autoload -Uz bashcompinit && bashcompinit\n" + bash


def test_fish(capsys):
    lines = script("fish", capsys).splitlines()
    assert "complete -c deephar -n __fish_use_subcommand -a predict" in lines
    assert ("complete -c deephar -n '__fish_seen_subcommand_from predict' -l runtime "
            "-x -a 'onnx litert openvino'") in lines
    assert "complete -c deephar -n '__fish_seen_subcommand_from bench' -a people" in lines
