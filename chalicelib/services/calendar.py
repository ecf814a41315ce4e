"""The agenda's side of the billing's calendar: wake an account on its day."""

from dataclasses import dataclass

from chalicelib.billing import BillingSystem
from chalicelib.errors import NotFound
from chalicelib.store.agenda import Agenda, AgendaRow


@dataclass(frozen=True)
class Calendar:
    billing: BillingSystem
    agenda: Agenda

    def run(self, item: AgendaRow) -> None:
        """Agenda: do what the days ask of one account. A step that is taken moves the row itself."""
        try:
            run = self.billing.run_calendar(item.ref)
        except NotFound:
            return self.agenda.drop(item)
        if not run.steps and run.agenda_key != item.key:
            self.agenda.drop(item)
        return None
