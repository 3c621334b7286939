"""The guide's eight subjects of queries, and what finds them: queries and filters are tried on made-up events.

What is tried is what it finds, whatever it is called: `try_query(text)` and `try_pattern(text)` say of each event
whether it is found.
"""

from eksaminer.subjects.data import ROUTINE, SUBJECTS, Subject, SubjectEvent
from eksaminer.subjects.trial import Trial, about_audit_events, try_pattern, try_query, unsure

__all__ = [
    "ROUTINE",
    "SUBJECTS",
    "Subject",
    "SubjectEvent",
    "Trial",
    "about_audit_events",
    "try_pattern",
    "try_query",
    "unsure",
]
