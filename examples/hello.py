"""Two tasks and a workflow.

alula run examples/hello.py hello --who Ada
python examples/hello.py
"""

import alula as al


@al.task
def greet(name: str) -> str:
    """A greeting for one person."""
    return f"Hello, {name}!"


@al.task(cache="1")
def shout(text: str, times: int) -> str:
    """The text in capitals, several times over."""
    print(f"shouting {times} times")
    return " ".join([text.upper()] * times)


@al.workflow
def hello(who: str = "world", times: int = 2) -> str:
    """Greets somebody loudly.

    Args:
        who: whom to greet.
        times: how often.
    """
    return shout(greet(who), times)


if __name__ == "__main__":
    print(hello(who="Ada"))  # a plain call: no server, no record
