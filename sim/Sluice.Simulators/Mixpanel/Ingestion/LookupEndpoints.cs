using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary><c>/lookup-tables</c>: what tables there are, and the replacement of one.</summary>
internal static class LookupEndpoints
{
    public static MixpanelAnswer List(World world, IngestionRequest request)
    {
        var project = Credentials.Project(world, request, Credentials.Ways.ServiceAccount, writes: false);
        return MixpanelAnswer.Json(200, new JsonObject
        {
            ["code"] = 200,
            ["status"] = "OK",
            ["results"] = new JsonArray([.. project.LookupTables.Select(table => new JsonObject
            {
                ["id"] = table.Settings.Id.ToString(), ["name"] = table.Settings.Name,
            })]),
        }) with { ProjectId = project.Settings.Id };
    }

    public static MixpanelAnswer Replace(World world, IngestionRequest request, string id)
    {
        var project = Credentials.Project(world, request, Credentials.Ways.Secret, writes: true);
        return Replace(world, project, request, id) with { ProjectId = project.Settings.Id };
    }

    private static MixpanelAnswer Replace(World world, ProjectState project, IngestionRequest request, string id)
    {
        if (!project.LookupCalls.TryTake(world.Now, 1, out var wait))
        {
            return MixpanelAnswer.RateLimited(wait);
        }

        var table = project.LookupTables.FirstOrDefault(known => string.Equals(known.Settings.Id.ToString(), id, StringComparison.OrdinalIgnoreCase));
        if (table is null)
        {
            return MixpanelAnswer.Error(404, $"Lookup table with id '{id}' was not found.");
        }

        if (request.MediaType != "text/csv")
        {
            return MixpanelAnswer.Error(400, "content type must be text/csv");
        }

        LookupCsv csv;
        try
        {
            var body = Payload.Unpack(request, world.Limits.MaxLookupTableBytes, gzipAllowed: true);
            request.Bytes = body.Length;
            csv = LookupCsv.Read(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(body));
        }
        catch (PayloadException exception)
        {
            return exception.TooLarge ? MixpanelAnswer.TooLarge(world.Limits.MaxLookupTableBytes) : MixpanelAnswer.Error(400, exception.Message);
        }
        catch (DecoderFallbackException)
        {
            return MixpanelAnswer.Error(400, "table is not valid utf8");
        }

        if (csv.Failures.Count > 0)
        {
            return MixpanelAnswer.Error(400, "some rows in the table failed validation", body => body["failed_records"] =
                new JsonArray([.. csv.Failures.Select(failure => new JsonObject { ["index"] = failure.Index, ["message"] = failure.Message })]));
        }

        if (project.LookupTables.Where(other => other != table).Sum(other => other.Rows.Count) + csv.Rows.Count > world.Limits.MaxLookupRows)
        {
            return MixpanelAnswer.Error(400, $"lookup tables must not have more than {world.Limits.MaxLookupRows} rows together");
        }

        table.Replace(csv);
        return MixpanelAnswer.Json(200, new JsonObject { ["code"] = 200, ["status"] = "OK" }) with
        {
            Records = csv.Rows.Count, Accepted = csv.Rows.Count,
        };
    }
}
