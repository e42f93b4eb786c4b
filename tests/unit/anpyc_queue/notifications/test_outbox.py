"""Every event is told once, whatever ends in between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from anpyc.settings import Settings
from anpyc.spec import RunSpec
from anpyc_queue import backup, jobs, recording
from anpyc_queue import projects as kept_projects
from anpyc_queue.engine import Database, now
from anpyc_queue.jobs import Claim, life
from anpyc_queue.notifications import notifier, outbox, rules
from anpyc_queue.notifications.notifier import Notifier
from anpyc_queue.notifications.outcome import Outcome
from anpyc_queue.notifications.rules import Wanted
from anpyc_queue.recording import Batch
from anpyc_queue.rows import LEFT_OUT
from anpyc_queue.tables import Base, Delivery, NotificationRule, Run

ALL = ("succeeded", "failed", "diverged", "forgetting", "worker_lost")


def _rule(database: Database, *events: str, channel: str = "webhook", **more: Any) -> str:
    wanted = {
        "name": "r",
        "project_id": None,
        "events": events or ALL,
        "forgetting": 0.1,
        "enabled": True,
    } | more
    with database.write() as session:
        return rules.make(session, Wanted(channel=channel, **wanted), "secret", "shown", None).id


def _claimed(database: Database, **spec: Any) -> Claim:
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec(**spec))
        claim = jobs.claim(session, run.id, "worker", 15)
    assert claim is not None
    return claim


def _told(database: Database) -> list[Delivery]:
    with database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def _events(database: Database) -> list[str]:
    return [delivery.event for delivery in _told(database)]


class Sender:
    """Keeps what is sent, and answers as told."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[list[str]] = []

    def __call__(
        self, settings: Settings, channel: str, address: str, deliveries: Sequence[Delivery], rule: str
    ) -> Outcome:
        assert address == "secret"
        self.sent.append([delivery.event for delivery in deliveries])
        return Outcome(self.outcomes.pop(0) if self.outcomes else "sent", "trouble")  # type: ignore[arg-type]


def _notifier(database: Database, tmp_path: Path, sender: Sender, name: str = "one") -> Notifier:
    return Notifier(database, Settings(data_dir=tmp_path), name, send=sender)


def _pass(database: Database, seconds: float) -> None:
    """As if so much time had passed."""
    earlier = timedelta(seconds=seconds)
    with database.write() as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.next_try_at -= earlier
        for rule in session.scalars(select(NotificationRule)):
            if rule.last_sent_at is not None:
                rule.last_sent_at -= earlier


def test_ends_are_told_by_what_they_are(database: Database) -> None:
    _rule(database)
    for code in (None, "out_of_memory", "non_finite_loss"):
        claim = _claimed(database)
        with database.write() as session:
            if code is None:
                jobs.finish(session, claim, {"average_accuracy": 0.9, "forgetting": 0.05})
            else:
                life.fail(session, claim, code, "It broke.\nBadly.")
    cancelled = _claimed(database)
    with database.write() as session:
        life.cancelled(session, cancelled)
    assert _events(database) == ["succeeded", "failed", "diverged"]
    titles = [delivery.title for delivery in _told(database)]
    assert titles[0].endswith("has ended: 90.0 % on average, forgetting 5.0 points")
    assert titles[2].endswith("has diverged: It broke. Badly.")


def test_a_lost_worker_is_told_each_time_and_one_that_leaves_is_not(database: Database) -> None:
    _rule(database, "worker_lost")
    claim = _claimed(database)
    with database.write() as session:
        life.release(session, claim, "The worker was shut down.")
        again = jobs.claim(session, claim.run_id, "worker", 15)
    assert again is not None
    assert _events(database) == []
    with database.write() as session:
        jobs.requeue(session, again.run_id, again.token, "worker_lost", "It was lost.")
        third = jobs.claim(session, claim.run_id, "worker", 15)
    assert third is not None
    with database.write() as session:
        jobs.requeue(session, third.run_id, third.token, "process_lost", "It was killed.")
    assert _events(database) == ["worker_lost", "worker_lost"]


def test_forgetting_is_looked_at_with_every_task_and_told_once(database: Database) -> None:
    _rule(database, "forgetting")
    _rule(database, "forgetting", forgetting=0.5)
    claim = _claimed(database)
    for number, forgetting in enumerate((0.05, 0.1, 0.2, 0.3), 1):
        with database.write() as session:
            recording.write(session, claim, Batch(number, metrics={"forgetting": forgetting}))
        assert len(_told(database)) == (1 if forgetting > 0.1 else 0)
    with database.write() as session:
        jobs.finish(session, claim, {"forgetting": 0.6})
    assert _events(database) == ["forgetting", "forgetting"]


def test_a_rule_of_a_project_hears_of_its_runs_alone_and_goes_with_it(database: Database) -> None:
    with database.write() as session:
        project_id = kept_projects.make(session, "Paper").id
    _rule(database, "succeeded", project_id=project_id)
    _rule(database, "succeeded", enabled=False)
    inside, outside = _claimed(database), _claimed(database, seed=1)
    with database.write() as session:
        session.execute(update(Run).where(Run.id == inside.run_id).values(project_id=project_id))
    for claim in (inside, outside):
        with database.write() as session:
            jobs.finish(session, claim, {})
    assert [delivery.run_id for delivery in _told(database)] == [inside.run_id]
    with database.write() as session:
        kept_projects.remove(session, project_id)
    assert _told(database) == []


def test_what_happens_together_is_sent_together_and_once(database: Database, tmp_path: Path) -> None:
    _rule(database, "succeeded")
    _rule(database, "succeeded", channel="browser")
    for seed in range(3):
        claim = _claimed(database, seed=seed)
        with database.write() as session:
            jobs.finish(session, claim, {})
    sender = Sender()
    sending = _notifier(database, tmp_path, sender)
    assert sending.look() == 1
    assert sending.look() == 0
    assert sender.sent == [["succeeded"] * 3]
    assert {delivery.status for delivery in _told(database)} == {"sent"}


def test_a_rule_pauses_between_messages_and_a_test_does_not_wait(database: Database, tmp_path: Path) -> None:
    rule_id = _rule(database, "succeeded")
    sender = Sender()
    sending = _notifier(database, tmp_path, sender)

    def end(seed: int) -> None:
        claim = _claimed(database, seed=seed)
        with database.write() as session:
            jobs.finish(session, claim, {})

    end(0)
    sending.look()
    end(1)
    with database.write() as session:
        rules.add_test(session, rules.find(session, rule_id))
    sending.look()
    assert sender.sent == [["succeeded"], ["test"]]
    end(2)
    _pass(database, notifier.PAUSE_SECONDS)
    sending.look()
    assert sender.sent[2:] == [["succeeded", "succeeded"]]


def test_what_did_not_arrive_is_tried_again_after_growing_pauses_and_given_up(
    database: Database, tmp_path: Path
) -> None:
    rule_id = _rule(database)
    with database.write() as session:
        rules.add_test(session, rules.find(session, rule_id))
    sender = Sender(*["later"] * 20)
    sending = _notifier(database, tmp_path, sender)
    waited = []
    for _ in range(20):
        sending.look()
        [delivery] = _told(database)
        if delivery.status != "pending":
            break
        with database.read() as session:
            waited.append(round((delivery.next_try_at - now(session)).total_seconds(), -1))
        assert sending.look() == 0
        _pass(database, waited[-1] + 1)
    assert waited == list(notifier.RETRY_SECONDS)
    assert (delivery.status, delivery.tries, delivery.trouble) == ("failed", 7, "trouble")
    assert len(sender.sent) == 7


@pytest.mark.parametrize("how", ["unsure", "never"])
def test_what_may_have_arrived_or_never_will_is_not_sent_again(
    how: str, database: Database, tmp_path: Path
) -> None:
    rule_id = _rule(database)
    with database.write() as session:
        rules.add_test(session, rules.find(session, rule_id))
    sender = Sender(how)
    sending = _notifier(database, tmp_path, sender)
    sending.look()
    _pass(database, 1e6)
    assert sending.look() == 0
    assert [delivery.status for delivery in _told(database)] == [{"never": "failed"}.get(how, how)]


def test_a_server_that_ends_while_it_sends_leaves_it_unsure_and_not_twice(
    database: Database, tmp_path: Path
) -> None:
    rule_id = _rule(database)
    with database.write() as session:
        rules.add_test(session, rules.find(session, rule_id))

    class Killed(BaseException):
        pass

    class Dying(Sender):
        def __call__(self, *args: Any) -> Outcome:
            super().__call__(*args)
            raise Killed

    dying, sender = Dying(), Sender()
    with pytest.raises(Killed):
        _notifier(database, tmp_path, dying).look()
    other = _notifier(database, tmp_path, sender, "two")
    assert other.look() == 0
    _pass(database, notifier.LOST_SECONDS + 1)
    with database.write() as session:  # and its role runs out
        session.execute(Base.metadata.tables["locks"].delete())
    other.look()
    assert (dying.sent, sender.sent) == ([["test"]], [])
    assert [delivery.status for delivery in _told(database)] == ["unsure"]


def test_one_of_several_processes_sends(database: Database, tmp_path: Path) -> None:
    rule_id = _rule(database)
    first, second = Sender(), Sender()
    one, two = _notifier(database, tmp_path, first), _notifier(database, tmp_path, second, "two")
    for _ in range(2):
        with database.write() as session:
            rules.add_test(session, rules.find(session, rule_id))
        one.look()
        two.look()
    assert (len(first.sent), len(second.sent)) == (2, 0)
    one.stop()
    with database.write() as session:
        rules.add_test(session, rules.find(session, rule_id))
    two.look()
    assert len(second.sent) == 1


def test_a_rule_that_is_switched_off_tells_nothing_that_waits(database: Database, tmp_path: Path) -> None:
    rule_id = _rule(database, "succeeded")
    claim = _claimed(database)
    with database.write() as session:
        jobs.finish(session, claim, {})
        rule = rules.find(session, rule_id)
        rules.change(session, rule, Wanted("r", None, ALL, 0.1, "webhook", enabled=False), None, None)
    sender = Sender()
    assert _notifier(database, tmp_path, sender).look() == 0
    assert sender.sent == []


def test_as_many_wait_as_may_and_old_ones_are_forgotten(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_PENDING", 2)
    monkeypatch.setattr(notifier, "KEPT", 1)
    _rule(database, "succeeded")
    for seed in range(4):
        claim = _claimed(database, seed=seed)
        with database.write() as session:
            jobs.finish(session, claim, {})
    assert len(_told(database)) == 2
    _notifier(database, tmp_path, Sender()).look()
    assert len(_told(database)) == 1


def test_a_backup_holds_rules_without_where_they_go(database: Database, tmp_path: Path) -> None:
    assert {"notification_addresses", "deliveries"} <= LEFT_OUT
    here = Settings(
        data_dir=tmp_path, mail_url=SecretStr("smtp://u:hidden@mail.example"), notify_allowed=("*",)
    )
    assert "hidden" not in str(backup.settings_without_secrets(here))
    rule_id = _rule(database)
    with database.write() as session:
        rules.add_test(session, rules.find(session, rule_id))
        session.execute(Base.metadata.tables["notification_addresses"].delete())
    sender = Sender()
    _notifier(database, tmp_path, sender).look()
    assert sender.sent == []
    assert "Enter it again" in _told(database)[0].trouble
