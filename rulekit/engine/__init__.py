"""The one straight path from rules to a sent email; everything with a user's face calls it, and adds no logic.

==========================  ====================================================  ==================================
rules text → program        `open_project`, by `language.project_rules`           `project.py`
program → membership        `evaluation.questions.snapshot`, where the data is    `tick/prepare.py`
membership, past → changes  who crossed which border                              `tick/changes.py`
changes → firing            the options of triggers                               `tick/firing.py`
firing → rows               `email.compose`: one frozen email each                `tick/composing.py`
rows → store                `store.ticks.record`, one transaction                 `take_tick`, `running.py`
store → sender              `outbox.dispatch`: what is approved and due           `dispatch_due`, `running.py`
==========================  ====================================================  ==================================

`tick/past.py` reads what earlier ticks left. `stores.py`, `data_source.py` and `senders.py` open what a project is
connected to, each by itself, since a command loads only what it needs. Time is an argument everywhere.
"""
