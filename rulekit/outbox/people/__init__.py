"""What people and their mail servers say of emails and of people: decisions, notices, erasing, exporting."""
