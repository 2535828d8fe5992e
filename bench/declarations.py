"""Writes projects of any size: rules in many files that name one another, and as many files for each peer."""

from pathlib import Path

SCHEMA = """\
person:
  email       text
  first_name  text?
  plan        one of ("free", "pro", "enterprise")
  created_at  time
  last_login  time?
  seats       number
company:
  name        text
  arr         number
event login
event export
event purchase:
  amount      number
"""
SETTINGS = 'edition = 1\n[source]\nurl = "files:."\n[source.person]\ntable = "people.csv"\nkey = "id"\n'
# a group of declarations is a file; a segment, three personas, two templates and two triggers that name one another
GROUP = 8
RULES = """\
segment Large_{n} "Companies of more than {n}":
  arr >= {n}

# nobody of them came back
persona Quiet_{n} "Quiet for some days":
  last_login is present and last_login > {days}d and seats > {n}

persona Buyer_{n} "Bought often":
  count(purchase where amount > {n}, last {days}d) >= 3 and plan in ("pro", "enterprise")

persona Lapsed_{n} "Bought often, and is quiet":
  in Buyer_{n} and not in Quiet_{n} or did(login then export within {days}d)

template Return_{n} "Come back":
  subject "We miss you, {{{{ person.first_name | default('there') }}}}"
  text    "You are on {{{{ person.plan }}}} with {{{{ person.seats }}}} seats."

template Thanks_{n} "Thank you":
  subject "Thank you"
  text    "Dear {{{{ person.email }}}}, thank you for your orders."

trigger Win_Back_{n} "Bring them back":
  on tagged(Quiet_{n}) in Large_{n} send template Return_{n} auto=false every=30d

trigger Praise_{n} "Thank them":
  on tagged(Lapsed_{n}) send template Thanks_{n} auto=false
"""
SQL = """\
select
    p.id,
    count(*) as orders
from people as p
inner join purchases as o on p.id = o.person
where p.plan in ('pro', 'enterprise') and o.amount > {n} and p.seats > {n}
group by p.id
having count(*) >= 3
"""
SIGMA = """\
title: Purchase by somebody of group {n}
id: 00000000-0000-4000-8000-{n:012d}
status: test
description: Finds purchases of more than {n}
author: nobody
date: 2026-01-01
logsource:
  category: application
  product: shop
detection:
  selection:
    plan: pro
    amount|gt: {n}
  quiet:
    user|startswith: 'someone{n}'
  condition: selection and not quiet
level: low
"""
DBT_PROJECT = "name: shop\nversion: '1.0'\nprofile: shop\nmodel-paths: [models]\nflags:\n  version_check: false\n"
DBT_PROFILE = "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: ':memory:'\n"


def write(path: Path, text: str) -> None:
    """Writes a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_rules(folder: Path, number: int) -> None:
    """Writes a project of about so many declarations, without a finding."""
    write(folder / "rulekit.toml", SETTINGS)
    write(folder / "schema.rules", SCHEMA)
    for n in range(max(1, number // GROUP)):
        write(folder / f"team_{n % 20}" / f"group_{n}.rules", RULES.format(n=n, days=n % 90 + 1))


def edit_rules(folder: Path) -> None:
    """Changes one persona."""
    path = folder / "team_0" / "group_0.rules"
    path.write_text(path.read_text().replace("seats > 0", "seats > 1"))


def write_sql(folder: Path, number: int) -> None:
    """Writes a query for each declaration."""
    for n in range(number):
        write(folder / f"team_{n % 20}" / f"query_{n}.sql", SQL.format(n=n))


def write_sigma(folder: Path, number: int) -> None:
    """Writes a Sigma rule for each declaration."""
    for n in range(number):
        write(folder / f"team_{n % 20}" / f"rule_{n}.yml", SIGMA.format(n=n))


def write_dbt(folder: Path, number: int) -> None:
    """Writes a model for each declaration; all but the first read the one before the tens."""
    write(folder / "dbt_project.yml", DBT_PROJECT)
    write(folder / "profiles.yml", DBT_PROFILE)
    for n in range(number):
        source = "(select 1 as id, 2 as amount)" if n == 0 else f"{{{{ ref('model_{n // 10}') }}}}"
        write(
            folder / "models" / f"team_{n % 20}" / f"model_{n}.sql",
            f"select id, amount + {n} as amount from {source}\n",
        )


def edit_dbt(folder: Path) -> None:
    """Changes one model."""
    path = folder / "models" / "team_1" / "model_1.sql"
    path.write_text(path.read_text().replace("+ 1", "+ 2"))
