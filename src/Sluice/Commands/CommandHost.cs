using Sluice.Brevo;

namespace Sluice.Commands;

/// <summary>What commands take from around them. The writers come with the invocation.</summary>
public sealed record CommandHost
{
    /// <summary>This process.</summary>
    public static CommandHost Process { get; } = new();

    /// <summary>Gives the value of an environment variable, or null.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes what calls to destinations go through.</summary>
    public Func<HttpMessageHandler> Http { get; init; } = BrevoClient.CreateHandler;
}
