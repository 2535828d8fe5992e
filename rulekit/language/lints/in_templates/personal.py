"""Which fields tell something about a person that is nobody else's business: by the words in their names."""

import re

from rulekit.language.checking.templates.variables import FieldName

# how to reach a person, and what opens accounts in their name
_PRIVATE = frozenset(
    {"email", "mail", "phone", "mobile", "tel", "telephone", "fax", "address", "street", "postcode", "zip"}
    | {"birth", "birthday", "birthdate", "born", "dob", "gender", "religion", "diagnosis", "salary", "income"}
    | {"ssn", "passport", "iban", "bic", "password", "token", "secret", "ip"}
)
# a greeting needs a name, the address of a page does not
_NAMES = frozenset({"name", "surname", "lastname", "firstname", "fullname"})


def is_private(field: FieldName) -> bool:
    """Returns whether a field's name says that its value does not belong where others may read it."""
    return bool(_words(field) & _PRIVATE)


def identifies(field: FieldName) -> bool:
    """Returns whether a field is private or a person's name."""
    return is_private(field) or (field[0] == "person" and bool(_words(field) & _NAMES))


def _words(field: FieldName) -> frozenset[str]:
    # `birthDate` is two words, as `birth_date` is
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field[1]).casefold()
    return frozenset(re.split(r"[^a-z]+", apart)) | {apart.replace("_", "")}
