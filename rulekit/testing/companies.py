"""Why a company of a test is in a segment or not, asked of the one evaluator for somebody who belongs to it."""

from contextlib import closing
from datetime import datetime

from rulekit.engine.project import Project
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.explanation import Part, explain
from rulekit.language.program import Test
from rulekit.records import Scalar

# a key that no author can write
_SOMEBODY = " somebody"


def explain_segment(project: Project, test: Test, segment: str, company: Scalar, now: datetime) -> Part:
    """Returns why a company is in a segment at `now`, or why not; None as the company is in no segment."""
    program = project.program
    people = [*test.people, {"person": _SOMEBODY, "company": company}]
    data = Data.from_rows(program.schema, people, test.companies, test.events, project.settings.timezone)
    with closing(data.connection):
        return explain(program, data, _SOMEBODY, segment, now, project.rules.sources, look_ahead=False).because
