"""Made-up people for the sample district and for tests: numbers that no real person can have (domain §13.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from stdnum.cn import ric

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲飞鑫波斌宇浩凯健俊帆雪"

_FIRST_BORN, _DAYS = date(1965, 1, 1), 14_600
_SERIALS = 499


def demo_id_number(serial: int, *, male: bool, born_on: date | None = None) -> str:
    """An identity number of province 99, which does not exist, with the right check digit.

    Different serials give different numbers, up to some billions of them.
    """
    division, rest = divmod(serial, _SERIALS * (_DAYS if born_on is None else 1))
    days, order = divmod(rest, _SERIALS)
    day = born_on or _FIRST_BORN + timedelta(days=days)
    body = f"99{division % 10_000:04d}{day:%Y%m%d}{2 * order + male:03d}"
    return body + ric.calc_check_digit(body + "0")


def demo_phone(serial: int) -> str:
    """A mobile number of the range 120, which is not issued."""
    return f"120{serial % 100_000_000:08d}"


def demo_names(chance: Random) -> Iterator[str]:
    """Names drawn from lists, without end."""
    while True:
        yield chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
