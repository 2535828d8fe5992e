"""When an email may leave: claims of workers, what is asked at the data mark, and how fast."""
