import pytest

from mien.audit.audit import audit
from mien.audit.columns import Naming
from mien.audit.read import read_table


@pytest.fixture
def csv_file(tmp_path):
    """Writes a CSV file: a header as one string, and rows as tuples."""

    def write(header, rows, name="predictions.csv"):
        path = tmp_path / name
        lines = [header, *(",".join("" if cell is None else str(cell) for cell in row) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def table_of(csv_file):
    """A table out of a header and rows; options are those of `read_table` and `Naming`."""

    def read(header, rows, *, labels=None, key=None, by=None, **naming):
        path = csv_file(header, rows)
        return read_table(path, labels=labels, key=key, by=by, naming=Naming(**naming))

    return read


@pytest.fixture
def audit_of(table_of):
    def run(header, rows, *, min_group=30, **options):
        return audit(table_of(header, rows, **options), min_group=min_group)

    return run
