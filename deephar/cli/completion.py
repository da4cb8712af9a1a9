"""Print what makes a shell complete commands, flags and their values.

    source <(deephar completion bash)                       in ~/.bashrc
    source <(deephar completion zsh)                        in ~/.zshrc, after compinit
    deephar completion fish > ~/.config/fish/completions/deephar.fish
"""
import argparse
import shlex
from typing import Iterator

BASH = """_deephar() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words
  case "${{COMP_WORDS[1]}} $before" in
{values}
  *) case $COMP_CWORD in
    1) words={commands} ;;
    *) case ${{COMP_WORDS[1]}} in
{flags}
      esac ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _deephar deephar
"""
ZSH = "autoload -Uz bashcompinit && bashcompinit\n"


def add_arguments(parser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(args) -> int:
    commands = dict(commands_of(args.parser))
    if args.shell == "fish":
        print("\n".join(fish_lines(commands)))
    else:
        print((ZSH if args.shell == "zsh" else "") + bash_script(commands), end="")
    return 0


def commands_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list]]:
    """(name, what it takes) of every sub-command; those of sub-sub-commands are its own."""
    action = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    for name, command in action.choices.items():
        found = []
        for one in command._actions:
            found.append(one)
            if isinstance(one, argparse._SubParsersAction):
                found += [a for sub in one.choices.values() for a in sub._actions]
        yield name, found


def _words(actions: list) -> list[str]:
    """Flags, and the words that may stand without one."""
    words = [flag for action in actions for flag in action.option_strings
             if flag.startswith("--")]
    words += [str(choice) for action in actions if not action.option_strings
              for choice in action.choices or ()]
    return list(dict.fromkeys(words))


def _values(actions: list) -> Iterator[tuple[str, list[str]]]:
    """(flag, what it may be) of the flags with few values."""
    for action in actions:
        for flag in action.option_strings:
            if action.choices:
                yield flag, list(map(str, action.choices))


def bash_script(commands: dict[str, list]) -> str:
    """Completion for bash, and for zsh by its emulation."""
    def quoted(words):
        return shlex.quote(" ".join(words))

    values = [f"  {shlex.quote(f'{name} {flag}')}) words={quoted(words)} ;;"
              for name, actions in commands.items() for flag, words in _values(actions)]
    flags = [f"      {name}) words={quoted(_words(actions))} ;;"
             for name, actions in commands.items()]
    return BASH.format(commands=quoted(commands), values="\n".join(values),
                       flags="\n".join(flags))


def fish_lines(commands: dict[str, list]) -> Iterator[str]:
    """Completion for fish."""
    for name, actions in commands.items():
        yield f"complete -c deephar -n __fish_use_subcommand -a {name}"
        where = shlex.quote(f"__fish_seen_subcommand_from {name}")
        values = dict(_values(actions))
        for word in _words(actions):
            if word.startswith("--"):
                few = f" -x -a {shlex.quote(' '.join(values[word]))}" if word in values else ""
                yield f"complete -c deephar -n {where} -l {word[2:]}{few}"
            else:
                yield f"complete -c deephar -n {where} -a {shlex.quote(word)}"
