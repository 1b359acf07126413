"""Facts of the database that several tables share, as triggers. No tables here."""

import pgtrigger


def never_truncated(what: str) -> pgtrigger.Trigger:
    """Of a table that is append-only: emptying it whole is refused too. `what`: its name in the words of the refusal."""
    return pgtrigger.Trigger(
        name="never_truncated",
        operation=pgtrigger.Truncate,
        when=pgtrigger.Before,
        level=pgtrigger.Statement,
        func=f"RAISE EXCEPTION '{what} append-only';",
    )
