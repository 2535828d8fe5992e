"""The database of a store: its tables, how it is opened and upgraded, its transactions and whether it is the one."""
