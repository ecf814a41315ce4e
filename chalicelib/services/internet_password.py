"""The password by which the subscriber's router signs in to the network: set, or made and shown once."""

import string
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.billing import BillingSystem, ServiceKind
from chalicelib.clock import Clock
from chalicelib.errors import InvalidRequest, NotFound, OutcomeUnknown, UpstreamUnavailable
from chalicelib.services.identity import Client, Identity
from chalicelib.services.sign_in import entry_of
from chalicelib.store.sessions import SessionStore
from chalicelib.store.subscribers import SubscriberStore

SHORTEST, LONGEST = 8, 32
#: Kinds of characters and different characters that one of this length must have to be no obvious guess.
FEWEST_KINDS, FEWEST_CHARACTERS = 2, 4
_KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)
#: Nothing that is mistaken for something else when it is copied by hand; 54 signs, 12 of them are 69 bits.
_CLEAR = "".join(sign for sign in string.ascii_letters + string.digits if sign not in "0O1lI2Zo")
MADE_LENGTH = 12


@dataclass(frozen=True)
class InternetPassword:
    """``random_bytes`` is the system's source of chance, ``token`` an unguessable word for the journal's line."""

    billing: BillingSystem
    now: Clock
    random_bytes: Callable[[int], bytes]
    token: Callable[[], str]
    journal: SessionStore = SessionStore()
    subscribers: SubscriberStore = SubscriberStore()

    def set(self, identity: Identity, account: str, service: str, password: str | None, client: Client) -> str | None:
        """Set it, or with None make one and give it back. Nobody can read it again; setting anew replaces it.

        The journal is written first: there may be a line about a try that failed, never a change without a line.

        :raises NotFound: not the caller's account, no such service, or one without such a password.
        :raises InvalidRequest: it may not be chosen. :raises UpstreamUnavailable: nothing is certain, set it again.
        """
        self._check_service(identity, account, service)
        if password is not None:
            self._check(password, identity, account)
        chosen = password if password is not None else self._made()
        try:
            when = self.now()
            self.journal.note(entry_of(identity.subscriber_id, "internet_password_set", client, when, self.token()))
            self.billing.set_internet_password(account, service, chosen)
        except OutcomeUnknown as error:
            raise UpstreamUnavailable(str(error)) from error
        return chosen if password is None else None

    def _check_service(self, identity: Identity, account: str, service: str) -> None:
        view = self.billing.account(account)
        kinds = {one.id: one.kind for one in view.services}
        if view.subscriber_id != identity.subscriber_id or kinds.get(service) is not ServiceKind.INTERNET:
            raise NotFound(account)

    def _check(self, password: str, identity: Identity, account: str) -> None:
        profile = self.subscribers.get(identity.subscriber_id)
        reason = refusal(password, [account, profile.login if profile else ""])
        if reason is not None:
            raise InvalidRequest({"new_password": reason})

    def _made(self) -> str:
        """Of the clear signs, each as likely as any other; drawn again until the rules for chosen ones hold too."""
        while True:
            made = "".join(self._sign() for _ in range(MADE_LENGTH))
            if refusal(made, []) is None:
                return made

    def _sign(self) -> str:
        """One byte a sign; bytes beyond the last whole round of signs are thrown away, or the first were likelier."""
        while (byte := self.random_bytes(1)[0]) >= 256 - 256 % len(_CLEAR):
            pass
        return _CLEAR[byte % len(_CLEAR)]


def refusal(password: str, names: list[str]) -> str | None:
    """Why it may not be chosen, None if it may. ``names`` are what anybody who knows the contract would try."""
    if not SHORTEST <= len(password) <= LONGEST:
        return "string_too_short" if len(password) < SHORTEST else "string_too_long"
    # what every router and every RADIUS server understands alike: no letters of other alphabets, no blanks
    if not all("!" <= sign <= "~" for sign in password):
        return "not_ascii"
    kinds = sum(any(sign in kind for sign in password) for kind in _KINDS)
    if kinds < FEWEST_KINDS or len(set(password)) < FEWEST_CHARACTERS:
        return "too_simple"
    folded = password.casefold()
    return "like_login" if any(len(name) > 2 and name.casefold() in folded for name in names) else None
