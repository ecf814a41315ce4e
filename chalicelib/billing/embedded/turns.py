"""Whose turn it is: the calendar's days come first, then what the subscriber asks for."""

from datetime import date

from chalicelib.billing.embedded.books import Books, Decide
from chalicelib.billing.embedded.calendar import next_step, step_due
from chalicelib.billing.embedded.standing import Line, Standing
from chalicelib.billing.embedded.steps import Step
from chalicelib.errors import NotFound, Rejected


class _CalendarFirst(Exception):
    """The days so far are not done."""


def run_calendar(books: Books, account: str) -> int:
    """Take every step that is due; how many. A query and a transaction a step; a query if there is none."""
    taken = 0
    while (step := books.change(account, lambda standing: step_due(standing, books.today()))) is not None:
        taken += 1
        if step_due(step.standing, books.today()) is None:
            break
    return taken


def caught_up(standing: Standing, today: date) -> Standing:
    """As it stands once the calendar has done what it owes by today, whether or not it has come to it. Pure."""
    while (step := step_due(standing, today)) is not None:
        standing = step.standing
    return standing


def change(books: Books, account: str, decide: Decide) -> None:
    """``Books.change`` on an account whose days so far are done: a click at midnight waits for the opening."""

    def in_turn(standing: Standing) -> Step | None:
        if step_due(standing, books.today()) is not None:
            raise _CalendarFirst
        if next_step(standing, books.today()) is not None:
            # a block that is held back: the day has to be paid for before anything else is decided
            raise Rejected("debt")
        return decide(standing)

    while True:
        try:
            books.change(account, in_turn)
            return
        except _CalendarFirst:
            run_calendar(books, account)


def line_of(standing: Standing, service: str) -> Line:
    """:raises NotFound: no such service."""
    line = standing.line(service)
    if line is None:
        raise NotFound(f"service {service}")
    return line
