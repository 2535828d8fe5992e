"""Records of the form `tag=value; tag=value`, as DKIM and DMARC use them."""


def read_tags(record: str) -> dict[str, str]:
    """Returns the values by their tags in small letters; white space around both does not count."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {tag.strip().lower(): value.strip() for tag, equals, value in pairs if equals}
