"""A list past what one machine holds: the same model and function in Splink's engine, on DuckDB or on Spark.

    python -m bench.relearning.beyond prepare crm.csv FOLDER        the rows as Parquet: once, on any machine
    python -m bench.relearning.beyond duckdb weights.json FOLDER    pairs.parquet: row_l, row_r, match_weight
    python -m bench.relearning.beyond spark weights.json FOLDER     the same by Spark (pip install pyspark setuptools)

A weight is the sum of the fields' lines and Splink's own prior. What docs/identity-matching.md lists as ours alone is
not in it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gateway.cli.dedupe import fields_of, rows_of
from gateway.relearning.database import load, splink, teach
from gateway.sheets import Sheet
from verification.matching.records import COUNTED, HOME
from verification.matching.splink_model import FUNCTION, column
from verification.matching.splink_rows import level

LEAST = 0.0  # log2 odds of the pairs that are kept


def prepare(source: Path, folder: Path) -> None:
    """people.parquet and tf_<kind>.parquet."""
    sheet = Sheet.at(source, lenient=True)
    folder.mkdir(parents=True, exist_ok=True)
    with splink(folder) as found:
        load(found.con, rows_of(sheet, fields_of(sheet, source, {})), HOME, lambda _: None)
        for table in ("people", *(f"tf_{kind}" for kind in COUNTED)):
            found.con.execute(f"COPY {table} TO '{folder / table}.parquet'")


def by_duckdb(model: dict[str, Any], folder: Path) -> None:
    import duckdb
    from splink import DuckDBAPI, Linker

    con = duckdb.connect(str(folder / "work.duckdb"), config={"temp_directory": str(folder)})
    teach(con)
    api = DuckDBAPI(con)
    linker = Linker(api.register(con.read_parquet(f"{folder}/people.parquet")), model, log_level=None)
    for kind in COUNTED:
        shares = api.register(con.read_parquet(f"{folder}/tf_{kind}.parquet"))
        linker.table_management.register_term_frequency_lookup(shares, column(kind))
    found = linker.inference.predict(threshold_match_weight=LEAST)
    found.as_duckdbpyrelation().select("row_l, row_r, match_weight").write_parquet(f"{folder}/pairs.parquet")
    con.close()


def by_spark(model: dict[str, Any], folder: Path) -> None:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StringType
    from splink import Linker
    from splink.backends.spark import SparkAPI

    spark = SparkSession.builder.getOrCreate()
    spark.udf.register(FUNCTION, level, StringType())
    api = SparkAPI(spark_session=spark)
    model["sql_dialect"] = "spark"
    for rule in model["blocking_rules_to_generate_predictions"]:
        rule["sql_dialect"] = "spark"
    linker = Linker(api.register(spark.read.parquet(f"{folder}/people.parquet")), model, log_level=None)
    for kind in COUNTED:
        shares = api.register(spark.read.parquet(f"{folder}/tf_{kind}.parquet"))
        linker.table_management.register_term_frequency_lookup(shares, column(kind))
    found = linker.inference.predict(threshold_match_weight=LEAST)
    chosen = found.as_spark_dataframe().select("row_l", "row_r", "match_weight")
    chosen.write.mode("overwrite").parquet(f"{folder}/pairs.parquet")


def main() -> None:
    match sys.argv[1:]:
        case ["prepare", source, folder]:
            prepare(Path(source), Path(folder))
        case [("duckdb" | "spark") as engine, model, folder]:
            run = by_duckdb if engine == "duckdb" else by_spark
            run(json.loads(Path(model).read_text("utf-8")), Path(folder).resolve())
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
