"""The one straight path from rules to a sent email; everything with a user's face calls it, and adds no logic.

==========================  ===================================================  =======================
rules text → program        `open_project`, by `language.project`                `project.py`
program → membership        `evaluation.snapshots`, where the data is               `ticking.py`
membership, past → changes  who crossed which border                             `ticking.py`
changes → firing            `outbox.firing`: the options of triggers             `ticking.py`
firing → rows               `email.compose`: one frozen email each               `composing.py`
rows → store                `Store.record_tick`, one transaction                 `take_tick`, `running.py`
store → sender              `outbox.dispatcher`: what is approved and due        `dispatch_due`, `running.py`
==========================  ===================================================  =======================

`past.py` reads what earlier ticks left. `stores.py`, `data_source.py` and `senders.py` open what a project is
connected to, each by itself, since a command loads only what it needs. Time is an argument everywhere.
"""
