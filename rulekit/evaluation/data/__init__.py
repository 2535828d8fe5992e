"""What the tables of a source become: people, companies and events, each value read as declared."""
