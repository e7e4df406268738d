"""The chapters of a newcomer's story, told by people with any hands: from the switch to the trail."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import expect
from tests.browser.hands import Keys
from tests.browser.newcomers import Person, Slip
from tests.browser.registers import EXPECTED, PATIENCE, SAMPLES, planted, shown

from gonghui.i18n import Text

PLUGIN = "建会入会"
FIRM = "深圳市示例精工有限公司"
UNION = f"{FIRM}工会委员会"
COMMUNITY, STREET, DISTRICT = "新田社区工联会", "观湖街道总工会", "新区总工会"
#: Officers of three levels, from below: role, unit and name.
OFFICES = (
    ("社区工会干部", COMMUNITY, "李示例"),
    ("街道工会干部", STREET, "钱示例"),
    ("区总工会干部", DISTRICT, "赵示例"),
)
PASSWORD = "a-long-and-quiet-morning"
PAPERS = (
    "建会请示", "会员名册", "筹备组通知", "会议记录", "会议签到", "选票统计", "选举结果报告", "主席身份证复印件",
    "单位营业执照复印件",
)  # fmt: skip
_FOUNDING = (
    ("工会名称", UNION),
    ("主席姓名", "样示例"),
    ("职工人数", "48"),
    ("会员人数", "40"),
    ("告知单位的日期", "2024-05-06"),
    ("筹备组人数", "3"),
    ("单位名称", FIRM),
    ("选举日期", "2024-06-12"),
    ("任期（年）", "5"),
    ("委员人数", "3"),
)
#: Notices come by a worker, a moment after the step that they tell of.
_IS_TOLD = "async () => (await (await fetch('/api/v1/me/notifications/summary')).json()).unread > 0"
_ID_NUMBER = re.compile(r"^\s*\d{17}[\dX]\s*$")
COMMENT = "会议记录缺少签名页，请补齐后再报。"
REASON = "核对入会登记表上的号码"


@dataclass(frozen=True)
class Register:
    """A sample, and what is said of it."""

    code: str
    title: str
    sheet: str
    counted: str
    #: A row that is put right in place: its number, the label of its cell, and what belongs there.
    row: int
    cell: str
    right: str


UNIONS = Register("unions", "基层工会名册", "基层工会名册", "新增工会 {n} 个", 21, "任期(年)", "5")
MEMBERS = Register("members", "会员名册", "会员信息", "新增会员 {n} 人", 130, "手机号码", "13800000130")


def switch_organising_on(admin: Person) -> None:
    """The newcomer's desk leads to the plugins; before the switch is turned, the page says what follows."""
    admin.look("an empty federation")
    admin.follow("启用插件")
    admin.look("plugins, none on")
    admin.follow(PLUGIN)
    admin.look("a plugin that is off")
    admin.follow("启用…")
    expect(admin.content).to_contain_text(admin.say("将有的内容"))
    admin.look("what a switch would bring")
    admin.press("启用插件")
    expect(admin.content.get_by_role("status")).to_contain_text(admin.say("接下来："))
    admin.look("a plugin that was switched on")


def bring_in(admin: Person, register: Register) -> None:
    """A sample goes through the wizard: every fault at its cell, one put right in place, the good rows in."""
    page = admin.page
    admin.turn_to("导入名册")
    admin.follow("导入新名册")
    admin.look("which register")
    admin.follow(register.title)
    admin.look("a register to be uploaded")
    admin.upload("名册文件", SAMPLES / EXPECTED[register.code]["file"])
    admin.press("上传")
    admin.look("columns of a register")
    admin.press("检查")
    _watch_progress(admin)
    found = shown(page)
    assert found == planted(register.code), found
    expect(admin.content.get_by_text(f"{admin.say('工作表')} {register.sheet}").first).to_be_visible()
    admin.look(f"faults of {register.code}")
    _put_right(admin, register)
    admin.press("导入")
    _watch_progress(admin)
    good = EXPECTED[register.code]["good"] + 1
    told = admin.say(register.counted, n=f"{good:,}")
    expect(page.locator(".notice-green")).to_contain_text(told, timeout=PATIENCE)
    admin.look("a register that is in")


def _watch_progress(admin: Person) -> None:
    """What a worker does says how far it is, until the page shows what came of it."""
    bar = admin.page.locator("#progress")
    if bar.count():
        expect(bar).to_contain_text(admin.say("行"))
        expect(bar).to_have_count(0, timeout=PATIENCE)
    expect(admin.page.locator("#counts")).to_be_visible(timeout=PATIENCE)


def _put_right(admin: Person, register: Register) -> None:
    wrong = admin.page.locator(f"#row-{register.row}")
    admin.fill(register.cell, register.right, wrong)
    admin.hands.press(wrong.get_by_role("button"))
    expect(wrong).to_contain_text(admin.say("已改好"))
    left = len(EXPECTED[register.code]["faulty"]) - 1
    expect(admin.page.locator("#counts")).to_contain_text(str(left))


def invite(admin: Person, role: str, unit: str, name: str) -> Slip:
    """An account for somebody, and the slip that they are given."""
    admin.turn_to("人员与权限")
    admin.follow("邀请")
    admin.look("invite")
    admin.choose("角色", role)
    admin.fill("共同的组织", unit)
    admin.fill("名单", name)
    admin.press("核对名单")
    admin.look("invite, to be confirmed")
    admin.press("开账号并打印")
    admin.look("a sheet of codes")
    login, code = admin.page.locator(".slip .code").all_inner_texts()
    return Slip(login, code)


def arrive(person: Person, slip: Slip) -> None:
    """Somebody with a slip chooses a password and signs in."""
    person.page.goto("/sign-in")
    person.follow("第一次登录")
    person.look("/welcome")
    person.fill("登录名", slip.login)
    person.fill("一次性码", slip.code)
    person.fill("新密码", PASSWORD)
    person.fill("再填一次", PASSWORD)
    person.press("设好密码")
    person.look("/welcome, done")
    person.follow("去登录")
    person.sign_in(slip.login, PASSWORD)


def read_the_keys(admin: Person) -> None:
    """The dialog that tells the keys takes the focus and gives it back."""
    assert isinstance(admin.hands, Keys)
    admin.turn_to("人员与权限")
    came_from = admin.content.get_by_role("link", name=admin.say("邀请"), exact=True)
    admin.hands.try_dialog("?", admin.page.locator("#keys"), came_from)


def draft_a_founding(officer: Person) -> None:
    """Whoever works at the community drafts a founding; one paper is forgotten."""
    officer.turn_to("基层工会")
    officer.look("unions of a community")
    officer.follow("新建")
    officer.look("a founding to be written")
    for label, text in _FOUNDING:
        officer.fill(label, text)
    officer.choose("建会类型", "独立建会")
    officer.choose("候选人中没有主要负责人的近亲属", "是")
    for number, paper in enumerate(PAPERS[:-1]):
        add_paper(officer, number, paper)
    officer.press("保存")
    officer.look("a founding in draft")


def add_paper(officer: Person, number: int, paper: str) -> None:
    """A further line of papers, the first of which stands there anyway."""
    papers = officer.page.locator("#papers")
    if number:
        officer.press("加一行", papers)
    officer.hands.choose(papers.locator(f"[id='papers.{number}.kind']"), officer.say(paper))


def submit_once_it_is_whole(officer: Person) -> None:
    """The page says what is missing and leads to where it is added; then the founding goes to the union above."""
    officer.follow("报送")
    officer.look("a founding to be submitted")
    officer.press("报送")
    alert = officer.page.get_by_role("alert")
    expect(alert).to_contain_text(officer.say(PAPERS[-1]))
    officer.look("what a founding still lacks")
    officer.follow("去修改", alert)
    add_paper(officer, len(PAPERS) - 1, PAPERS[-1])
    officer.press("保存")
    submit(officer)
    officer.look("a founding that was submitted")


def submit(officer: Person) -> None:
    """The founding, whose page is open, goes to the union above."""
    officer.follow("报送")
    officer.press("报送")
    stands(officer, "已报送")


def stands(person: Person, state: str) -> None:
    """The record that is open is in this state."""
    expect(person.content.locator(".record-head .state")).to_have_text(person.say(state))


def open_from_notices(person: Person) -> None:
    """A notice leads to the founding, and is read by that."""
    unread = person.page.locator(".head .count")
    person.page.wait_for_function(_IS_TOLD, polling=500)
    person.turn_to("通知")
    person.look("notices")
    person.open(UNION, "通知")
    expect(unread).to_have_count(0)


def give_back(street: Person) -> None:
    """The street returns the founding, and says what is missing."""
    street.look("a founding that waits for the street")
    street.unfold("办理")
    street.follow("退回补正")
    street.look("a founding to be returned")
    street.fill("理由", COMMENT)
    street.press("退回补正")
    stands(street, "退回补正")
    street.look("a founding that was returned")


def correct(officer: Person) -> None:
    """What was returned is put right by whoever sent it, and sent again."""
    expect(officer.content).to_contain_text(COMMENT)
    officer.look("a founding with what has to be corrected")
    officer.follow("修改")
    officer.fill("会员人数", "41")
    officer.press("保存")
    submit(officer)


def approve(upper: Person) -> None:
    """The union above approves, having looked it up."""
    upper.search(UNION)
    upper.look("found by search")
    upper.open(UNION, "基层工会")
    upper.follow("批准")
    upper.fill("批复文号", "示工复〔2026〕8号")
    upper.fill("批复写明的任期", "5")
    upper.look("an approval to be given")
    upper.press("批准")
    stands(upper, "已批准")
    upper.look("a founding that was approved")


def register_seal(officer: Person) -> None:
    """The last that is expected of the union: its seal."""
    officer.follow("登记印章和银行账户")
    officer.fill("刻制公章的日期", officer.today)
    officer.press("登记印章和银行账户")
    stands(officer, "已批准")
    expect(officer.content).to_contain_text(officer.say("刻制公章的日期"))
    officer.look("a union with its seal")


def see_overdue_re_elections(street: Person) -> None:
    """The list of re-elections tells whose term is over, and since when."""
    street.turn_to("换届")
    street.look("re-elections")
    street.follow("已逾期")
    rows = street.content.locator("tbody tr")
    expect(rows.first.locator(".due-late")).to_be_visible()
    assert rows.count() == street.content.locator("tbody .due-late").count()
    street.look("overdue re-elections")
    street.open_first_row()
    street.look("an overdue re-election")


def open_an_id_number(street: Person) -> str:
    """An ID number is opened with a reason, for half a minute; whose it was."""
    street.turn_to("会员")
    street.look("members")
    street.open_first_row()
    name = street.content.locator("h1").inner_text()
    masked = (
        street.content.locator("dd", has=street.page.locator("details.reveal")).filter(has_text="*").first
    )
    street.look("a member with masks")
    street.hands.press(masked.locator("summary"))
    box = masked.get_by_label(street.say("查看理由"))
    street.hands.fill(box, REASON)
    street.press("查看", masked)
    expect(street.content.locator(".opened")).to_have_text(_ID_NUMBER)
    street.look("an ID number that was opened")
    return name


def find_the_opening(admin: Person) -> None:
    """The trail tells who opened what, and why."""
    admin.turn_to("审计记录")
    admin.look("the trail")
    admin.choose("动作", "查看{what}的完整号码", what=Text("会员"))
    admin.press("查找")
    admin.look("the trail, openings")
    admin.open_first_row()
    expect(admin.content).to_contain_text(REASON)
    admin.look("an opening in the trail")
