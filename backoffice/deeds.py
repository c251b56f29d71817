"""What staff can do: how each deed is kept in the record, and what people call it."""

_labels = {"change-own-password": "Change own password"}


def know(name: str, label: str) -> None:
    """Let the record say `label`, which stands on the button, where it keeps `name`."""
    _labels[name] = label


def in_words(name: str) -> str:
    """Return what people call a deed. One that nobody can do any more is still in the record, by its name alone."""
    return _labels.get(name) or name.replace("-", " ").capitalize()
