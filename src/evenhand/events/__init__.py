"""Events: what came in, as Arrow batches with a documented schema and limits."""
