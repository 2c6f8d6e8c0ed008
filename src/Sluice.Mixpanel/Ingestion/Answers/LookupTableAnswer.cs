using Sluice.Mixpanel.Ingestion.Lookups;

namespace Sluice.Mixpanel.Ingestion.Answers;

/// <summary>Writes the answers of <c>/lookup-tables</c>. Other errors look like those of <see cref="ImportAnswer.Error"/>.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/replace-lookup-table"/>
public static class LookupTableAnswer
{
    /// <summary>The table was replaced.</summary>
    public static IngestionAnswer Replaced() => new(200, AnswerJson.ContentType, AnswerJson.Write(writer =>
    {
        writer.WriteNumber("code", 200);
        writer.WriteString("status", ImportAnswer.Phrase(200));
    }));

    /// <summary>The project's tables.</summary>
    public static IngestionAnswer List(IEnumerable<(string Id, string Name)> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return new IngestionAnswer(200, AnswerJson.ContentType, AnswerJson.Write(writer =>
        {
            writer.WriteNumber("code", 200);
            writer.WriteString("status", ImportAnswer.Phrase(200));
            writer.WriteStartArray("results");
            foreach (var (id, name) in tables)
            {
                writer.WriteStartObject();
                writer.WriteString("id", id);
                writer.WriteString("name", name);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }));
    }

    /// <summary>There is no such table.</summary>
    public static IngestionAnswer NotFound(string id) => ImportAnswer.Error(404, $"Lookup table with id '{id}' was not found.");

    /// <summary>The file was refused.</summary>
    public static IngestionAnswer Of(LookupTableFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (failure.Rows.Count == 0)
        {
            return ImportAnswer.Error(failure.StatusCode, failure.Message);
        }

        return new IngestionAnswer(failure.StatusCode, AnswerJson.ContentType, AnswerJson.Write(writer =>
        {
            writer.WriteNumber("code", failure.StatusCode);
            writer.WriteString("error", failure.Message);
            writer.WriteString("status", ImportAnswer.Phrase(failure.StatusCode));
            writer.WriteStartArray("failed_records");
            foreach (var row in failure.Rows)
            {
                writer.WriteStartObject();
                writer.WriteNumber("index", row.Index);
                writer.WriteString("message", row.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }));
    }
}
