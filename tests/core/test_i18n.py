"""Every text of the product exists in both languages, alike in what it says, and well written in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from pathlib import Path

import pytest
from marshmallow import Schema, ValidationError, class_registry, fields, validate

from gonghui.api import messages  # noqa: F401 - puts our messages in before the schemas below are made
from gonghui.i18n import Text, _, load_catalogues, locale
from gonghui.plugin_host.registry import discover
from gonghui.testing import Federation
from gonghui.testing.texts import english_of, is_chinese, stale, texts_of, unlike, untranslated

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [
    path.parent for parent in ("core", "plugins") for path in sorted((ROOT / parent).glob("*/locale"))
]

_HALF_WIDTH = re.compile(r"(?<=[\u3000-\u303f\u4e00-\u9fff}”])[,:;()?!]|[,:;()?!](?=[\u4e00-\u9fff{“])")


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    load_catalogues(ROOT / "core/gonghui/locale")
    assert not discover().rejected


def test_core_and_every_plugin_have_a_catalogue() -> None:
    with_texts = {path.parent for path in ROOT.glob("plugins/*/__init__.py")}
    assert {ROOT / "core/gonghui", *with_texts} == set(PACKAGES)


each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)


@each_package
def test_every_text_has_an_english_one(package: Path) -> None:
    assert list(untranslated(package)) == []


@each_package
def test_no_translation_is_stale_or_uncertain(package: Path) -> None:
    assert list(stale(package)) == []


@each_package
def test_both_languages_have_the_same_placeholders_and_english_is_english(package: Path) -> None:
    assert list(unlike(package)) == []


@each_package
def test_chinese_texts_have_chinese_punctuation(package: Path) -> None:
    half = [f"{where}: {text}" for text, where in texts_of(package).items() if _HALF_WIDTH.search(text)]
    assert half == []


@each_package
def test_chinese_texts_are_chinese_and_address_nobody_as_nin(package: Path) -> None:
    texts = texts_of(package)
    assert [text for text in texts if not is_chinese(text)] == []
    assert [text for text in texts if "您" in text or "成功！" in text] == []


def test_no_two_catalogues_disagree() -> None:
    merged: dict[str, set[str]] = {}
    for package in PACKAGES:
        for text, english in english_of(package).items():
            merged.setdefault(text, set()).add(english)
    assert {text: found for text, found in merged.items() if len(found) > 1} == {}


# --- catalogues in use


def test_catalogues_add_up_and_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "en.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\n'
        'msgid "只在这里"\nmsgstr "Only here"\n\n'
        'msgid "待办"\nmsgstr "Start"\n\n'
        '#, fuzzy\nmsgid "不确定"\nmsgstr "Uncertain"\n\n'
        'msgid "还没有译"\nmsgstr ""\n'
    )
    load_catalogues(tmp_path)
    wanted = {"只在这里": "Only here", "待办": "To do", "不确定": "不确定", "还没有译": "还没有译", "": ""}
    assert {text: Text(text).translated("en") for text in wanted} == wanted
    assert {text: Text(text).translated("zh") for text in wanted} == {text: text for text in wanted}


def test_a_language_without_catalogue_answers_in_chinese() -> None:
    with locale("fr"):
        assert str(_("待办")) == "待办"


def test_parameters_are_worded_in_the_readers_language() -> None:
    day, moment = date(2024, 6, 30), datetime(2024, 6, 30, 14, 5)
    text = Text("{inner}|{several}|{day}", {"inner": _("待办"), "several": [3, 5], "day": day})
    assert text.translated("zh") == "待办|3、5|2024年6月30日"
    assert text.translated("en") == "To do|3, 5|30 June 2024"
    assert Text("{moment}", {"moment": moment}).translated("zh") == str(moment)


# --- what marshmallow says


class _Colour(Enum):
    RED = 1


class _Inner(Schema):
    name = fields.String(required=True)


class _Every(Schema):
    text = fields.String()
    utf8 = fields.String()
    null = fields.String(allow_none=False)
    uuid = fields.UUID()
    number = fields.Float()
    whole = fields.Integer()
    yes = fields.Boolean()
    moment = fields.DateTime()
    day = fields.Date()
    many = fields.List(fields.Integer())
    inner = fields.Nested(_Inner)
    nested = fields.Nested(_Inner)
    mapping = fields.Dict()
    colour = fields.Enum(_Colour)
    choice = fields.String(validate=validate.OneOf(["a", "b"]))
    short = fields.String(validate=validate.Length(min=3))
    long = fields.String(validate=validate.Length(max=3))
    between = fields.String(validate=validate.Length(1, 3))
    exact = fields.String(validate=validate.Length(equal=18))
    pattern = fields.String(validate=validate.Regexp("[a-z]+$"))
    least = fields.Integer(validate=validate.Range(min=1))
    most = fields.Integer(validate=validate.Range(max=9))
    within = fields.Integer(validate=validate.Range(1, 9))
    needed = fields.String(required=True)


_WRONG = {
    "text": 1, "utf8": b"\xff", "null": None, "uuid": "x", "number": "x", "whole": "x", "yes": "x",
    "moment": "x", "day": "x", "many": 1, "inner": 1, "nested": {}, "mapping": 1, "colour": "BLUE",
    "choice": "c", "short": "a", "long": "aaaa", "between": "", "exact": "1", "pattern": "1", "least": 0,
    "most": 10, "within": 10, "strange": 1,
}  # fmt: skip


def _sentences(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for inner in content.values():
            yield from _sentences(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _sentences(inner)
    else:
        yield str(content)


@pytest.mark.parametrize("code", ["zh", "en"])
def test_a_field_says_what_is_wrong_in_the_readers_language(code: str) -> None:
    with locale(code):
        with pytest.raises(ValidationError) as caught:
            _Every().load(_WRONG)
        with pytest.raises(ValidationError) as whole:
            _Every().load([])
        said = caught.value.messages
        assert set(said) == {*_WRONG, "needed"}
        sentences = [*_sentences(said), *_sentences(whole.value.messages)]
    assert [s for s in sentences if is_chinese(s) is (code == "en")] == []
    assert not any("{" in sentence for sentence in sentences)


@pytest.mark.parametrize("code", ["zh", "en"])
def test_every_message_of_every_schema_is_in_the_readers_language(code: str) -> None:
    with locale(code):
        foreign = [
            f"{schema.__name__}.{name} {key}: {message}"
            for schema in _our_schemas()
            for name, field in _all_fields(schema())
            for key, message in field.error_messages.items()
            if is_chinese(str(Text(message))) is (code == "en")
        ]
    assert foreign == []


def _our_schemas() -> set[type[Schema]]:
    import gonghui.app  # noqa: F401 - all schemas of the API, as a server imports them

    found = [entry for entries in class_registry._registry.values() for entry in entries]
    return {s for s in found if isinstance(s, type) and s.__module__.startswith("gonghui")}


def _all_fields(schema: Schema) -> Iterator[tuple[str, fields.Field]]:
    for name, field in schema.fields.items():
        yield name, field
        if isinstance(field, fields.List):
            yield f"{name}[]", field.inner


@pytest.mark.parametrize(("code", "chinese"), [("zh", True), ("en", False)])
def test_an_unreadable_body_is_refused_in_the_readers_language(
    shared_federation: Federation, code: str, chinese: bool
) -> None:
    answer = shared_federation.client()(
        "POST",
        "/api/v1/sign-in",
        data="{",
        headers={"Accept-Language": code, "Content-Type": "application/json"},
    )
    content = answer.get_json()
    said = [content["title"], content["detail"], *(error["detail"] for error in content.get("errors", ()))]
    assert [is_chinese(sentence) for sentence in said] == [chinese] * len(said)
