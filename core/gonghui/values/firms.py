"""Names of firms: taken apart, brought to one spelling, and compared with each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from unicodedata import is_normalized, normalize

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from gonghui.values.firm_words import (
    AFTER_KNOWN,
    BRACKETED_BRANCH,
    BRANCH_TAILS,
    DIGITS,
    FORM_OF_MARK,
    FORMS,
    GROUP,
    INSIDE,
    LOOSE_BRANCH,
    MARKED_FORM,
    NUMBERS,
    PARENTS,
    PLACE,
    PLACE_TAIL,
    PROVINCE_OF,
    TOLD_FORMS,
    TOWN,
    TRADES,
    VAGUE,
    WIDE,
    ZONE,
)
from gonghui.values.names import syllables

#: From here on two names are taken as one without asking; only names under the same key get there.
SAME = 96
#: From here on a person decides (the queue); below, two names are two firms.
ASK = 75

#: Names that are not under one key never score more than these, so they never pass as SAME.
_FORMER_MAX = 95
_NEAR_MAX = 94
#: A branch is an employer of its own, with a related union; so are namesakes in two cities.
_BRANCH_MAX = 70
_ELSEWHERE_MAX = 70
#: 第一小学 and 第二小学 differ by one character and in everything else.
_NUMBER_MAX = 60
_BRAND_MAX = 58

_PLACE_MISSING = 10
_PLACE_UNCLEAR = 18
_FORM_MISSING = 8
_FORM_DIFFERS = 15
_GROUP_DIFFERS = 15
_ALIAS = 5

_BRACKETS = str.maketrans(dict.fromkeys("([{【〔〖「『〈《", "（") | dict.fromkeys(")]}】〕〗」』〉》", "）"))
_NOT_IN_KEY = re.compile("[（）·•・‧∙]")
_ANY_BRACKET = re.compile(r"[(\[{【〔〖「『〈《)\]}】〕〗」』〉》]")

_INNER = r"[^（）]*(?:（[^（）]*）[^（）]*)*"
_NOTE = re.compile(
    r"（(?:(?P<former>(?:原(?:企业|公司|单位)?(?:名称?)?|曾用名称?|更名前|变更前|前称|旧称|前身)为?)"
    r"|(?P<short>(?:以下)?简称))"
    rf"(?P<colon>[:,]?)(?P<names>{_INNER})）"
)
_SEVERAL = re.compile(r"[、,;/]")
#: Without a colon, 原 opens a former name only if what follows is one: （原生态） is none.
_FIRM_END = re.compile(r"(?:公司|集团|厂|店|部|行|社|所|院|校|园|中心|企业)$")


@dataclass(frozen=True, slots=True)
class FirmName:
    """A name taken apart. Made by `read_firm` only, which keeps the parts consistent."""

    full: str
    places: tuple[str, ...]
    #: Brand and trade, without place, legal form, 集团 and branch.
    stem: str
    #: limited, joint_stock, partnership, individual, sole, cooperative, institution, company, branch_office, other.
    form: str
    branch: str | None
    former: tuple[str, ...]
    #: Abbreviations that the name itself states: （简称：…）.
    short: tuple[str, ...]
    #: The form of the firm, or for a branch that of its parent.
    parent_form: str
    brand: str
    key: str


def _normalise(text: str) -> str:
    """One width, one kind of bracket, no spaces. The case of letters stays, for the name is also shown."""
    text = "".join(text.split())
    if is_normalized("NFKC", text.replace("（", "").replace("）", "")):
        return text.translate(_BRACKETS) if _ANY_BRACKET.search(text) else text
    # Decomposed first: some characters decompose into a space, and it must go before the rest composes.
    parts = "".join(normalize("NFKD", text).split())
    return normalize("NFKC", parts).translate(_BRACKETS)


def _take_notes(full: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The name without its notes, the former names and the abbreviations they state."""
    found: dict[str, list[str]] = {"former": [], "short": []}
    body, start = full, 0
    while match := _NOTE.search(body, start):
        names = [name for name in _SEVERAL.split(match["names"]) if name]
        if not match["colon"] and match["former"] == "原" and not all(map(_FIRM_END.search, names)):
            start = match.end()
            continue
        before, after = body[: match.start()], body[match.end() :]
        if match["former"]:
            # （原：…） in the middle renames the parent: the branch behind it had the old name before it.
            found["former"] += [name + _NOTE.sub("", after) for name in names]
        else:
            found["short"] += names
        if not before + after:
            break
        body, start = before + after, len(before)
    return body, tuple(found["former"]), tuple(found["short"])


def _take_branch(body: str) -> tuple[str, str | None]:
    if not body.rstrip("）").endswith(BRANCH_TAILS):
        return body, None
    for pattern in PARENTS:
        if (match := pattern.fullmatch(body)) and match[2].strip("（）").endswith(BRANCH_TAILS):
            return match[1], match[2].strip("（）")
    if body.endswith("）") and (match := BRACKETED_BRANCH.fullmatch(body)):
        return (match[1], match[2]) if match[2].endswith(BRANCH_TAILS) else (body, None)
    if match := LOOSE_BRANCH.fullmatch(body):
        return match[1], match[2]
    return body, None


def _misspelt(name: str, ending: str) -> bool:
    """Whether a name ends with a legal form that has one character wrong."""
    size = len(ending)
    if size < 4 or len(name) <= size + 1:
        return False
    return sum(a == b for a, b in zip(name[-size:], ending, strict=True)) == size - 1


def _take_form(name: str) -> tuple[str, str]:
    """The name without its legal form, and the form."""
    form = ""
    if name.endswith(("合伙）", "合伙", "户）", "体）", "独资）")) and (match := MARKED_FORM.fullmatch(name)):
        name, form = match[1], FORM_OF_MARK.get(match[2], "partnership")
    for ending, meant in FORMS:
        if name.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], form or meant
    for ending, meant in FORMS[:3]:
        if _misspelt(name, ending):
            return name[: -len(ending)], form or meant
    if not form:
        form = next((meant for meant, endings in TOLD_FORMS if name.endswith(endings)), "other")
    return name, form


def _known_place(name: str) -> str:
    for length in (2, 3, 4):
        if name[:length] in PROVINCE_OF:
            match = AFTER_KNOWN.match(name, length)
            return name[: match.end()] if match else ""
    return ""


def _take_places(name: str) -> tuple[str, list[str]]:
    places: list[str] = []
    while True:
        if place := _known_place(name):
            guessed = False
        else:
            match = ZONE.match(name) or PLACE.match(name) or (TOWN.match(name) if places else None)
            place, guessed = (match[0], True) if match else ("", False)
        rest = name[len(place) :]
        # A guess that leaves only a trade has eaten the brand: 景德镇陶瓷.
        if not place or not rest.strip("（）") or (guessed and (len(rest) < 2 or rest[:2] in TRADES)):
            return name, places
        places.append(place)
        name = rest


def _take_inner_places(name: str, places: list[str]) -> str:
    for match in INSIDE.finditer(name):
        inner = match[1]
        if inner in WIDE or _known_place(inner) == inner or PLACE.fullmatch(inner):
            rest = name.replace(match[0], "", 1)
            if rest:
                places.append(inner)
                name = rest
    return name


def _brand_of(stem: str) -> str:
    for at in range(2, len(stem)):
        if stem[at : at + 2] in TRADES or (at == len(stem) - 1 and stem[at] in "厂店"):
            return stem[:at]
    return stem


@lru_cache(maxsize=65_536)
def read_firm(text: str) -> FirmName:
    """Take a name apart. Cached, because a register is compared with many known names."""
    full = _normalise(text)
    body, former, short = _take_notes(full) if "（" in full else (full, (), ())
    body = body.upper().replace("有限责任公司", "有限公司")
    parent, branch = _take_branch(body)
    name, parent_form = _take_form(parent)
    name = GROUP.sub("", name) or name
    name, places = _take_places(name)
    if "（" in name:
        name = _take_inner_places(name, places)
    stem = _NOT_IN_KEY.sub("", name)
    return FirmName(
        full=full,
        places=tuple(places),
        stem=stem,
        form="branch_office" if branch else parent_form,
        branch=branch,
        former=former,
        short=short,
        parent_form=parent_form,
        brand=_brand_of(stem),
        key=_NOT_IN_KEY.sub("", body),
    )


def same_key(text: str) -> str:
    """The key of a name: equal for spellings of one name, never for a branch and its parent or two forms."""
    return read_firm(text).key


@lru_cache(maxsize=16_384)
def _bare_place(place: str) -> tuple[str, str]:
    """A place without 省, 市 and the like, and its level (by the known cities, else by that ending)."""
    tail = PLACE_TAIL.search(place)
    bare = place[: tail.start()] if tail else place
    if province := PROVINCE_OF.get(bare):
        return bare, "province" if province == bare else "city"
    return bare, "district" if tail and tail[0] in "区县" else "unknown"


def _elsewhere(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> bool:
    for level in ("city", "district"):
        mine = {place for place, at in one if at == level}
        theirs = {place for place, at in other if at == level}
        if mine and theirs and not mine & theirs:
            return True
    mine = {PROVINCE_OF[place] for place, at in one if at in ("province", "city")}
    theirs = {PROVINCE_OF[place] for place, at in other if at in ("province", "city")}
    return bool(mine and theirs and not mine & theirs)


def _place_gap(one: FirmName, other: FirmName) -> int | None:
    """What the places take off the score; None if they tell two firms apart."""
    if one.places == other.places:
        return 0
    mine, theirs = set(map(_bare_place, one.places)), set(map(_bare_place, other.places))
    if mine == theirs:
        return 0
    if mine <= theirs or theirs <= mine:
        return _PLACE_MISSING
    return None if _elsewhere(mine, theirs) else _PLACE_UNCLEAR


def _form_gap(one: FirmName, other: FirmName) -> int:
    gap = 0 if ("集团" in one.key) == ("集团" in other.key) else _GROUP_DIFFERS
    if one.parent_form == other.parent_form:
        return gap
    vague = one.parent_form in VAGUE or other.parent_form in VAGUE
    return gap + (_FORM_MISSING if vague else _FORM_DIFFERS)


def _brand_likeness(one: str, other: str) -> int:
    """Brands have two to four characters, so one that differs makes another brand, unless it sounds the same."""
    if one == other:
        return 100
    shorter, longer = sorted((one, other), key=len)
    if len(one) == len(other) > 1 and syllables(one) == syllables(other):
        return 88
    if len(shorter) >= 3 and OSA.distance(one, other, score_cutoff=1) == 1:
        return 76 if len(longer) == 3 else 82
    # A district written without 区 sticks to the brand: 龙华远帆.
    if len(shorter) >= 2 and len(longer) - len(shorter) >= 2 and longer.endswith(shorter):
        return 78
    return min(_BRAND_MAX, round(fuzz.ratio(one, other)))


def _stem_likeness(one: FirmName, other: FirmName) -> int:
    if one.stem == other.stem:
        return 100
    brand = _brand_likeness(one.brand, other.brand)
    mine, theirs = one.stem[len(one.brand) :], other.stem[len(other.brand) :]
    if one.brand != other.brand:
        # Where no trade was recognised (电于 for 电子), the brand of the other tells where it begins.
        if not theirs and len(one.brand) > 1 and other.brand.startswith(one.brand):
            brand, theirs = 100, other.stem[len(one.brand) :]
        elif not mine and len(other.brand) > 1 and one.brand.startswith(other.brand):
            brand, mine = 100, one.stem[len(other.brand) :]
    if mine == theirs:
        score = brand
    elif not mine or not theirs:
        # 远帆 for 远帆电子 abbreviates only where the legal form is left out too.
        abbreviated = one.parent_form in VAGUE or other.parent_form in VAGUE
        score = brand - (12 if abbreviated else 20)
    else:
        score = brand - round(40 - 0.35 * fuzz.ratio(mine, theirs))
    if NUMBERS.search(one.stem) and NUMBERS.search(other.stem):
        numbers = [[n.translate(DIGITS) for n in NUMBERS.findall(stem)] for stem in (one.stem, other.stem)]
        return score if numbers[0] == numbers[1] else min(score, _NUMBER_MAX)
    return score


def _branch_cap(one: str | None, other: str | None) -> int:
    if one == other:
        return _NEAR_MAX
    if one is None or other is None:
        return _BRANCH_MAX
    # 深圳龙华分公司 may be 龙华分公司, but 深圳分公司 is neither.
    return _NEAR_MAX - _PLACE_MISSING if one.endswith(other) or other.endswith(one) else _BRANCH_MAX


def _likeness_as_written(one: FirmName, other: FirmName) -> int:
    if one.key == other.key:
        return 100 if one.key else 0
    if not one.stem or not other.stem:
        return 0
    score = _stem_likeness(one, other)
    if score <= _BRAND_MAX:
        return max(score, 0)
    gap = _place_gap(one, other)
    cap = _ELSEWHERE_MAX if gap is None else _NEAR_MAX
    score = min(score - (gap or 0) - _form_gap(one, other), cap, _branch_cap(one.branch, other.branch))
    return max(score, 0)


def likeness(one: FirmName, other: FirmName) -> int:
    """How likely two names mean one employer, 0 to 100; symmetric. To be read against SAME and ASK.

    Names without a single character in their key are like nothing, not even each other.
    """
    if not one.key or not other.key:
        return 0
    score = _likeness_as_written(one, other)
    if score == 100 or not (one.former or one.short or other.former or other.short):
        return score
    for mine in (one, *map(read_firm, one.former + one.short)):
        for theirs in (other, *map(read_firm, other.former + other.short)):
            score = max(score, min(_FORMER_MAX, _likeness_as_written(mine, theirs) - _ALIAS))
    return score


def blocks(firm: FirmName) -> frozenset[str]:
    """Blocking keys: firms that share none never reach ASK, so a caller need not compare them.

    Pairs of syllables of the brand, neighbours or one apart: by sound, so that a wrong character of the
    same sound stays in the block; one apart, so that a wrong one in the middle does.
    """
    keys: set[str] = set()
    for brand in (firm.brand, *(read_firm(name).brand for name in firm.former + firm.short)):
        sounds = syllables(brand)
        if len(sounds) == 1:
            keys.update(sounds)
        keys.update(f"{a} {b}" for a, b in pairwise(sounds))
        keys.update(f"{a} {b}" for a, b in zip(sounds, sounds[2:], strict=False))
    keys.discard("")
    return frozenset(keys)
