using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Sluice.Server.Management;

/// <summary>What is wrong with one field of a request.</summary>
public sealed record FieldProblem(
    [property: Description("The field's path in the body, for instance `serviceAccountSecret` or `ids[3]`; the parameter's name where it stands in the query.")] string Field,
    [property: Description("What is wrong with it, in a sentence.")] string Message);

/// <summary>An answer that is an error, in the shape of RFC 9457.</summary>
public sealed record ApiProblem(
    [property: Description("Names the kind of problem for programs; it never changes: `urn:sluice:problem:` and one of the codes of docs/api.md.")] string Type,
    [property: Description("The kind of problem in words.")] string Title,
    [property: Description("The HTTP status.")] int Status,
    [property: Description("What happened this time, and what to do about it.")] string Detail,
    [property: Description("What is wrong with single fields; empty when the problem is not about fields.")] IReadOnlyList<FieldProblem> Errors);

/// <summary>A refusal: the kind, which never changes, and what happened this time.</summary>
internal sealed record Refused(int Status, string Code, string Title, string Detail) : IResult
{
    public const string ContentType = "application/problem+json";
    private const string TypePrefix = "urn:sluice:problem:";

    public IReadOnlyList<FieldProblem> Errors { get; init; } = [];

    /// <summary>When the call may come again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static Refused Invalid(string field, string message) =>
        new(StatusCodes.Status400BadRequest, "invalid-request", "The request is not valid.", $"{field}: {message}") { Errors = [new FieldProblem(field, message)] };

    public static Refused NotFound(string detail) => new(StatusCodes.Status404NotFound, "not-found", "There is no such thing.", detail);

    public static Refused Conflict(string code, string detail, string? field = null) =>
        new(StatusCodes.Status409Conflict, code, "It cannot be done as things stand.", detail) { Errors = field is null ? [] : [new FieldProblem(field, detail)] };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (RetryAfter is { } wait)
        {
            httpContext.Response.Headers.RetryAfter = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        var problem = new ApiProblem(TypePrefix + Code, Title, Status, Detail, Errors);
        return Results.Json(problem, statusCode: Status, contentType: ContentType).ExecuteAsync(httpContext);
    }
}
