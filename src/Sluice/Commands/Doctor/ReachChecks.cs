using System.Globalization;
using Sluice.Core.Doctor;
using Sluice.Hosting;

namespace Sluice.Commands.Doctor;

/// <summary>Whether hosts answer at all, and which time they have. Carries no credentials.</summary>
internal static class ReachChecks
{
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(30);

    /// <summary>Mixpanel's four families of hosts, each once.</summary>
    public static async Task MixpanelAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        if (context.Project.Mixpanel is not { Enabled: true } mixpanel)
        {
            return;
        }

        var hosts = MixpanelAccess.HostsOf(mixpanel);
        List<(string Family, Uri Root)> families = [("export", hosts.Export), ("app", hosts.App), ("query", hosts.Query)];
        if (!Forwarding.ScopeOf(context.Project).IsNothing)
        {
            families.Add(("ingestion", hosts.Ingestion));
        }

        await Task.WhenAll(families.GroupBy(f => f.Root).Select(g => HostAsync(context, g.Key, string.Join(" and ", g.Select(f => f.Family)), cancellationToken)));
    }

    /// <summary>Our own address, from here.</summary>
    public static async Task OwnAddressAsync(Uri address, HttpClient http, TimeProvider time, Findings findings, CancellationToken cancellationToken)
    {
        var health = new Uri($"{address.AbsoluteUri.TrimEnd('/')}/health/ready");
        try
        {
            using var response = await GetAsync(http, health, time, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                findings.Add(
                    FindingCatalogue.PublicAddressUnreachable, project: null,
                    string.Create(CultureInfo.InvariantCulture, $"{health} answers {(int)response.StatusCode}."));
            }
        }
        catch (HttpRequestException e)
        {
            findings.Add(FindingCatalogue.PublicAddressUnreachable, project: null, $"{health} does not answer: {Reason(e)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            findings.Add(FindingCatalogue.PublicAddressUnreachable, project: null, $"{health} does not answer in time.");
        }
    }

    public static string Reason(HttpRequestException failure) => failure.InnerException?.Message ?? failure.Message;

    private static async Task HostAsync(DoctorContext context, Uri root, string families, CancellationToken cancellationToken)
    {
        try
        {
            var before = context.Time.GetUtcNow();
            using var response = await GetAsync(context.Http, root, context.Time, cancellationToken);
            var here = before + ((context.Time.GetUtcNow() - before) / 2);
            if (response.Headers.Date is { } there && (there - here).Duration() is var skew && skew > LargestSkew)
            {
                context.Findings.Add(
                    FindingCatalogue.ClockWrong, project: null,
                    string.Create(CultureInfo.InvariantCulture, $"This machine's clock is {skew.TotalSeconds:0} s {(here > there ? "ahead of" : "behind")} that of {root.Authority}."));
            }
        }
        catch (HttpRequestException e)
        {
            context.Add(FindingCatalogue.SourceUnreachable, $"{root.Authority} ({families}) does not answer: {Reason(e)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            context.Add(FindingCatalogue.SourceUnreachable, $"{root.Authority} ({families}) does not answer in time.");
        }
    }

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, Uri address, TimeProvider time, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(DoctorContext.CallLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
    }
}
