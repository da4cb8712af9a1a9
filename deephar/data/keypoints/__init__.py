"""Key points for lifting: takes, their files and sources, cameras, batches."""
