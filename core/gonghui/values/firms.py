"""Names of firms: taken apart, brought to one spelling, and compared with each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from unicodedata import is_normalized, normalize

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from gonghui.values.names import sort_key

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


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BRANCH_TAILS = _words(
    "分公司 子公司 分厂 分店 分部 分行 支行 分校 分院 分所 分社 分园 分中心 营业部 "
    "营业厅 经营部 门市部 办事处 代表处 项目部 服务部 销售部 事业部 车间 工厂 生产基地 "
    "仓库 食堂 餐厅 店 站"
)
#: Where the parent's name ends. Companies first: in 远帆集团有限公司龙华分公司 it does not end at 集团.
_PARENTS = (
    re.compile(r"(.+?(?<![分子])公司)(.+)"),
    re.compile(r"(.+?(?:合伙）|合伙企业|(?<!分)厂(?![长房家区商])|银行|合作社|集团|事务所|超市))(.+)"),
)
_LOOSE_BRANCH = re.compile(
    r"(.{2,}?)((?:第[一二三四五六七八九十\d]{1,3}|[一-龥]{2,3}[市区县镇]|[一-龥]{2})?"
    r"(?:分公司|分厂|分店|门店|分行|支行|分部))"
)
_BRACKETED_BRANCH = re.compile(r"(.{2,})（([^（）]+)）")

_FORMS = (
    ("股份有限公司", "joint_stock"),
    ("股份公司", "joint_stock"),
    ("有限公司", "limited"),
    ("合伙企业", "partnership"),
    ("公司", "company"),
)
_MARKED_FORM = re.compile(r"(.+?)（?((?:特殊)?普通合伙|有限合伙|个体工商户|个体户|个体|个人独资)）?")
_FORM_OF_MARK = {"个体工商户": "individual", "个体户": "individual", "个体": "individual", "个人独资": "sole"}
#: Words that tell the form and belong to the trade, so the stem keeps them.
_TOLD_FORMS = (
    ("cooperative", ("合作社", "合作联社")),
    (
        "institution",
        _words(
            "学校 小学 中学 大学 学院 幼儿园 医院 卫生院 委员会 居委会 村委会 协会 学会 商会 "
            "基金会 研究院 研究所 街道办事处 人民政府 管理局 监督局 图书馆 博物馆 文化馆 服务中心 "
            "卫生服务中心"
        ),
    ),
    (
        "individual",
        _words("店 商行 经营部 小卖部 餐厅 餐馆 饭馆 酒楼 士多 档口 小吃部 工作室 门市部 商铺"),
    ),
)
#: Forms that say little: 公司, or no form written at all.
_VAGUE = frozenset({"company", "other"})

#: Large cities (and all provinces), known without 省 or 市.
_CITIES = {
    "北京": "",
    "上海": "",
    "天津": "",
    "重庆": "",
    "香港": "",
    "澳门": "",
    "广东": "广州 深圳 东莞 佛山 惠州 珠海 中山 江门 汕头 湛江 肇庆 茂名 揭阳 清远 韶关 梅州 河源 汕尾 阳江 潮州 云浮",
    "江苏": "南京 苏州 无锡 常州 南通 徐州 扬州",
    "浙江": "杭州 宁波 温州 嘉兴 绍兴 金华 台州",
    "山东": "济南 青岛 烟台 潍坊 临沂 淄博",
    "福建": "福州 厦门 泉州 漳州 莆田",
    "湖南": "长沙 株洲 衡阳 岳阳 常德",
    "湖北": "武汉 宜昌 襄阳 荆州",
    "河南": "郑州 洛阳 南阳 许昌",
    "河北": "石家庄 唐山 保定 廊坊",
    "四川": "成都 绵阳 宜宾",
    "安徽": "合肥 芜湖 阜阳",
    "江西": "南昌 赣州 九江",
    "广西": "南宁 柳州 桂林",
    "辽宁": "沈阳 大连",
    "吉林": "长春",
    "黑龙江": "哈尔滨",
    "陕西": "西安",
    "山西": "太原",
    "云南": "昆明",
    "贵州": "贵阳",
    "海南": "海口 三亚",
    "甘肃": "兰州",
    "内蒙古": "呼和浩特 包头",
    "新疆": "乌鲁木齐",
    "宁夏": "银川",
    "青海": "西宁",
    "西藏": "拉萨",
    "台湾": "台北",
}
_PROVINCE_OF = {name: name for name in _CITIES} | {
    city: province for province, cities in _CITIES.items() for city in cities.split()
}
#: 北京路 and 上海滩 are no cities; 市场 and 市政工程 are trades.
_AFTER_KNOWN = re.compile(
    r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|省|市(?!场|民|政工程|政建设))?(?![路滩街])"
)
_ZONE = re.compile(r"(?:国家|高新|经济|技术|产业|工业|综合|保税|自贸|前海){1,4}(?:开发|园|试验|特)?区")
#: Any place by its last character, past the words where that character means something else (超市, 社区, 区块链).
_PLACE = re.compile(
    r"[一-龥]{2,4}?(?:(?<!节)省(?![心电油力级])|(?<![超夜股闹都上])(?<![一-龥]{2}城)市(?![场民值部])"
    r"|(?<![社小景校片园])区(?![块域间位])|县(?!域))|[一-龥]{2,10}?自治[区州县]"
)
_TOWN = re.compile(r"[一-龥]{2,4}?(?:街道|镇|乡)")
_PLACE_TAIL = re.compile(r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|省|市|区|县|街道|镇|乡)$")
_INSIDE = re.compile(r"（([一-龥]{2,7})）")
_WIDE = frozenset({"中国", "全国", "华南", "华东", "华北", "华中", "亚洲", "国际"})
_GROUP = re.compile(r"（集团）|集团$")

#: Two characters with which a trade begins: what stands before is the brand.
_TRADES = frozenset(
    _words(
        "电子 电器 电气 电路 电源 电池 电机 电脑 电讯 电商 电力 科技 技术 实业 贸易 商贸 "
        "物流 餐饮 投资 控股 发展 建设 建筑 建材 工程 装饰 装修 设计 设备 机械 机电 机器 "
        "自动 智能 数码 数字 数据 信息 网络 软件 通信 通讯 光电 光学 半导 精密 五金 塑胶 "
        "塑料 橡胶 模具 包装 印刷 纸品 化工 材料 新材 新能 能源 环保 环境 生物 医药 医疗 "
        "药业 药房 健康 食品 饮食 酒店 宾馆 酒楼 餐厅 饭店 小吃 美食 超市 百货 商店 商行 "
        "商业 便利 服装 服饰 制衣 纺织 皮具 鞋业 玩具 礼品 工艺 首饰 珠宝 家具 家居 家电 "
        "家政 汽车 汽修 运输 货运 快递 供应 仓储 国际 进出 物业 房地 地产 置业 保安 安保 "
        "保洁 清洁 人力 劳务 劳动 管理 咨询 服务 顾问 教育 培训 学校 小学 中学 大学 学院 "
        "幼儿 医院 诊所 文化 传媒 传播 广告 影视 娱乐 体育 旅游 旅行 金融 银行 保险 证券 "
        "基金 资本 担保 律师 会计 税务 企业 集团 制造 加工 工业 产业 农业 园林 绿化 照明 "
        "灯饰 仪器 仪表 检测 理发 美容 美发 经营 专业 合作 电缆 线缆 钟表 眼镜 玻璃 陶瓷"
    )
)
_NUMBERS = re.compile(r"第[一二三四五六七八九十百\d]+|\d+")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789", "第")


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
    if not body.rstrip("）").endswith(_BRANCH_TAILS):
        return body, None
    for pattern in _PARENTS:
        if (match := pattern.fullmatch(body)) and match[2].strip("（）").endswith(_BRANCH_TAILS):
            return match[1], match[2].strip("（）")
    if body.endswith("）") and (match := _BRACKETED_BRANCH.fullmatch(body)):
        return (match[1], match[2]) if match[2].endswith(_BRANCH_TAILS) else (body, None)
    if match := _LOOSE_BRANCH.fullmatch(body):
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
    if name.endswith(("合伙）", "合伙", "户）", "体）", "独资）")) and (
        match := _MARKED_FORM.fullmatch(name)
    ):
        name, form = match[1], _FORM_OF_MARK.get(match[2], "partnership")
    for ending, meant in _FORMS:
        if name.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], form or meant
    for ending, meant in _FORMS[:3]:
        if _misspelt(name, ending):
            return name[: -len(ending)], form or meant
    if not form:
        form = next((meant for meant, endings in _TOLD_FORMS if name.endswith(endings)), "other")
    return name, form


def _known_place(name: str) -> str:
    for length in (2, 3, 4):
        if name[:length] in _PROVINCE_OF:
            match = _AFTER_KNOWN.match(name, length)
            return name[: match.end()] if match else ""
    return ""


def _take_places(name: str) -> tuple[str, list[str]]:
    places: list[str] = []
    while True:
        if place := _known_place(name):
            guessed = False
        else:
            match = _ZONE.match(name) or _PLACE.match(name) or (_TOWN.match(name) if places else None)
            place, guessed = (match[0], True) if match else ("", False)
        rest = name[len(place) :]
        # A guess that leaves only a trade has eaten the brand: 景德镇陶瓷.
        if not place or not rest.strip("（）") or (guessed and (len(rest) < 2 or rest[:2] in _TRADES)):
            return name, places
        places.append(place)
        name = rest


def _take_inner_places(name: str, places: list[str]) -> str:
    for match in _INSIDE.finditer(name):
        inner = match[1]
        if inner in _WIDE or _known_place(inner) == inner or _PLACE.fullmatch(inner):
            rest = name.replace(match[0], "", 1)
            if rest:
                places.append(inner)
                name = rest
    return name


def _brand_of(stem: str) -> str:
    for at in range(2, len(stem)):
        if stem[at : at + 2] in _TRADES or (at == len(stem) - 1 and stem[at] in "厂店"):
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
    name = _GROUP.sub("", name) or name
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
    tail = _PLACE_TAIL.search(place)
    bare = place[: tail.start()] if tail else place
    if province := _PROVINCE_OF.get(bare):
        return bare, "province" if province == bare else "city"
    return bare, "district" if tail and tail[0] in "区县" else "unknown"


def _elsewhere(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> bool:
    for level in ("city", "district"):
        mine = {place for place, at in one if at == level}
        theirs = {place for place, at in other if at == level}
        if mine and theirs and not mine & theirs:
            return True
    mine = {_PROVINCE_OF[place] for place, at in one if at in ("province", "city")}
    theirs = {_PROVINCE_OF[place] for place, at in other if at in ("province", "city")}
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
    vague = one.parent_form in _VAGUE or other.parent_form in _VAGUE
    return gap + (_FORM_MISSING if vague else _FORM_DIFFERS)


def _brand_likeness(one: str, other: str) -> int:
    """Brands have two to four characters, so one that differs makes another brand, unless it sounds the same."""
    if one == other:
        return 100
    shorter, longer = sorted((one, other), key=len)
    if len(one) == len(other) > 1 and sort_key(one) == sort_key(other):
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
        abbreviated = one.parent_form in _VAGUE or other.parent_form in _VAGUE
        score = brand - (12 if abbreviated else 20)
    else:
        score = brand - round(40 - 0.35 * fuzz.ratio(mine, theirs))
    if _NUMBERS.search(one.stem) and _NUMBERS.search(other.stem):
        numbers = [[n.translate(_DIGITS) for n in _NUMBERS.findall(stem)] for stem in (one.stem, other.stem)]
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
        sounds = sort_key(brand).split(" ")
        if len(sounds) == 1:
            keys.update(sounds)
        keys.update(f"{a} {b}" for a, b in pairwise(sounds))
        keys.update(f"{a} {b}" for a, b in zip(sounds, sounds[2:], strict=False))
    keys.discard("")
    return frozenset(keys)
