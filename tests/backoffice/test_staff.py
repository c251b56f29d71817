import json

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from backoffice.models import StaffAction
from backoffice.verbs import Verb
from tests.backoffice.conftest import signed_in
from tests.backoffice.pages import column, rows, says
from tests.backoffice.test_keys import shown

pytestmark = pytest.mark.django_db
LIST = "/admin/auth/user/"


def test_an_admin_adds_a_person_whose_password_is_shown_once(meera):
    answer = meera.post(LIST + "add/", {"username": "kavya", "role": "Operator"})

    (password,) = shown(answer)
    assert "no-store" in answer["Cache-Control"]
    kavya = User.objects.get(username="kavya")
    assert (kavya.is_staff, kavya.is_superuser, kavya.groups.get().name) == (True, False, "Operator")
    assert Client().login(username="kavya", password=password)
    assert dict(zip(column(meera.get(LIST), "Username"), column(meera.get(LIST), "Role"), strict=True)) == {
        "kavya": "Operator",
        "meera": "Admin",
    }


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"username": "meera", "role": "Viewer"}, "A user with that username already exists."),
        ({"username": "a b", "role": "Viewer"}, "Enter a valid username."),
        ({"username": "kavya", "role": "Root"}, "Select a valid choice."),
    ],
)
def test_a_person_who_cannot_be_added_is_refused(meera, form, said):
    answer = meera.post(LIST + "add/", form)

    assert said in says(answer)
    assert User.objects.count() == 1


def test_a_role_is_changed(meera, vikram):
    meera.post(f"{LIST}{vikram.user.pk}/role/", {"role": "Developer", "reason": "New job"})

    assert [group.name for group in vikram.user.groups.all()] == ["Developer"]
    assert StaffAction.objects.get().details == "Developer"


def test_a_new_password_signs_the_person_out(meera, vikram):
    (password,) = shown(meera.post(f"{LIST}{vikram.user.pk}/new-password/"))

    assert vikram.get("/admin/").status_code == 302
    assert Client().login(username="vikram", password=password)


def test_a_deactivated_person_is_out_at_once_and_may_come_back(meera, vikram):
    meera.post(f"{LIST}{vikram.user.pk}/deactivate/", {"reason": "Left"})
    assert vikram.get("/admin/").status_code == 302

    meera.post(f"{LIST}{vikram.user.pk}/activate/")
    vikram.force_login(User.objects.get(username="vikram"))
    assert vikram.get("/admin/").status_code == 200


@pytest.mark.parametrize("deed", ["role", "new-password", "deactivate"])
def test_nobody_changes_their_own_rights(meera, deed):
    answer = meera.post(f"{LIST}{meera.user.pk}/{deed}/", {"role": "Viewer"})

    assert answer.status_code == 409
    assert "You cannot do this to your own account." in says(answer)
    assert meera.get("/admin/auth/user/").status_code == 200


@pytest.mark.parametrize("deed", ["role", "new-password", "deactivate"])
def test_no_role_changes_a_superuser(meera, deed):
    root = User.objects.create_superuser("root", password="correct-horse-battery")

    answer = meera.post(f"{LIST}{root.pk}/{deed}/", {"role": "Viewer"})

    assert answer.status_code == 409
    root.refresh_from_db()
    assert root.is_active
    assert root.check_password("correct-horse-battery")


def test_create_staff_prints_a_password_that_works(capsys):
    call_command("create_staff", "--username", "kavya", "--role", "operator", "--json")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["username"], answer["role"]) == ("kavya", "Operator")
    assert Client().login(username="kavya", password=answer["password"])


def test_create_staff_says_what_is_wrong(capsys):
    call_command("create_staff", "--username", "kavya", "--role", "viewer")
    assert "kavya may sign in at /admin/ as Viewer." in capsys.readouterr().out

    with pytest.raises(CommandError, match="already exists"):
        call_command("create_staff", "--username", "kavya", "--role", "admin")
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("create_staff", "--username", "ravi", "--role", "root")
    assert User.objects.get().groups.get().name == "Viewer"


def test_what_staff_did_can_be_neither_changed_nor_deleted(meera, vikram):
    meera.post(f"{LIST}{vikram.user.pk}/role/", {"role": "Developer"})

    with pytest.raises(TypeError):
        StaffAction.objects.update(actor="nobody")
    with pytest.raises(TypeError):
        StaffAction.objects.all().delete()
    assert meera.post("/admin/backoffice/staffaction/1/delete/", {"post": "yes"}).status_code == 403
    assert [row[1:4] for row in rows(meera.get("/admin/backoffice/staffaction/"))] == [
        ["meera", "Change role", "vikram"]
    ]


def test_the_record_calls_a_deed_as_its_button_does(meera, credit):
    path = f"/admin/reconciliation/credit/{credit.pk}"
    meera.post(f"{path}/refund/", {"upi_id": "priya@okaxis", "reason": "Paid twice"})
    meera.post(f"{path}/keep/", {"reason": "It was her order"})

    listed = meera.get("/admin/backoffice/staffaction/")
    assert column(listed, "What") == ["Call the refund off", "Refund"]
    assert column(meera.get(f"{path}/history/", follow=True), "What") == ["Call the refund off", "Refund"]
    newest = StaffAction.objects.latest("pk")
    assert "meera: Call the refund off, Credit" in says(meera.get(f"/admin/backoffice/staffaction/{newest.pk}/change/"))


def test_a_deed_of_an_earlier_version_is_still_readable(meera):
    StaffAction.objects.create(actor="meera", action="turn-round", object_name="A1B2")

    assert column(meera.get("/admin/backoffice/staffaction/"), "What") == ["Turn round"]


def test_one_name_is_one_label():
    """The record keeps the name alone."""
    labels = {}
    for verb in _all_of(Verb):
        if "name" in vars(verb):
            assert labels.setdefault(verb.name, verb.label) == verb.label


def _all_of(of: type) -> set[type]:
    return {each for direct in of.__subclasses__() for each in (direct, *_all_of(direct))}


def test_somebody_without_a_role_is_told_so(db):
    client = signed_in("kavya", "Viewer")
    client.user.groups.clear()

    assert "Your account has no role yet." in says(client.get("/admin/"))


def test_the_history_of_an_object_is_what_staff_did_to_it(meera, session):
    path = f"/admin/payments/paymentsession/{session.pk}"
    meera.post(f"{path}/cancel/", {"reason": "Ordered twice"})

    assert column(meera.get(f"{path}/history/", follow=True), "Reason") == ["Ordered twice"]
    assert "Ordered twice" in says(meera.get(f"{path}/change/"))


def test_who_changes_the_own_password_is_recorded(vikram):
    vikram.user.set_password("correct-horse-battery")
    vikram.user.save()
    vikram.force_login(vikram.user)
    new = {"new_password1": "another-horse-battery", "new_password2": "another-horse-battery"}

    assert vikram.post("/admin/password_change/", new | {"old_password": "wrong"}).status_code == 200
    assert not StaffAction.objects.exists()

    vikram.post("/admin/password_change/", new | {"old_password": "correct-horse-battery"})
    done = StaffAction.objects.get()
    assert (done.actor, done.action, done.object_name) == ("vikram", "change-own-password", "vikram")
    assert Client().login(username="vikram", password="another-horse-battery")


def test_a_filter_that_nobody_offers_shows_the_usual_list(meera):
    assert meera.get("/admin/backoffice/staffaction/?object_type=%00").status_code == 200
