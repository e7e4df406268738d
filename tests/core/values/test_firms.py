"""Names of firms: which spellings are one name, which pairs a person is asked about, which are two firms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui.values.firms import ASK, SAME, FirmName, blocks, likeness, read_firm, same_key

YUANFAN = "深圳市远帆电子有限公司"

# one, other, lowest and highest score
PAIRS = [
    # One name, written differently
    (YUANFAN, YUANFAN, 100, 100),
    (YUANFAN, "深圳市远帆电子有限责任公司", 100, 100),
    (YUANFAN, " 深圳市 远帆电子　有限公司 ", 100, 100),
    (YUANFAN, "深圳市远帆电子有限公司（原：深圳市启明电子有限公司）", 100, 100),
    ("远帆电子（深圳）有限公司", "远帆电子(深圳)有限公司", 100, 100),
    ("远帆电子（深圳）有限公司", "远帆电子【深圳】有限责任公司", 100, 100),
    ("ＡＢＣ科技（深圳）有限公司", "abc科技(深圳)有限公司", 100, 100),
    ("深圳市远帆电子有限公司龙华分公司", "深圳市远帆电子有限公司（龙华分公司）", 100, 100),
    ("龙华远帆投资合伙企业（有限合伙）", "龙华远帆投资合伙企业(有限合伙)", 100, 100),
    # Former names and stated abbreviations
    ("深圳市恒信电子有限公司（原：深圳市远帆电子有限公司）", YUANFAN, 95, 95),
    ("深圳市恒信电子有限公司（曾用名：深圳市远帆电子有限公司）", YUANFAN, 95, 95),
    ("深圳市恒信电子有限公司(原名:深圳市远帆电子有限责任公司)", YUANFAN, 95, 95),
    ("深圳市恒信电子有限公司（原深圳市远帆电子有限公司）", YUANFAN, 95, 95),
    ("深圳市恒信电子有限公司（曾用名：深圳市百川实业有限公司、深圳市远帆电子有限公司）", YUANFAN, 95, 95),
    ("恒信电子有限公司（原：远帆电子（深圳）有限公司）", "远帆电子（深圳）有限公司", 95, 95),
    ("深圳市恒信电子有限公司（原：远帆电子有限公司）", YUANFAN, ASK, 94),
    ("深圳市远帆电子有限公司（简称：远帆电子）", "远帆电子", ASK, 95),
    (
        "深圳市恒信电子有限公司（原：深圳市远帆电子有限公司）龙华分公司",
        "深圳市远帆电子有限公司龙华分公司",
        95,
        95,
    ),
    ("深圳市恒信电子有限公司（原：深圳市远帆电子有限公司）龙华分公司", YUANFAN, 40, 70),
    # Place prefix
    (YUANFAN, "远帆电子有限公司", 88, 92),
    (YUANFAN, "广东省深圳市远帆电子有限公司", 88, 92),
    (YUANFAN, "深圳市龙华区远帆电子有限公司", 88, 92),
    (YUANFAN, "深圳远帆电子有限公司", 90, 95),
    (YUANFAN, "远帆电子（深圳）有限公司", 85, 95),
    (YUANFAN, "广东远帆电子有限公司", ASK, 85),
    (YUANFAN, "深圳龙华远帆电子有限公司", ASK, 90),
    (YUANFAN, "东莞市远帆电子有限公司", 40, 70),
    (YUANFAN, "湖南远帆电子有限公司", 40, 70),
    ("深圳市龙华区老王小吃店", "深圳市南山区老王小吃店", 40, 70),
    # Legal form and group
    (YUANFAN, "深圳市远帆电子股份有限公司", 83, 87),
    (YUANFAN, "深圳市远帆电子公司", ASK, 94),
    (YUANFAN, "深圳市远帆电子集团有限公司", ASK, 90),
    (YUANFAN, "深圳市远帆电子（集团）有限公司", ASK, 90),
    (YUANFAN, "深圳市远帆电子厂", ASK, 90),
    ("深圳市远帆投资有限公司", "深圳市远帆投资合伙企业（有限合伙）", 80, 87),
    # Abbreviations
    (YUANFAN, "远帆电子", ASK, 90),
    (YUANFAN, "深圳远帆", ASK, 90),
    ("深圳市远帆精密电子科技有限公司", "远帆精密电子", ASK - 10, 90),
    # Branches
    (YUANFAN, "深圳市远帆电子有限公司龙华分公司", 60, 70),
    (YUANFAN, "深圳市远帆电子有限公司第一分厂", 60, 70),
    ("远帆玩具厂", "远帆玩具厂第一分厂", 50, 70),
    ("深圳市老王餐饮有限公司", "深圳市老王餐饮有限公司民治门店", 60, 70),
    ("远帆实业公司", "远帆实业公司深圳分公司", 60, 70),
    ("远帆电子有限公司深圳分公司", "远帆电子有限公司龙华分公司", 60, 70),
    ("远帆电子有限公司深圳分公司", "远帆电子有限公司深圳龙华分公司", 60, 70),
    ("远帆电子有限公司深圳龙华分公司", "远帆电子有限公司龙华分公司", ASK, 94),
    ("远帆电子有限公司龙华分公司", "远帆电子股份有限公司龙华分公司", ASK, 87),
    # Typos
    (YUANFAN, "深圳市远凡电子有限公司", 83, 94),
    (YUANFAN, "深圳市远帆电于有限公司", ASK, 94),
    (YUANFAN, "深圳市远帆电子有限公同", ASK, 94),
    ("深圳市恒信达电子有限公司", "深圳市恒倍达电子有限公司", ASK, 94),
    ("深圳市金色年华餐饮有限公司", "深圳市金色年画餐饮有限公司", ASK, 94),
    # Different brands under the same trade, and one brand in two trades
    (YUANFAN, "深圳市恒信电子有限公司", 0, 40),
    (YUANFAN, "深圳市远航电子有限公司", 0, 59),
    (YUANFAN, "深圳市帆远电子有限公司", 0, 59),
    ("深圳市恒信达物流有限公司", "深圳市顺通源物流有限公司", 0, 40),
    ("深圳市龙华区百味餐饮管理有限公司", "深圳市龙华区千寻餐饮管理有限公司", 0, 40),
    ("广东省深圳市鸿运国际贸易股份有限公司", "广东省深圳市瑞丰国际贸易股份有限公司", 0, 40),
    (YUANFAN, "深圳市远帆餐饮有限公司", 40, ASK - 1),
    ("深圳市龙华区第一小学", "深圳市龙华区第二小学", 0, 60),
    ("深圳市龙华区第三实验小学", "深圳市龙华区第3实验小学", ASK, 94),
]


@pytest.mark.parametrize(("one", "other", "lowest", "highest"), PAIRS)
def test_a_pair_of_names_scores_where_it_belongs(one: str, other: str, lowest: int, highest: int) -> None:
    assert lowest <= likeness(read_firm(one), read_firm(other)) <= highest


@pytest.mark.parametrize(("one", "other", "lowest", "highest"), PAIRS)
def test_only_one_key_is_taken_without_asking(one: str, other: str, lowest: int, highest: int) -> None:
    taken = likeness(read_firm(one), read_firm(other)) >= SAME
    assert taken == (same_key(one) == same_key(other)) == (lowest == 100)


@pytest.mark.parametrize(("one", "other", "lowest", "highest"), PAIRS)
def test_what_a_person_is_asked_about_shares_a_block(one: str, other: str, lowest: int, highest: int) -> None:
    if lowest >= ASK:
        assert blocks(read_firm(one)) & blocks(read_firm(other))


def test_unrelated_brands_share_no_block() -> None:
    assert not blocks(read_firm(YUANFAN)) & blocks(read_firm("深圳市恒信电子有限公司"))


@pytest.mark.parametrize(
    ("text", "places", "stem", "form", "branch"),
    [
        (YUANFAN, ("深圳市",), "远帆电子", "limited", None),
        ("广东省深圳市龙华区远帆电子有限公司", ("广东省", "深圳市", "龙华区"), "远帆电子", "limited", None),
        ("广西壮族自治区南宁市远帆糖业有限公司", ("广西壮族自治区", "南宁市"), "远帆糖业", "limited", None),
        ("深圳龙华区远帆电子集团股份有限公司", ("深圳", "龙华区"), "远帆电子", "joint_stock", None),
        ("远帆电子（中国）有限公司", ("中国",), "远帆电子", "limited", None),
        (
            "深圳市远帆电子有限公司龙华分公司",
            ("深圳市",),
            "远帆电子",
            "branch_office",
            "龙华分公司",
        ),
        (
            "远帆集团有限公司深圳分公司龙华营业部",
            (),
            "远帆",
            "branch_office",
            "深圳分公司龙华营业部",
        ),
        ("远帆电子龙华分公司", (), "远帆电子", "branch_office", "龙华分公司"),
        ("深圳远帆银行龙华支行", ("深圳",), "远帆银行", "branch_office", "龙华支行"),
        ("百佳超市（龙华店）", (), "百佳超市", "branch_office", "龙华店"),
        ("远帆投资合伙企业（有限合伙）", (), "远帆投资", "partnership", None),
        ("正衡律师事务所（特殊普通合伙）", (), "正衡律师事务所", "partnership", None),
        ("深圳市龙华区老王小吃店（个体工商户）", ("深圳市", "龙华区"), "老王小吃店", "individual", None),
        ("深圳市龙华区第三实验小学", ("深圳市", "龙华区"), "第三实验小学", "institution", None),
        ("老王果蔬农民专业合作社", (), "老王果蔬农民专业合作社", "cooperative", None),
        ("百佳超市有限公司", (), "百佳超市", "limited", None),
        ("北京路书业有限公司", (), "北京路书业", "limited", None),
        ("远帆社区服务有限公司", (), "远帆社区服务", "limited", None),
        ("远帆城市建设有限公司", (), "远帆城市建设", "limited", None),
        ("远帆区块链科技有限公司", (), "远帆区块链科技", "limited", None),
        ("老厂长饭店", (), "老厂长饭店", "individual", None),
    ],
)
def test_a_name_is_taken_apart(
    text: str, places: tuple[str, ...], stem: str, form: str, branch: str | None
) -> None:
    firm = read_firm(text)
    assert (firm.places, firm.stem, firm.form, firm.branch) == (places, stem, form, branch)


def test_former_names_and_abbreviations_leave_the_name() -> None:
    firm = read_firm("远帆电子有限公司（曾用名：恒信电子有限公司、百川（深圳）公司）(简称:远帆)")
    assert firm.former == ("恒信电子有限公司", "百川（深圳）公司")
    assert firm.short == ("远帆",)
    assert firm.key == same_key("远帆电子有限公司")


def test_a_bracket_that_begins_like_a_former_name_stays() -> None:
    assert read_firm("远帆（原生态）食品有限公司").former == ()
    assert "原生态" in same_key("远帆（原生态）食品有限公司")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (YUANFAN, "深圳市远帆电子有限公司龙华分公司"),
        (YUANFAN, "深圳市远帆电子股份有限公司"),
        (YUANFAN, "深圳市远帆电子集团有限公司"),
        (YUANFAN, "深圳远帆电子有限公司"),
    ],
)
def test_what_may_be_another_employer_has_another_key(one: str, other: str) -> None:
    assert same_key(one) != same_key(other)


def test_names_without_content_are_like_nothing() -> None:
    for text in ("", " ", "（）"):
        assert likeness(read_firm(text), read_firm(text)) == 0
        assert not blocks(read_firm(text))


# --- properties

_WORDS = (
    "深圳市 深圳 广东省 龙华区 龙华 远帆 远凡 恒信达 ABC 电子 科技 餐饮 集团 （ ） （深圳） 有限公司 "
    "有限责任公司 股份有限公司 （有限合伙） 龙华分公司 第一分厂 店 厂 （原：远帆公司） （曾用名：恒信达、远凡） "
    "（简称：远帆） 原 "
)
_PARTS = st.sampled_from(_WORDS.split())
_FIRMS = st.lists(_PARTS, max_size=8).map("".join)
_TEXTS = _FIRMS | st.text(max_size=20)


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@given(_TEXTS, _TEXTS)
def test_likeness_is_symmetric_and_within_bounds(one: str, other: str) -> None:
    first, second = read_firm(one), read_firm(other)
    assert likeness(first, second) == likeness(second, first)
    assert 0 <= likeness(first, second) <= 100


@given(_TEXTS, _TEXTS)
def test_only_names_under_one_key_reach_same(one: str, other: str) -> None:
    if likeness(read_firm(one), read_firm(other)) >= SAME:
        assert same_key(one) == same_key(other)


@given(_TEXTS, _TEXTS)
def test_firms_without_a_common_block_are_never_asked_about(one: str, other: str) -> None:
    first, second = read_firm(one), read_firm(other)
    if ASK <= likeness(first, second) < SAME:
        assert blocks(first) & blocks(second)


@given(_TEXTS)
def test_a_name_is_like_itself(text: str) -> None:
    firm = read_firm(text)
    assert likeness(firm, firm) == (100 if firm.key else 0)


@given(_TEXTS)
def test_reading_what_was_read_changes_nothing(text: str) -> None:
    firm = read_firm(text)
    again: FirmName = read_firm(firm.full)
    assert again == firm


@given(_FIRMS)
def test_width_brackets_and_spaces_do_not_matter(text: str) -> None:
    half = text.replace("（", "(").replace("）", ")").replace("：", ":")
    for spelling in (half, _wide(half), " ".join(half), half.replace("(", "【").replace(")", "】")):
        assert read_firm(spelling) == read_firm(half)
        assert same_key(spelling) == same_key(text)
