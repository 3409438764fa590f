"""SQL tasks: a query over data frames, files or a database, with a data frame as its result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from alula.errors import DefinitionError, Unsupported
from alula.sdk import option
from alula.sdk.kind import TaskKind
from alula.sdk.secret import Secret

DUCKDB = "duckdb"
_PARAMETER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


class SqlTask(TaskKind):
    """A query; see `sql`."""

    task_type: ClassVar[str] = "sql"

    def __init__(
        self, name: str, query: str, inputs: Mapping[str, Any], output: Any, database: str | Secret, options: dict[str, Any]
    ) -> None:
        if isinstance(database, Secret):
            options["secrets"] = [*options.get("secrets", ()), database]
        super().__init__(name, inputs=inputs, outputs={} if output is None else {"o0": output}, **options)
        self.query, self.database, self._output = option.text("query", query), database, output
        parameters = set(_PARAMETER.findall(query))
        frames = {key for key, port in self.interface.inputs.items() if _is_frame(port.annotation)}
        if frames and self.is_remote:
            raise DefinitionError(f"sql task {name}: data frames can be queried with DuckDB only; leave database= out", where=self.where)
        for key in parameters - set(self.interface.inputs):
            raise DefinitionError(f"sql task {name}: the query names :{key}, which is no input", where=self.where)
        for key in set(self.interface.inputs) - frames - parameters:
            raise DefinitionError(f"sql task {name}: the query never uses input {key!r}; write :{key}", where=self.where)

    @property
    def is_remote(self) -> bool:
        """Whether it runs in a database outside the process."""
        return isinstance(self.database, Secret) or "://" in self.database

    def fingerprint(self) -> str:
        where = f"{self.database.group}/{self.database.key}" if isinstance(self.database, Secret) else self.database
        return f"{where}\n{self.query}"

    def execute(self, **inputs: Any) -> Any:
        """Runs the query; parameters are bound, never pasted into the text."""
        return self._remote(inputs) if self.is_remote else self._duckdb(inputs)

    def _duckdb(self, inputs: dict[str, Any]) -> Any:
        try:
            import duckdb
        except ImportError as error:
            raise Unsupported("an SQL task needs DuckDB; install alula[sql]") from error
        file = "" if self.database == DUCKDB else str(self.database)
        with duckdb.connect(file or ":memory:") as connection:
            values = {}
            for name, value in inputs.items():
                if _is_frame(self.interface.inputs[name].annotation):
                    connection.register(name, value)
                else:
                    values[name] = str(value) if hasattr(value, "__fspath__") else value
            found = connection.execute(_PARAMETER.sub(r"$\1", self.query), values)
            return None if self._output is None else _as_frame(found, self._output)

    def _remote(self, inputs: dict[str, Any]) -> Any:
        import sqlalchemy

        from alula.sdk.secret import secret

        url = secret(f"{self.database.group}/{self.database.key}") if isinstance(self.database, Secret) else self.database
        engine = sqlalchemy.create_engine(url)
        try:
            with engine.begin() as connection:
                found = connection.execute(sqlalchemy.text(self.query), inputs)
                if self._output is None:
                    return None
                rows, columns = found.fetchall(), list(found.keys())
            return _of_rows([tuple(row) for row in rows], columns, self._output)
        finally:
            engine.dispose()


def _home(annotation: Any) -> str:
    """The package of a frame's type."""
    base = getattr(annotation, "__origin__", annotation)
    return str(getattr(base, "__module__", "")).partition(".")[0]


def _is_frame(annotation: Any) -> bool:
    base = getattr(annotation, "__origin__", annotation)
    return _home(annotation) in ("pandas", "polars", "pyarrow") or getattr(base, "__name__", "") == "DataFrame"


def _as_frame(found: Any, annotation: Any) -> Any:
    home = _home(annotation)
    return found.pl() if home == "polars" else found.fetch_arrow_table() if home == "pyarrow" else found.df()


def _of_rows(rows: list[tuple[Any, ...]], columns: list[str], annotation: Any) -> Any:
    home = _home(annotation)
    if home == "polars":
        import polars

        return polars.DataFrame(rows, schema=columns, orient="row")
    if home == "pyarrow":
        import pyarrow

        return pyarrow.table({name: [row[at] for row in rows] for at, name in enumerate(columns)})
    import pandas

    return pandas.DataFrame.from_records(rows, columns=columns)


def sql(
    name: str,
    query: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    output: Any = None,
    database: str | Secret = DUCKDB,
    **options: Any,
) -> SqlTask:
    """A task that is a query: `top = al.sql("top", "SELECT * FROM sales LIMIT :n", inputs={"sales": al.DataFrame, "n": int}, output=…)`.

    Data frame inputs are tables of their names (DuckDB); any other input is a bound parameter, `:n`.

    Args:
        name: registered as `module.name`; assign the task to a name at module level.
        query: one statement.
        inputs: type by name, or a pair of type and default.
        output: type of the frame (`al.DataFrame`, `polars.DataFrame`, `pyarrow.Table`); None: the statement gives nothing.
        database: "duckdb", the path of a DuckDB file, an SQLAlchemy address, or the `al.Secret` that holds one.
        options: as for `al.task`.
    Raises:
        DefinitionError: a parameter that is no input, an input that is not used, frames for a database outside.
    """
    return SqlTask(name, query, inputs or {}, output, database, dict(options))
