"""One tick, computed whole before anything is written; `prepare` has its steps one after another."""
