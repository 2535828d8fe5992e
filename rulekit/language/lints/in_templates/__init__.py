"""Lints that read the texts of templates; imported only for a project that has some."""

from collections.abc import Callable, Iterator

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.language.lints.in_templates import (
    dropped_style,
    empty_subject,
    image_without_alternative,
    insecure_link,
    missing_postal_address,
    missing_unsubscribe_link,
    personal_data_in_link,
    personal_data_in_subject,
    relative_link,
    unbounded_template,
    unsupported_element,
    unused_block,
)
from rulekit.language.lints.view import View

TEMPLATE_LINTS: tuple[Callable[[View], Iterator[Diagnostic]], ...] = (
    insecure_link.check,
    relative_link.check,
    unsupported_element.check,
    dropped_style.check,
    image_without_alternative.check,
    empty_subject.check,
    unused_block.check,
    unbounded_template.check,
    missing_unsubscribe_link.check,
    missing_postal_address.check,
    personal_data_in_subject.check,
    personal_data_in_link.check,
)
