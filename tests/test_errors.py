import pytest

from mien.errors import UnknownNameError


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("YUNNET", "unknown detector 'YUNNET'; did you mean yunet?"),
        (7, "unknown detector 7; known: yunet, haar"),
        (None, "unknown detector None; known: yunet, haar"),
        (("haar",), "unknown detector ('haar',); did you mean haar?"),
    ],
)
def test_an_unknown_name_of_any_type_is_told_with_the_nearest(name, told):
    error = UnknownNameError("detector", name, ["yunet", "haar"])
    assert str(error) == told
    assert (error.kind, error.name, error.known) == ("detector", name, ("yunet", "haar"))
