"""Decks, checkpoints, secrets, commands that are not Python, and orchestration in Python."""

import asyncio
from pathlib import Path

import flytekit
from flytekit import ContainerTask, Deck, Resources, Secret, eager, kwtypes, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException
from flytekit.extras.tasks.shell import OutputLocation, ShellTask
from flytekit.types.file import FlyteFile

from programs.basics import add


@task(enable_deck=True)
def draw(n: int) -> int:
    Deck("picture", "<h1>a picture of the number</h1>")
    return n


@workflow
def decks(n: int) -> int:
    return draw(n=n)


@task(retries=2)
def resume() -> int:
    checkpoint = flytekit.current_context().checkpoint
    before = checkpoint.read()
    if before is None:
        checkpoint.write(b"41")
        raise FlyteRecoverableException("again")
    return int(before.decode()) + 1


@workflow
def checkpoints() -> int:
    return resume()


@task(secret_requests=[Secret(group="accept", key="word")])
def reveal() -> str:
    return flytekit.current_context().secrets.get("accept", "word")


@task(secret_requests=[Secret(group="accept", key="filed")])
def reveal_filed() -> str:
    return flytekit.current_context().secrets.get("accept", "filed")


@workflow
def secrets() -> tuple[str, str]:
    return reveal(), reveal_filed()


shell = ShellTask(
    name="extras.shell",
    script="set -e\necho {inputs.word} > {outputs.out}\ncat {inputs.file} >> {outputs.out}\n",
    inputs=kwtypes(word=str, file=FlyteFile),
    output_locs=[OutputLocation(var="out", var_type=FlyteFile, location="shell-out.txt")],
)


@workflow
def shelling(word: str, file: FlyteFile) -> FlyteFile:
    return shell(word=word, file=file)


raw = ContainerTask(
    name="extras.raw",
    image="alpine",
    command=["sh", "-c", "echo {{.inputs.word}} ran"],
    inputs=kwtypes(word=str),
)

raw_files = ContainerTask(
    name="extras.raw_files",
    image="alpine",
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
    command=["sh", "-c", "cp /var/inputs/word /var/outputs/word"],
    inputs=kwtypes(word=str),
    outputs=kwtypes(word=str),
)


@workflow
def raw_command(word: str) -> None:
    raw(word=word)


@workflow
def raw_command_with_files(word: str) -> str:
    return raw_files(word=word)


@task
async def slowly_double(x: int) -> int:
    return 2 * x


@eager
async def orchestrate(x: int) -> int:
    a, b = await asyncio.gather(slowly_double(x=x), slowly_double(x=x + 1))
    if a > b:
        raise ValueError("the order is lost")
    return int(add(a=a, b=b))


@task
def context_facts() -> dict[str, str]:
    context = flytekit.current_context()
    return {
        "execution": context.execution_id.name,
        "project": context.execution_id.project,
        "task": context.task_id.name,
        "raw": context.raw_output_prefix,
        "folder": str(Path.cwd()),
    }


@workflow
def contexts() -> dict[str, str]:
    return context_facts()


@task(requests=Resources(cpu="1", mem="100Mi"), limits=Resources(cpu="2", mem="200Mi"))
def modest(x: int) -> int:
    return add.task_function(a=x, b=1)


@workflow
def resources(x: int) -> int:
    return modest(x=x)
