namespace Sluice.Client;

/// <summary>A call that failed: Sluice has refused it (<see cref="SluiceApiException"/>), or could not be reached (<see cref="SluiceConnectionException"/>).</summary>
public abstract class SluiceException : Exception
{
    private protected SluiceException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed later without anybody's doing.</summary>
    public abstract bool IsTransient { get; }
}

/// <summary>What is wrong with one field of a request.</summary>
/// <param name="Field">The field's path in the body, or the parameter's name.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record SluiceFieldProblem(string Field, string Message);

/// <summary>Sluice has answered with a problem.</summary>
public sealed class SluiceApiException : SluiceException
{
    private const string TypePrefix = "urn:sluice:problem:";

    internal SluiceApiException(int status, string type, string detail, IReadOnlyList<SluiceFieldProblem> errors)
        : base($"Sluice answered {status}: {detail}", null)
    {
        Status = status;
        Code = type.StartsWith(TypePrefix, StringComparison.Ordinal) ? type[TypePrefix.Length..] : type;
        Detail = detail;
        Errors = errors;
    }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>Names the kind of problem, for instance <c>not-found</c> or <c>declared-in-config</c>; it never changes.</summary>
    public string Code { get; }

    /// <summary>What happened this time, and what to do about it.</summary>
    public string Detail { get; }

    /// <summary>What is wrong with single fields; empty when the problem is not about fields.</summary>
    public IReadOnlyList<SluiceFieldProblem> Errors { get; }

    /// <inheritdoc/>
    public override bool IsTransient => Status is 429 or 502 or 503 or 504 || Code == "still-running";
}

/// <summary>Sluice gave no answer, or none that can be understood.</summary>
public sealed class SluiceConnectionException : SluiceException
{
    internal SluiceConnectionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
