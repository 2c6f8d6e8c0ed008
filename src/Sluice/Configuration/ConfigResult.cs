namespace Sluice.Configuration;

/// <summary>What came of reading a config file.</summary>
/// <param name="File">The file, as it was asked for.</param>
/// <param name="Settings">Null exactly when there are problems.</param>
/// <param name="Problems">Everything that is wrong, in the order of the file.</param>
/// <param name="Warnings">What is accepted but may not be what was meant, in the order of the file.</param>
public sealed record ConfigResult(
    string File,
    SluiceSettings? Settings,
    IReadOnlyList<ConfigProblem> Problems,
    IReadOnlyList<ConfigProblem> Warnings);
