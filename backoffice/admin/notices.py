from collections.abc import Sequence
from datetime import datetime

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.filters import OpenNotices
from backoffice.notice_verbs import ResolveNotice
from backoffice.pages import BackofficeAdmin, Facts
from payments.models import Notice
from payments.notices import is_mail_configured


@admin.register(Notice)
class NoticeAdmin(BackofficeAdmin):
    columns = ("subject", "raised", "state_now", "mailed")
    list_display = columns
    list_display_links = ("subject",)
    list_filter = (OpenNotices,)
    verbs = (ResolveNotice(),)
    empty_title = "Nothing to tell"
    empty_help = "A silent alert channel, a disabled webhook, a UTR claimed twice: what must not wait is told here."

    @admin.display(description="Raised")
    def raised(self, notice: Notice) -> str:
        return words.day(notice.raised_at)

    @admin.display(description="State")
    def state_now(self, notice: Notice) -> SafeString:
        return _chip(notice)

    @admin.display(description="Mailed")
    def mailed(self, notice: Notice) -> str:
        return words.day(notice.mailed_at)

    def headline(self, notice: Notice, now: datetime) -> SafeString:
        return format_html("{} {}", notice.subject, _chip(notice))

    def facts(self, notice: Notice, now: datetime) -> Sequence[Facts]:
        not_mailed = "not yet" if is_mail_configured() else "no: STAFF_EMAILS and EMAIL_URL are not set"
        rows = [
            ("What happened", notice.text),
            ("Raised", words.when(notice.raised_at)),
            ("Mailed", words.when(notice.mailed_at) if notice.mailed_at else not_mailed),
            ("Closed", words.when(notice.resolved_at)),
        ]
        return (Facts("Notice", rows),)


def _chip(notice: Notice) -> SafeString:
    return words.chip("done", "Closed") if notice.resolved_at else words.chip("failed", "Open")
