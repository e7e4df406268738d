"""A name that is going still works and says what takes its place; nothing else is found that is not there."""

from __future__ import annotations

import importlib

import pytest
from packaging.version import Version

import gonghui.sdk
import gonghui.testing
from gonghui.sdk import VERSION, deprecation, figure
from gonghui.sdk.deprecation import Deprecated
from gonghui.testing import World


@pytest.fixture
def law(monkeypatch: pytest.MonkeyPatch) -> None:
    """`figure` was called `law` once, and `old_round` was another function than the one that takes its place."""
    going = deprecation.GOING["gonghui.sdk"]
    monkeypatch.setitem(going, "law", Deprecated("figure", "1.1.0", "2.0.0"))
    monkeypatch.setitem(going, "old_round", Deprecated("figure", "1.1.0", "2.0.0", still="builtins:round"))
    monkeypatch.setitem(deprecation.GOING["gonghui.testing"], "Realm", Deprecated("World", "1.4.0", "3.0.0"))


@pytest.mark.usefixtures("law")
def test_a_name_that_is_going_gives_its_object_and_says_what_to_use() -> None:
    wanted = r"^gonghui\.sdk\.law is deprecated since 1\.1\.0 and gone in 2\.0\.0: use gonghui\.sdk\.figure$"
    with pytest.warns(DeprecationWarning, match=wanted) as caught:
        from gonghui.sdk import law  # type: ignore[attr-defined]
    assert law is figure
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.usefixtures("law")
def test_an_old_thing_may_stay_what_it_was() -> None:
    with pytest.warns(DeprecationWarning, match="use gonghui.sdk.figure"):
        assert gonghui.sdk.old_round is round  # type: ignore[attr-defined]


@pytest.mark.usefixtures("law")
def test_names_of_the_kit_go_the_same_way() -> None:
    with pytest.warns(DeprecationWarning, match="gone in 3.0.0: use gonghui.testing.World"):
        assert gonghui.testing.Realm is World  # type: ignore[attr-defined]


@pytest.mark.usefixtures("law")
def test_a_name_that_is_going_is_not_shown() -> None:
    assert "law" not in dir(gonghui.sdk)
    assert "law" not in gonghui.sdk.__all__


@pytest.mark.parametrize("package", ["gonghui.sdk", "gonghui.testing"])
def test_a_name_that_is_not_there_is_refused_as_ever(package: str) -> None:
    module = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing_such'"):
        _ = module.nothing_such
    with pytest.raises(ImportError, match="nothing_such"):
        exec(f"from {package} import nothing_such")
    assert not hasattr(module, "nothing_such")


@pytest.mark.parametrize("until", ["1.2.0", "1.0.0", "2.1.0"])
def test_a_name_goes_in_a_new_major_version_only(until: str) -> None:
    with pytest.raises(ValueError, match="cannot go"):
        Deprecated("figure", "1.1.0", until)


@pytest.mark.parametrize("package", ["gonghui.sdk", "gonghui.testing"])
def test_what_is_going_has_an_heir_and_is_gone_in_time(package: str) -> None:
    public = importlib.import_module(package).__all__
    for name, going in deprecation.GOING[package].items():
        assert name not in public
        assert going.use in public
        assert Version(going.since) <= Version(VERSION) < Version(going.until), name
