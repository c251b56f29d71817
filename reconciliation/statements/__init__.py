"""Bank statements, read by what they hold and never by a file's name. Pure: bytes in, rows out; writes nothing."""

from reconciliation.statements.rows import BadStatement, Row, Statement
from reconciliation.statements.sniff import read_statement

__all__ = ["BadStatement", "Row", "Statement", "read_statement"]
