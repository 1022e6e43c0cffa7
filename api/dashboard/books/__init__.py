"""The books: what stands on each account, the entries behind it, statements, and what is earned month by month."""

from typing import Final

from api.dashboard.books import closing, journal, months, statement, trial
from api.dashboard.route import Route, form
from ledger.core.access import UserRole

ROUTES: Final = (
    Route("GET", trial.HERE, "books", trial.trial_page),
    Route("GET", journal.HERE, "books_journal", journal.journal_page),
    Route("GET", statement.HERE, "books_statement", statement.statement_page),
    Route("GET", months.HERE, "books_months", months.months_page),
    *form(closing.HERE, "close_books", closing.close_page, closing.close_form, UserRole.ADMIN),
)
