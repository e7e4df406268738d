"""Words in the names of Chinese firms: places, legal forms, branches, trades."""

from __future__ import annotations

import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BRANCH_TAILS = _words(
    "分公司 子公司 分厂 分店 分部 分行 支行 分校 分院 分所 分社 分园 分中心 营业部 "
    "营业厅 经营部 门市部 办事处 代表处 项目部 服务部 销售部 事业部 车间 工厂 生产基地 "
    "仓库 食堂 餐厅 店 站"
)
#: Where the parent's name ends. Companies first: in 远帆集团有限公司龙华分公司 it does not end at 集团.
PARENTS = (
    re.compile(r"(.+?(?<![分子])公司)(.+)"),
    re.compile(r"(.+?(?:合伙）|合伙企业|(?<!分)厂(?![长房家区商])|银行|合作社|集团|事务所|超市))(.+)"),
)
LOOSE_BRANCH = re.compile(
    r"(.{2,}?)((?:第[一二三四五六七八九十\d]{1,3}|[一-龥]{2,3}[市区县镇]|[一-龥]{2})?"
    r"(?:分公司|分厂|分店|门店|分行|支行|分部))"
)
BRACKETED_BRANCH = re.compile(r"(.{2,})（([^（）]+)）")

FORMS = (
    ("股份有限公司", "joint_stock"),
    ("股份公司", "joint_stock"),
    ("有限公司", "limited"),
    ("合伙企业", "partnership"),
    ("公司", "company"),
)
MARKED_FORM = re.compile(r"(.+?)（?((?:特殊)?普通合伙|有限合伙|个体工商户|个体户|个体|个人独资)）?")
FORM_OF_MARK = {"个体工商户": "individual", "个体户": "individual", "个体": "individual", "个人独资": "sole"}
#: Words that tell the form and belong to the trade, so the stem keeps them.
TOLD_FORMS = (
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
VAGUE = frozenset({"company", "other"})

#: Large cities (and all provinces), known without 省 or 市.
CITIES = {
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
PROVINCE_OF = {name: name for name in CITIES} | {
    city: province for province, cities in CITIES.items() for city in cities.split()
}
#: 北京路 and 上海滩 are no cities; 市场 and 市政工程 are trades.
AFTER_KNOWN = re.compile(
    r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|省|市(?!场|民|政工程|政建设))?(?![路滩街])"
)
ZONE = re.compile(r"(?:国家|高新|经济|技术|产业|工业|综合|保税|自贸|前海){1,4}(?:开发|园|试验|特)?区")
#: Any place by its last character, past the words where that character means something else (超市, 社区, 区块链).
PLACE = re.compile(
    r"[一-龥]{2,4}?(?:(?<!节)省(?![心电油力级])|(?<![超夜股闹都上])(?<![一-龥]{2}城)市(?![场民值部])"
    r"|(?<![社小景校片园])区(?![块域间位])|县(?!域))|[一-龥]{2,10}?自治[区州县]"
)
TOWN = re.compile(r"[一-龥]{2,4}?(?:街道|镇|乡)")
PLACE_TAIL = re.compile(r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|省|市|区|县|街道|镇|乡)$")
INSIDE = re.compile(r"（([一-龥]{2,7})）")
WIDE = frozenset({"中国", "全国", "华南", "华东", "华北", "华中", "亚洲", "国际"})
GROUP = re.compile(r"（集团）|集团$")

#: Two characters with which a trade begins: what stands before is the brand.
TRADES = frozenset(
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
NUMBERS = re.compile(r"第[一二三四五六七八九十百\d]+|\d+")
DIGITS = str.maketrans("一二三四五六七八九", "123456789", "第")
