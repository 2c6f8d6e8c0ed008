namespace Sluice.Core.Doctor;

/// <summary>How bad it is.</summary>
public enum FindingSeverity
{
    /// <summary>Good to know; nothing is lost.</summary>
    Note,

    /// <summary>It works, and not as it could, or not for long.</summary>
    Warning,

    /// <summary>Something does not work until somebody acts.</summary>
    Error,
}

/// <summary>Something that can be wrong, whoever it is wrong for.</summary>
/// <param name="Code">Stable, for scripts.</param>
/// <param name="What">What a person sees.</param>
/// <param name="Cause">Why it is so.</param>
/// <param name="Remedy">What to do.</param>
public sealed record FindingKind(string Code, FindingSeverity Severity, string What, string Cause, string Remedy);

/// <summary>Something that is wrong.</summary>
/// <param name="Project">Whose it is; null when it is the whole installation's.</param>
/// <param name="Seen">What was seen, in a sentence. No credentials and nobody's data.</param>
public sealed record Finding(FindingKind Kind, string? Project, string Seen);
