"""The verbs of reconciliation, by what they are about. One function a verb, one transaction each."""
