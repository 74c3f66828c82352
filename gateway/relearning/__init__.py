"""The matcher's weights learnt anew from a file, by Splink 5 on DuckDB: offline, without answers, never in the service.

Splink counts and learns; how a pair agrees is asked of us (verification/matching/splink_rows.py), so that the model
which comes out says the same of a pair to both. Its packages are an extra, imported in this folder alone, when asked.
"""
