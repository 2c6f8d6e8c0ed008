namespace Sluice.Configuration.Definition;

internal static class StorageKeys
{
    public static readonly Key<StorageEngine> Engine = new(
        "engine",
        new ChoiceShape<StorageEngine>(("sqlite", StorageEngine.Sqlite), ("postgres", StorageEngine.Postgres)),
        "`sqlite` is embedded and serves one process; `postgres` (15 or later, or Citus) serves any number.")
    {
        Default = StorageEngine.Sqlite,
        DefaultText = "sqlite",
        Example = "postgres",
    };

    public static readonly Key<Secret> Connection = new(
        "connection",
        new SecretShape { EmptyIsMissing = true },
        "An Npgsql connection string. Required with `postgres`, not used with `sqlite`.")
    {
        Example = "Host=db;Database=sluice;Username=sluice;Password=${PGPASSWORD}",
    };

    public static readonly BlockShape Block = new(Engine, Connection);
}
