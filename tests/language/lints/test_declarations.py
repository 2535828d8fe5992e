"""Declarations that nothing uses, and triggers without a limit, next to those that are fine."""

import pytest

HEAD = """\
person:
  plan text
company:
  arr number
persona Pro:
  plan = "pro"
template Welcome:
  subject "Welcome"
  text "Hello"
"""
SENT = "trigger Hello:\n  on tagged(Pro) send template Welcome\n"


@pytest.mark.parametrize(
    ("rules", "slugs"),
    [
        (SENT, []),
        ("", []),
        ("persona Free:\n  plan = \"free\"\n", []),
        (SENT + 'persona Free "To call":\n  plan = "free"\n', []),
        (SENT + 'persona Free:\n  plan = "free"\npersona Other "Both":\n  not in Free\n', []),
        (SENT + 'persona Free:\n  plan = "free"\n', ["unused-persona"]),
        (SENT + 'persona Free:\n  plan = "free"\ntest "t":\n  person ada: plan="free"\n'
         "  at 2026-01-01T00:00Z: expect ada in Free\n", ["unused-persona"]),
        (SENT + "segment Large:\n  arr > 3\n", ["unused-segment"]),
        (SENT + 'segment Large:\n  arr > 3\nsegment Other "x":\n  not in Large\n', []),
        (SENT.replace("(Pro)", "(Pro) in Large") + "segment Large:\n  arr > 3\n", []),
        (SENT + 'template Other:\n  subject "x"\n  text "x"\n', ["unused-template"]),
        (SENT + 'persona Free:\n  plan = 3\nsegment Large:\n  arr > 3\n', ["type-mismatch"]),
        (SENT.replace("send template Welcome", "send template Welcome auto=true"), ["unlimited-auto"]),
        (SENT.replace("template Welcome", "template Welcome auto=true after=1d"), ["unlimited-auto"]),
        (SENT.replace("send template Welcome", "send template Welcome auto=true every=1d"), []),
        (SENT.replace("send template Welcome", "send template Welcome auto=false"), []),
    ],
)  # fmt: skip
def test_declarations(reported, rules, slugs):
    assert reported(HEAD + rules) == slugs
