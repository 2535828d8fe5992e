"""Reports as mail servers write them, each with its own habits; about one email of ours to ada@example.com."""

OURS = "<0123abcd@example.com>"
ADA = "ada@example.com"


def report(
    groups: str,
    returned: str = f"From: us@example.com\nTo: {ADA}\nSubject: Hello\nMessage-ID: {OURS}\n\nDear Ada\n",
    *,
    returned_type: str = "message/rfc822",
    status_type: str = "message/delivery-status",
    status_headers: str = "",
    headers: str = "",
    report_type: str = "delivery-status",
) -> bytes:
    """A report in three parts: for people, for machines, and the message it is about."""
    return f"""\
From: MAILER-DAEMON@mx.example.net
To: bounces@example.com
Date: Tue, 03 Mar 2026 10:00:00 +0100
Message-ID: <report-1@mx.example.net>
Subject: Undelivered Mail Returned to Sender
{headers}MIME-Version: 1.0
Content-Type: multipart/report; report-type={report_type};
\tboundary="=_b1"

This is a MIME-encapsulated message.

--=_b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--=_b1
Content-Type: {status_type}
{status_headers}
{groups}
--=_b1
Content-Type: {returned_type}

{returned}
--=_b1--
""".encode()


POSTFIX = report(
    """\
Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4XyZ
Arrival-Date: Tue, 03 Mar 2026 09:59:58 +0100 (CET)

Final-Recipient: rfc822; ada@example.com
Original-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address
    rejected: User unknown
"""
)

# Exim says no more than 5.0.0 itself; what the other server said stands in the diagnostic
EXIM = report(
    """\
Reporting-MTA: dns; exim.example.net

Action: failed
Final-Recipient: rfc822;ada@example.com
Status: 5.0.0
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550-5.2.1 The email account that you tried to reach is disabled.
""",
    returned=f"Message-Id: {OURS}\nTo: {ADA}\n",
    returned_type="text/rfc822-headers",
)

EXCHANGE = report(
    """\
Reporting-MTA: dns;AM0PR01.prod.exchangelabs.example
Received-From-MTA: dns;out.example.com

Original-Recipient: rfc822;ada+40example.com
Final-Recipient: rfc822;ADA@Example.com
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver; Exchange 5.1.1
""",
    headers=f"In-Reply-To: {OURS}\n",
    returned="Subject: Hello\n",
    returned_type="text/rfc822-headers",
)

GMAIL = report(
    f"""\
Reporting-MTA: dns; googlemail.example
Arrival-Date: Mon, 02 Mar 2026 23:11:09 -0800 (PST)
X-Original-Message-ID: {OURS}

Final-Recipient: rfc822; ada@example.com
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; The recipient server did not accept our requests to connect.
Last-Attempt-Date: Mon, 02 Mar 2026 23:59:00 -0800 (PST)
Will-Retry-Until: Thu, 05 Mar 2026 23:11:09 -0800 (PST)
""",
    returned="",
    returned_type="text/plain",
)

ABUSE = report(
    """\
Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces@example.com>
Original-Rcpt-To: <ada@example.com>
Received-Date: Tue, 3 Mar 2026 08:00:00 GMT
""",
    status_type="message/feedback-report",
    report_type="feedback-report",
)
