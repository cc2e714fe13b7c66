"""Binds ports to their real engines or twins, once; nothing else is decided here."""

import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from nacl.public import PublicKey

from evenhand.actions.copies import OpenerCopies
from evenhand.actions.delivery import Tools
from evenhand.actions.ports import Effect, Messenger, ReviewRequest, Reviews, Rulebook
from evenhand.appeals.conversation import Conversation
from evenhand.base import clock
from evenhand.base.errors import Misconfigured
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Language
from evenhand.base.sealing import read_key
from evenhand.cases.context import Surroundings
from evenhand.cases.context_steps import CONTEXT_OF_CLOSED, context_asked
from evenhand.cases.drafts import CaseDraft
from evenhand.cases.lists import CaseKind
from evenhand.cases.ports import Crowds, SecondStage
from evenhand.cases.quality_steps import SECOND_LOOKS
from evenhand.cases.queries import violation_stands
from evenhand.cases.reach_steps import reach_counted
from evenhand.cases.reactions import FAILED_EFFECTS
from evenhand.cases.steps import open_case
from evenhand.childsafety.checks import hashes_named
from evenhand.childsafety.ports import FeedSources, TipLine
from evenhand.childsafety.steps import SeenFiles, look_up
from evenhand.connectors.cybertip import CyberTipline
from evenhand.connectors.dsa import DsaDatabase
from evenhand.connectors.feeds import Connections
from evenhand.connectors.mail import (
    MailedOffices,
    MailedReporters,
    MailServer,
    Outbox,
    server_of,
)
from evenhand.connectors.matrix.account_data import SynapseAccountData
from evenhand.connectors.matrix.bot import MatrixDeskAccount
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.crawl import Crawl
from evenhand.connectors.matrix.crowds import SynapseCrowds
from evenhand.connectors.matrix.identities import SynapseIdentities
from evenhand.connectors.matrix.messenger import MatrixMessenger
from evenhand.connectors.matrix.openers import SynapseOpeners
from evenhand.connectors.matrix.peek import Peek
from evenhand.connectors.matrix.proving import SynapseProving
from evenhand.connectors.matrix.reported import SynapseReports
from evenhand.connectors.matrix.surroundings import SynapseSurroundings
from evenhand.connectors.memory import (
    MemoryAccountData,
    MemoryCrowds,
    MemoryMessenger,
    MemoryOpeners,
    MemorySurroundings,
)
from evenhand.connectors.memory_proving import MemoryProving
from evenhand.connectors.paging import AppriseChannels, Channels, NoChannels, PageFolder
from evenhand.connectors.search_effect import Deindex
from evenhand.connectors.searcher import SearcherClient
from evenhand.connectors.second_stage import stage_of
from evenhand.desk.api.telling import TELL_PROGRAMS
from evenhand.legal.ports import AccountData, HeadOffices, Violations
from evenhand.legal.reactions import EFFECTS_OF_ORDERS, failed_orders
from evenhand.markets.queries import accounts_in
from evenhand.markets.sweep import Directory
from evenhand.records.outbox import Reaction
from evenhand.reports.lists import ReportKind
from evenhand.reports.ports import Identities, Mails, MessengerReports, Proving
from evenhand.reports.queries import reports_of
from evenhand.reports.reactions import OUTCOMES, REFERRALS, REVERSALS
from evenhand.rulebook.answers import StoredRules
from evenhand.rulebook.reactions import over_budget
from evenhand.rulebook.shipped_steps import RuleText
from evenhand.rules.load import load_rule
from evenhand.search.answers import SearchRules
from evenhand.search.finding import Finder
from evenhand.search.index import Index
from evenhand.search.items import Item
from evenhand.search.lists import ItemKind
from evenhand.search.lookout import Lookout, look_at_words
from evenhand.search.ports import Openers
from evenhand.search.proposals_queries import exempt_items, held
from evenhand.search.queries import policy_authors, policy_in_force
from evenhand.search.sight import Sight
from evenhand.search.state import State
from evenhand.search.trust import Standings
from evenhand.search.watching import Sources, Watch
from evenhand.signals.columns import all_columns
from evenhand.signals.pattern_lists import read_pattern_lists
from evenhand.standing.reactions import STANDING
from evenhand.statements.ports import TransparencyDatabase
from evenhand.statements.reactions import NOTE_REVERSALS, entering
from evenhand.statements.steps import Terms
from evenhand.verdicts.schema import RuleHit

PACK = Path(__file__).parent / "rules" / "pack"
"""What comes with Evenhand."""


@cache
def messenger() -> Messenger:
    """Gives the messenger that this installation acts on."""
    match settings.MESSENGER:
        case "memory":
            path = Path(settings.MESSENGER_FILE) if settings.MESSENGER_FILE else None
            return MemoryMessenger(path, places=Residents())
        case "synapse":
            return MatrixMessenger(_synapse(), places=Residents(), more=_search_effects())
        case other:
            raise Misconfigured(setting="EVENHAND_MESSENGER", value=other, why="unknown")


def tools() -> Tools:
    """Gives what deliveries need."""
    return Tools(
        messenger=messenger(),
        copies=OpenerCopies(settings.EVENHAND_HOME),
        rulebook=rulebook(),
        evidence_key=PublicKey(read_key(settings.KEYS / "evidence.pub")),
        token_key=read_key(settings.KEYS / "token.key"),
        public_url=settings.PUBLIC_URL,
        now=clock.now,
        chance=random.random,
    )


@cache
def rulebook() -> Rulebook:
    """Gives the people and sentences of the rulebook, and of the search's own rules."""
    stored = StoredRules.of({path.stem: path.read_text() for path in _pack_rules()})
    return SearchRules(stored, policy_authors)


@cache
def shipped_rules() -> Sequence[RuleText]:
    """Gives the rules that come with Evenhand, and their files."""
    columns = all_columns(one.name for one in read_pattern_lists(PACK / "patterns"))
    return [
        RuleText(load_rule(path, columns), path.read_text(encoding="utf-8"))
        for path in _pack_rules()
    ]


ROOMS_LEARNT = 100_000
"""Names of rooms by which the search tells how rare a name is."""


def _pack_rules() -> list[Path]:
    return sorted((PACK / "rules").glob("*.yaml"))


def directory() -> Directory | None:
    """Gives who knows how accounts connect; None where the messenger does not."""
    return _synapse() if settings.MESSENGER == "synapse" else None


@cache
def conversation() -> Conversation | None:
    """Gives who answers people who write to the desk; None where it has no account of its own."""
    if settings.MESSENGER != "synapse" or not settings.BOT_TOKEN_FILE:
        return None
    token = _token(settings.BOT_TOKEN_FILE, "EVENHAND_BOT_TOKEN_FILE")
    return Conversation(
        account=MatrixDeskAccount(settings.SYNAPSE_URL, token),
        public_url=settings.PUBLIC_URL,
        token_key=read_key(settings.KEYS / "token.key"),
        evidence_key=PublicKey(read_key(settings.KEYS / "evidence.pub")),
        now=clock.now,
    )


def reviews() -> Reviews:
    """Gives who takes what needs a person."""
    return CaseReviews()


@cache
def pager() -> PageFolder:
    """Gives who keeps pages until they are sent."""
    return PageFolder(settings.EVENHAND_HOME / "pages")


def channels() -> Channels:
    """Gives what carries pages to people."""
    file = settings.PAGER_URLS_FILE
    return AppriseChannels(Path(file)) if file else NoChannels()


@cache
def outbox() -> Outbox:
    """Gives where mail of the desk waits for the mail server."""
    return Outbox(settings.EVENHAND_HOME / "mail" / "out")


def mail_server() -> MailServer | None:
    """Gives the operator's mail server, where one is named."""
    return server_of(settings.MAIL_SERVER)


@cache
def proving() -> Proving:
    """Gives who checks disclosed messages against what the homeserver signed."""
    return SynapseProving(_synapse()) if settings.MESSENGER == "synapse" else MemoryProving()


def head_offices() -> HeadOffices:
    """Gives who writes to the head offices of authorities."""
    return MailedOffices(outbox(), settings.MAIL_FROM, settings.PUBLIC_URL)


def messenger_reports() -> MessengerReports | None:
    """Gives who knows what people report in their clients; None where the messenger does not."""
    if settings.MESSENGER != "synapse":
        return None
    return SynapseReports(_synapse(), settings.EVENHAND_HOME)


def reporters_mail() -> Mails:
    """Gives who writes to people who reported something."""
    return MailedReporters(outbox(), settings.MAIL_FROM)


def sources() -> tuple[AccountData, Messenger]:
    """Gives what the collector reads, with its own token; no other process calls this."""
    match settings.MESSENGER:
        case "memory":
            twin = MemoryMessenger(
                Path(settings.MESSENGER_FILE) if settings.MESSENGER_FILE else None
            )
            return MemoryAccountData(twin), twin
        case "synapse":
            client = _client(settings.COLLECTOR_TOKEN_FILE, "EVENHAND_COLLECTOR_TOKEN_FILE")
            return SynapseAccountData(client), MatrixMessenger(client)
        case other:
            raise Misconfigured(setting="EVENHAND_MESSENGER", value=other, why="unknown")


def feed_sources() -> FeedSources:
    """Gives who reads hash feeds."""
    file = settings.FEED_CREDENTIALS_FILE
    return Connections(settings.EVENHAND_HOME, Path(file) if file else None, clock.now)


@cache
def tip_line() -> TipLine | None:
    """Gives the CyberTipline; None where the operator has no credentials for it."""
    if not settings.CYBERTIP_CREDENTIALS_FILE:
        return None
    setting = "EVENHAND_CYBERTIP_CREDENTIALS"
    try:
        lines = Path(settings.CYBERTIP_CREDENTIALS_FILE).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Misconfigured(setting=setting, why="not readable") from error
    if len(lines) < 2 or not settings.CYBERTIP_URL.startswith("https://"):
        raise Misconfigured(setting=setting, why="needs two lines, and an https:// address")
    return CyberTipline(settings.CYBERTIP_URL, lines[0].strip(), lines[1].strip())


def reactions() -> tuple[Reaction, ...]:
    """Gives every room's reactions to committed records."""
    return (
        FAILED_EFFECTS,
        EFFECTS_OF_ORDERS,
        STANDING,
        failed_orders(pager()),
        over_budget(pager()),
        TELL_PROGRAMS,
        OUTCOMES,
        REFERRALS,
        REVERSALS,
        context_asked(surroundings(), PublicKey(read_key(settings.KEYS / "evidence.pub"))),
        CONTEXT_OF_CLOSED,
        reach_counted(crowds()),
        SECOND_LOOKS,
        entering(statement_terms()),
        NOTE_REVERSALS,
    )


def crowds() -> Crowds:
    """Gives who counts the people of channels."""
    match settings.MESSENGER:
        case "memory":
            twin = messenger()
            assert isinstance(twin, MemoryMessenger), "the setting names the twin"
            return MemoryCrowds(twin)
        case _:
            return SynapseCrowds(_synapse())


def openers() -> Openers:
    """Gives who knows which account opened a room."""
    match settings.MESSENGER:
        case "memory":
            twin = messenger()
            assert isinstance(twin, MemoryMessenger), "the setting names the twin"
            return MemoryOpeners(twin)
        case _:
            return SynapseOpeners(_synapse())


def surroundings() -> Surroundings:
    """Gives who reads what stands around a message."""
    match settings.MESSENGER:
        case "memory":
            twin = messenger()
            assert isinstance(twin, MemoryMessenger), "the setting names the twin"
            return MemorySurroundings(twin)
        case _:
            return SynapseSurroundings(_synapse())


def second_stage() -> SecondStage | None:
    """Gives the language model that is asked about what rules sent; None where none is named."""
    return stage_of(
        settings.SECOND_STAGE_URL, settings.SECOND_STAGE_MODEL, settings.SECOND_STAGE_KEY_FILE
    )


def violations() -> Violations:
    """Gives who knows what an account was found to have done."""
    return CaseViolations()


class CaseViolations:
    """What people decided against accounts, as `cases` knows."""

    def upheld(self, account: str) -> bool:
        """Tells whether a person's decision against the account stands and is not appealed."""
        return violation_stands(account)


class Residents:
    """Which accounts are placed in a country, as `markets` knows."""

    def accounts_in(self, territory: Sequence[str], among: Collection[str]) -> Collection[str]:
        """Gives those of the accounts `among` that are placed in one of the countries."""
        return accounts_in(territory, among)


@cache
def transparency_database() -> TransparencyDatabase | None:
    """Gives the DSA Transparency Database; None where none is named, or nothing is submitted."""
    if settings.DSA_URL in {"", "off"}:
        return None
    try:
        token = Path(settings.DSA_TOKEN_FILE).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(setting="EVENHAND_DSA_TOKEN_FILE", why="not readable") from error
    return DsaDatabase(settings.DSA_URL, token)


def identities() -> Identities:
    """Gives who knows whose token this is: the homeserver."""
    return SynapseIdentities(settings.SYNAPSE_URL)


def _search_effects() -> Mapping[ActionKind, Effect]:
    """Gives what can be done to the search, where there is one."""
    if not settings.SEARCH_TOKEN_FILE:
        return {}
    return {ActionKind.DEINDEX: Deindex(searcher())}


def crawling(index: Index, finder: Finder, home: Path) -> tuple[Crawl, Watch]:
    """Gives who fills the index, and who knows what of it may be seen; the searcher's alone."""
    state = State.open(home / "search" / "state.db", index=index.identity)
    watch = Watch(
        state.is_open,
        Sources(
            renew=lambda rooms: lookout.renew(rooms, now=clock.now()),
            policy=lambda: policy_in_force()[1],
            trust=Standings(clock.now).read,
            held=held,
            exempt=lambda: frozenset(exempt_items()),
        ),
    )
    lookout = Lookout(index.get, lambda ask: finder.find(ask, sight=Sight()), watch.hold)
    titles = (item.title for item in index.reader().of_kind(ItemKind.ROOM, limit=ROOMS_LEARNT))
    lookout.recreations.learn(titles)
    crawl = Crawl(
        peek(),
        state,
        index,
        keeps=watch.keeps,
        changed=lambda items: watch.alone(lambda: _look_at(items, lookout)),
    )
    return crawl, watch


def peek() -> Peek:
    """Gives who reads what is public at Synapse, by the account of the search.

    Misconfigured: there is no search, or the account's token cannot be read
    """
    file = settings.SEARCH_TOKEN_FILE
    if not file:
        raise Misconfigured(setting="EVENHAND_SEARCH_TOKEN_FILE", why="not set: there is no search")
    return Peek(settings.SYNAPSE_URL, _token(file, "EVENHAND_SEARCH_TOKEN_FILE"))


def _look_at(items: Sequence[Item], lookout: Lookout) -> None:
    """Looks at what comes into the search: re-creations, and words that the policy names."""
    lookout.look(items, now=clock.now())
    version, policy = policy_in_force()
    look_at_words(items, policy, version=version, now=clock.now())


@cache
def searcher() -> SearcherClient:
    """Gives who knows what can be found: the searcher, on this machine."""
    token = _token(settings.DOOR_TOKEN_FILE, "EVENHAND_DOOR_TOKEN_FILE")
    return SearcherClient(settings.SEARCH_URL, token)


def statement_terms() -> Terms:
    """Gives what entries for the DSA Transparency Database are made with."""
    return Terms(
        key=read_key(settings.KEYS / "token.key"),
        small_enterprise=settings.DSA_URL == "off",
        notices=FormalNotices(),
    )


class FormalNotices:
    """The reports room, asked whether a notice under DSA Art. 16 led to a case."""

    def formal(self, case: UUID) -> bool:
        """Tells whether such a notice is among the case's reports."""
        return any(report.kind == ReportKind.NOTICE for report in reports_of(case))


class CaseReviews:
    """Opens a case for what a rule may not decide alone."""

    def open_reviews(self, requests: Sequence[ReviewRequest], *, now: datetime) -> None:
        """Opens a case for each request that has none, in the running transaction."""
        for request in requests:
            open_case(_case(request), now=now)
        look_up([_files(request) for request in requests if request.hashes], now=now)


def _case(request: ReviewRequest) -> CaseDraft:
    return CaseDraft(
        id=new_id(now=request.at),
        at=request.at,
        kind=CaseKind.REVIEW,
        origin=request.origin,
        harm=request.harm,
        severity=request.severity,
        score=request.score,
        reason=request.reason,
        channel_kind=request.channel_kind,
        language=Language(request.language),
        rules=tuple(RuleHit(rule, version) for rule, version in request.rules),
        market=request.market,
        account=request.account,
        channel=request.channel,
        event=request.event,
        decision=request.decision,
        evidence=request.evidence,
        noticed=request.noticed,
    )


def _files(request: ReviewRequest) -> SeenFiles:
    """Gives the files of an event, to be looked up in the feeds: a tip says what they matched."""
    return SeenFiles(
        event=request.event,
        account=request.account,
        channel=request.channel,
        channel_kind=request.channel_kind,
        hashes=hashes_named(request.hashes),
        language=Language(request.language),
        market=request.market,
        evidence=request.evidence,
    )


@cache
def _synapse() -> MatrixClient:
    return _client(settings.SYNAPSE_TOKEN_FILE, "EVENHAND_SYNAPSE_TOKEN_FILE")


def _client(token_file: str, setting: str) -> MatrixClient:
    if not settings.SYNAPSE_URL or not token_file:
        raise Misconfigured(setting=f"EVENHAND_SYNAPSE_URL, {setting}", why="needed for synapse")
    return MatrixClient(settings.SYNAPSE_URL, _token(token_file, setting))


def _token(token_file: str, setting: str) -> str:
    try:
        return Path(token_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(setting=setting, why="not readable") from error
