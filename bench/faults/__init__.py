"""Faults on purpose: clients with a history, a nemesis, and checkers that read everything afterwards. Run by script/faults."""
