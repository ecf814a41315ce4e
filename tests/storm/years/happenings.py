"""What may happen around one period while its charges are paid at once."""

from collections.abc import Callable

from tests.storm.years.life import FEES, Life

Event = Callable[[Life], None]


def nothing(life: Life) -> None:
    life.announced()
    life.charge(life.lacks)


def a_payment_in_between(life: Life) -> None:
    life.announced()
    life.by_hand(123_45, days=5)
    life.charge(life.lacks)


def a_payment_of_all_of_it(life: Life) -> None:
    life.by_hand(life.announced(), days=5)
    life.not_charged("covered")


def calls_that_are_paid_by_hand(life: Life) -> None:
    announced = life.announced()
    life.calls_abroad(70_07, days=5)
    life.charge(announced)
    life.says("autopay_short")
    life.by_hand(70_07, days=2)


def calls_that_are_not_paid(life: Life) -> None:
    """Blocked for the sake of them; when they are paid the rest of the period is."""
    announced = life.announced()
    life.calls_abroad(70_07, days=5)
    life.charge(announced)
    life.says("autopay_short")
    life.is_blocked()
    life.by_hand(70_07, days=-2)


def a_cheaper_tariff_after_the_notice(life: Life) -> None:
    life.announced()
    life.tariff(_near(life, -1), days=5)
    life.charge(life.lacks)


def a_dearer_tariff_after_the_notice(life: Life) -> None:
    announced = life.announced()
    life.tariff(_near(life, 1), days=5)
    life.charge(announced)
    life.says("autopay_short")
    life.go(1)
    life.by_hand(life.lacks, days=1)


def a_dearer_tariff_that_is_not_paid(life: Life) -> None:
    """It is dropped, and the old one goes on."""
    announced = life.announced()
    life.tariff("t500", days=5)
    life.charge(announced)
    life.says("autopay_short")
    life.is_open()


def a_tariff_planned_before_the_notice(life: Life) -> None:
    life.tariff("t100" if life.plain.fees["internet"] == FEES["t300"] else "t300", days=9)
    life.announced()
    life.charge(life.lacks)


def a_suspension_across_the_first_day(life: Life) -> None:
    life.go(9, 12)
    life.suspend(1, -8)
    life.announced()
    life.charge(life.lacks)
    life.is_open()


def a_suspension_of_the_whole_period(life: Life) -> None:
    life.go(9, 12)
    life.suspend(0, (life.start - life.after).days + 1)
    life.announced()
    life.charge(life.lacks)
    life.is_open()


def a_skip_after_the_notice(life: Life) -> None:
    life.announced()
    life.skip(days=5)
    life.not_charged("skipped")
    life.by_hand(life.lacks, days=1, hour=22)


def a_skip_before_the_notice(life: Life) -> None:
    life.skip(days=9)
    life.not_charged("skipped")
    life.by_hand(life.lacks, days=-1)


def a_cap_that_is_raised(life: Life) -> None:
    """Announced at half past noon, hence charged 72 hours later."""
    life.cap(100_00, days=9)
    life.go(7)
    life.says("autopay_above_cap")
    life.cap(3000_00, days=6)
    life.announced(days=6, hour=13)
    life.charge(life.lacks, hour=13)


def a_cap_that_is_raised_late(life: Life) -> None:
    """Announced at noon of the fourth day before, hence charged at noon of the last one."""
    life.cap(100_00, days=9)
    life.says("autopay_above_cap")
    life.cap(3000_00, days=4)
    life.announced(days=4, hour=13, charge=1)
    life.charge(life.lacks, days=1, hour=13)


def a_cap_lowered_after_the_notice(life: Life) -> None:
    life.announced()
    life.cap(100_00, days=5)
    life.not_charged("above_cap")
    life.says("autopay_above_cap")
    life.by_hand(life.lacks, days=1, hour=22)
    life.cap(3000_00, days=-2)


def another_card_after_the_notice(life: Life) -> None:
    life.announced()
    life.connect(days=5)
    life.charge(life.lacks)


def a_withdrawal_until_the_next_period(life: Life) -> None:
    life.announced()
    life.disconnect(days=5)
    life.not_charged("announced")
    life.by_hand(life.lacks, days=1, hour=22)
    life.connect(days=-3)


def a_withdrawal_for_some_hours(life: Life) -> None:
    """The new consent has a notice of its own, on the fifth day before at a quarter to four."""
    life.announced()
    life.disconnect(days=5)
    life.connect(days=5, hour=15)
    life.announced(days=5, hour=16, charge=2)
    life.charge(life.lacks, days=2, hour=16)


def a_notice_that_nobody_takes_for_most_of_a_day(life: Life) -> None:
    life.go(7, 9)
    with life.out_of_reach("smsc"):
        life.go(6, 6)
    life.announced(days=6)
    life.charge(life.lacks)


def _near(life: Life, steps: int) -> str:
    """The tariff that costs more or less by so many steps."""
    ids = sorted(FEES, key=lambda id: FEES[id])
    return ids[[FEES[id] for id in ids].index(life.plain.fees["internet"]) + steps]
