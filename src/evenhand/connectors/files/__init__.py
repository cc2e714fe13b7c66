"""Files: exports, NDJSON, CSV and Parquet, read in bounded memory and judged by `screen`."""
