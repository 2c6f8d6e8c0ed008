namespace Sluice.Configuration;

/// <summary>One thing wrong, or worth knowing, in a config file. Never holds the value of a secret or of an environment variable.</summary>
/// <param name="Key">Path of the key, such as <c>connectors.mixpanel.lists.at_risk.mode</c>; empty when it is about the file.</param>
/// <param name="Line">From 1; 0 when it is about the file.</param>
/// <param name="Column">From 1; 0 when it is about the file.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What is accepted, or what to do.</param>
public sealed record ConfigProblem(string Key, int Line, int Column, string Message, string Remedy);
