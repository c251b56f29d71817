"""What staff do about notices: say that they have seen to it."""

from datetime import datetime
from typing import Any

from backoffice.verbs import Done, MaybeReason, Refused, Verb
from payments.models import Notice, NoticeKind
from payments.notices import resolve_notice


class ResolveNotice(Verb):
    name = "resolve"
    label = "Seen to"
    permission = "backoffice.resolve_notice"
    form_class = MaybeReason

    def offered(self, obj: Notice, now: datetime) -> bool:
        return obj.resolved_at is None

    def why_not(self, obj: Notice, now: datetime) -> str:
        return "This notice is closed already."

    def explanation(self, obj: Notice) -> str:
        return "Takes the notice off the overview. If what it tells of goes on, a new one follows."

    def facts(self, obj: Notice) -> list[tuple[str, Any]]:
        return [("Notice", obj.subject), ("Text", obj.text)]

    def run(self, obj: Notice, data: dict[str, Any], actor: str) -> Done:
        if not resolve_notice(kind=NoticeKind(obj.kind), key=obj.subject_key):
            raise Refused("This notice was closed a moment ago.")
        return Done("The notice is closed.", obj)
