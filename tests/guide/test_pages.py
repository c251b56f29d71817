import pytest


@pytest.mark.parametrize("path", ["/docs", "/docs/api"])
def test_anybody_reads_the_documentation(client, path):
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/docs", "/docs/api"])
def test_a_page_has_no_inline_script_or_style_and_loads_nothing_from_elsewhere(client, path):
    page = client.get(path).content.decode()

    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page
    assert [tag for tag in page.split("<script ")[1:] if not tag.startswith('src="/static/')] == []
    assert 'src="http' not in page
    assert "unsafe" not in client.get(path)["Content-Security-Policy"]


def test_every_link_within_a_page_has_its_target(client):
    for path in ("/docs", "/docs/api"):
        page = client.get(path).content.decode()
        wanted = {part.split('"')[0] for part in page.split('href="#')[1:]}
        present = {part.split('"')[0] for part in page.split(' id="')[1:]}

        assert wanted - present == set()
