"""What several commands print: columns, emails, ticks, runs, reports and logs."""
