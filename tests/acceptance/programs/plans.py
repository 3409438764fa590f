"""Launch plans, and entities that are known by name alone."""

from datetime import datetime

from flytekit import CronSchedule, LaunchPlan, task, workflow
from flytekit.models.common import Annotations, Labels

from programs.basics import add, double


@workflow
def power(base: int, plus: int) -> int:
    return add(a=double(x=base), b=plus)


with_defaults = LaunchPlan.get_or_create(power, name="plans.with_defaults", default_inputs={"base": 5}, fixed_inputs={"plus": 7})
labelled = LaunchPlan.get_or_create(
    power,
    name="plans.labelled",
    default_inputs={"base": 1, "plus": 1},
    labels=Labels({"team": "plan"}),
    annotations=Annotations({"note": "plan"}),
    max_parallelism=3,
)
nightly = LaunchPlan.get_or_create(
    power, name="plans.nightly", default_inputs={"base": 1, "plus": 1}, schedule=CronSchedule(schedule="0 3 * * *")
)


@task
def report(x: int) -> str:
    return f"is {x}"


@workflow
def reporting(x: int) -> str:
    return report(x=x)


@task
def day(when: datetime) -> str:
    return when.date().isoformat()


@workflow
def of_day(when: datetime) -> str:
    return day(when=when)


daily = LaunchPlan.get_or_create(of_day, name="plans.daily", schedule=CronSchedule(schedule="0 0 * * *", kickoff_time_input_arg="when"))
