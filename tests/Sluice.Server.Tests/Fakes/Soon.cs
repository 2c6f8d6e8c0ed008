using Sluice.Testing;

namespace Sluice.Server.Tests.Fakes;

/// <summary><see cref="Eventually"/> under the running test's own token.</summary>
internal static class Soon
{
    public static Task TrueAsync(string what, Func<bool> condition) =>
        Eventually.TrueAsync(what, condition, cancellationToken: TestContext.Current.CancellationToken);
}
