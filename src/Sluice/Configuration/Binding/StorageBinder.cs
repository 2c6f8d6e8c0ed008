using Npgsql;
using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>Reads the block <c>storage</c>.</summary>
internal static class StorageBinder
{
    private const string Form = "accepted: an Npgsql connection string with a host, such as Host=db;Database=sluice;Username=sluice;Password=${PGPASSWORD}";

    public static StorageSettings Bind(BlockReader storage, BlockReader server, ReadContext context)
    {
        var engine = storage.Get(StorageKeys.Engine);
        var connection = storage.Read(StorageKeys.Connection);
        if (engine == StorageEngine.Sqlite && connection.IsValid)
        {
            context.Warn(storage.PlaceOf(StorageKeys.Connection), "is not used with sqlite", "remove it, or set storage.engine to postgres");
            return new StorageSettings(engine, Connection: null);
        }

        if (engine == StorageEngine.Postgres)
        {
            JudgeConnection(connection, storage.PlaceOf(StorageKeys.Connection), context);
            if (server.Read(ServerKeys.MasterKey).IsMissing)
            {
                context.Problem(server.PlaceOf(ServerKeys.MasterKey), "is required with postgres", "set the same long random text on every node, best read from the environment: ${SLUICE_MASTER_KEY}");
            }
        }

        return new StorageSettings(engine, connection.IsValid ? connection.Content : null);
    }

    private static void JudgeConnection(Found<Secret> connection, Place place, ReadContext context)
    {
        if (connection.IsMissing)
        {
            context.Problem(place, "is required with postgres", Form);
        }

        if (connection.IsValid && !IsConnectionString(connection.Content.Reveal()))
        {
            context.Problem(place, "the value is not a connection string for PostgreSQL", Form);
        }
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            return !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }
}
