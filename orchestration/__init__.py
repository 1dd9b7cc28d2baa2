"""When and where: the only room that knows Dagster, database connections and the environment."""
