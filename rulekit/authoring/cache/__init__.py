"""What the last check of a project found, so that the next one looks only at declarations that may have changed.

It stands among the user's caches, outside of the project, is JSON, may be deleted at any time, and is not used when
anything about it is odd. Only a project without errors is remembered: after an error everything is looked at.
"""
