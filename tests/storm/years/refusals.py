"""What may happen around one period when the bank refuses, or nobody says what has become of a charge."""

from tests.storm.years.life import Life


def a_decline(life: Life) -> None:
    life.behaves("no_funds")
    life.announced()
    life.go(3, 13)
    life.says("autopay_declined")
    life.behaves("good")
    life.charge(life.lacks, days=2)


def declines_to_the_end(life: Life) -> None:
    _declined_to_the_end(life, "no_funds")
    life.by_hand(life.lacks, days=1, hour=23)
    life.is_open()


def declines_and_a_block(life: Life) -> None:
    lacked = _declined_to_the_end(life, "no_funds")
    life.is_blocked()
    life.by_hand(lacked, days=-2)


def an_expired_card(life: Life) -> None:
    """Robokassa gives no reason, so there it is a decline like any other."""
    if life.gateway == "robokassa":
        _declined_to_the_end(life, "expired")
    else:
        life.behaves("expired")
        life.announced()
        life.go(3)
        life.says("autopay_stopped")
        life.connect(days=2)
        life.not_charged("failed")
    life.by_hand(life.lacks, days=1, hour=23)


def _declined_to_the_end(life: Life, state: str) -> int:
    life.behaves(state)
    announced = life.announced()
    # a try is not over before the company was asked about it
    life.not_charged("failed", hour=22)
    life.says("autopay_declined", "autopay_failed")
    life.behaves("good")
    return announced


def silence_and_then_money(life: Life) -> None:
    life.behaves("pending")
    lacked = life.announced()
    life.go(2, 14)
    life.behaves("good")
    life.charge(lacked, days=2, hour=16, sent=3)


def silence_to_the_first_day(life: Life) -> None:
    """Nobody is blocked on a day of which nobody knows whether it is paid for."""
    life.behaves("pending")
    lacked = life.announced()
    life.says("autopay_unknown")
    life.held = life.start
    life.go(0, 9)
    assert life.shop.balance("100203") == life.plain.balance
    life.behaves("good")
    life.charge(lacked, days=0, hour=10, sent=3)
    life.is_open()


def silence_and_then_a_decline(life: Life) -> None:
    life.behaves("pending")
    life.announced()
    life.go(3, 14)
    life.behaves("no_funds")
    life.go(3, 18)
    life.says("autopay_declined")
    life.behaves("good")
    life.charge(life.lacks, days=2)


def a_decline_after_the_plea_to_pay_by_hand(life: Life) -> None:
    """It was said that nothing is charged any more, so nothing is."""
    life.behaves("no_funds")
    life.announced()
    life.go(1, 8)
    life.behaves("pending")
    life.go(1, 12)
    life.behaves("no_funds")
    life.go(1, 15)
    life.behaves("good")
    life.not_charged("failed", hour=22)
    life.says("autopay_declined", "autopay_unknown", "autopay_failed")
    life.by_hand(life.lacks, days=1, hour=23)


def silence_for_good(life: Life) -> None:
    """It was asked to pay by hand, and did; days later the company says that there was no money."""
    life.behaves("pending")
    life.announced()
    life.says("autopay_unknown")
    life.by_hand(life.lacks, days=1, hour=15)
    life.is_open()
    life.ends = "unknown"
    life.go(-4)
    life.behaves("no_funds")
    life.behaves("good")


def a_withdrawal_in_flight(life: Life) -> None:
    """What is paid after all goes back; the period is paid by hand."""
    life.behaves("pending")
    life.announced()
    life.disconnect(days=3)
    life.go(2, 14)
    life.behaves("good")
    life.says("autopay_charged")
    life.not_charged("charged")
    life.by_hand(life.lacks, days=1, hour=22)
    life.connect(days=-3)
