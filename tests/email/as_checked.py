"""Templates as the checker hands them on, whatever stands in them."""

from dataclasses import replace

from rulekit.language.program import Template
from rulekit.language.template_trees import environment, read_tree


def as_checked(template: Template) -> Template:
    trees = {part: read_tree(text.text, environment()) for part, text in template.texts().items()}
    return replace(template, trees=trees)
