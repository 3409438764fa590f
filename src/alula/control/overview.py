"""Where and by whom something runs: every project and domain, everybody who launched anything of late."""

from __future__ import annotations

from sqlalchemy import Connection

from alula.control.clock import timestamp
from alula.database import browse
from alula.database import execution as executions
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import browse_pb2

DAY_US = 86_400_000_000
FIRST_DOMAIN = "development"
_FAILED = (ExecutionPhase.FAILED, ExecutionPhase.TIMED_OUT)


def overview(connection: Connection, now: int, grpc: str = "") -> browse_pb2.Overview:
    """What runs now, and how it went with what was launched in the 24 hours before `now`; `grpc` is where the server listens."""
    names = browse.active_projects(connection)
    places: dict[tuple[str, str], browse_pb2.Place] = {}
    people: dict[str, browse_pb2.Person] = {}
    last: dict[str, int] = {}

    def place(project: str, domain: str) -> browse_pb2.Place:
        new = browse_pb2.Place(project=project, project_name=names.get(project, project), domain=domain)
        return places.setdefault((project, domain), new)

    def person(user: str, at: int) -> browse_pb2.Person:
        last[user] = max(last.get(user, 0), at)
        return people.setdefault(user, browse_pb2.Person(user=user))

    for project in names:
        place(project, FIRST_DOMAIN)
    for project, domain in executions.places(connection):
        place(project, domain)
    for kind in (WORKFLOW, TASK, LAUNCH_PLAN):
        for project, domain, count in browse.named_counts(connection, kind):
            if kind == WORKFLOW:
                place(project, domain).workflows = count
            place(project, domain)
    live = browse.live_counts(connection)
    for project, domain, user, count, at in live:
        for one in (place(project, domain), person(user, at)):
            one.running += count
    ended = browse.ended_counts(connection, now - DAY_US)
    for project, domain, user, phase, count, at in ended:
        for one in (place(project, domain), person(user, at)):
            one.failed += count if phase in _FAILED else 0
            one.succeeded += count if phase == ExecutionPhase.SUCCEEDED else 0
    for user, at in last.items():
        people[user].last_at.CopyFrom(timestamp(at))
    shown = [one for (project, _), one in sorted(places.items()) if project in names]
    counted = (sum(row[3] for row in live), sum(row[4] for row in ended))
    return browse_pb2.Overview(
        places=shown,
        people=sorted(people.values(), key=lambda one: -last[one.user]),
        is_capped=max(counted) >= browse.MAX_COUNTED,
        grpc=grpc,
    )
