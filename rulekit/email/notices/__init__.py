"""What servers and providers say about emails that left: reports of delivery, complaints, exports. Pure parsers.

All of it comes from outside and may be forged or broken. A parser believes nothing: it returns what is said, and the
outbox compares that with what was sent.
"""
