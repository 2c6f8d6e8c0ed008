using System.Text.Json.Serialization;

namespace Sluice.Commands.Doctor;

/// <param name="Healthy">Whether there is no error.</param>
internal sealed record DoctorAnswer(bool Healthy, int Errors, int Warnings, IReadOnlyList<FindingAnswer> Findings);

/// <param name="Severity"><c>error</c>, <c>warning</c> or <c>note</c>.</param>
internal sealed record FindingAnswer(string Code, string Severity, string? Project, string Seen, string What, string Cause, string Remedy);

[JsonSerializable(typeof(DoctorAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class DoctorJson : JsonSerializerContext
{
    /// <summary>Letters as they are: the output is for files and programs, not for a page.</summary>
    public static DoctorJson Readable => field ??= new DoctorJson(new System.Text.Json.JsonSerializerOptions(Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n",
    });
}
