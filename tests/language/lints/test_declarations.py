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
SETTINGS = "--- rulekit.toml\nedition = 1\n"
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


@pytest.mark.parametrize(
    ("settings", "slugs"),
    [
        ("", []),
        ('[sender]\nurl = "folder:out"', []),
        ('[sender]\nurl = "smtp://h"', ["missing-allow"]),
        ('[sender]\nurl = "acme:x"', ["missing-allow"]),
        ('[sender]\nurl = "smtp://h"\nallow = []', []),
        ('[sender]\nurl = "smtp://u:secret@h"\nallow = ["*"]', ["password-in-settings"]),
        ('[sender]\nurl = "smtp://u:${PW}@h"\nallow = ["*"]', []),
        ('[store]\nurl = "postgresql://u:secret@h/d"', ["password-in-settings"]),
        ('[store]\nurl = "postgresql://u@h/d?password=secret"', ["password-in-settings"]),
        ('[store]\nurl = "postgresql://u@h/d?password=${PW}"', []),
        ('[store]\nurl = "${DATABASE_URL}"', []),
        ('[source]\nurl = "acme://u:secret@h"', ["password-in-settings"]),
        ('[source]\nurl = "files:a@b:c"', []),
    ],
)
def test_settings(reported, settings, slugs):
    found = reported(HEAD + SETTINGS + settings)
    assert [slug for slug in found if slug in ("missing-allow", "password-in-settings")] == slugs
