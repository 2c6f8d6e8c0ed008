using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class OfficialClientTests : IClassFixture<OfficialClients>
{
    private const string Project = "12345";

    [Fact]
    public async Task Mixpanels_own_node_client_works_against_the_simulator()
    {
        using var certificate = Certificate();
        var trusted = Path.Combine(Path.GetTempPath(), $"mixpanel-{Guid.NewGuid():N}.pem");
        await using var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions
            {
                Certificate = certificate,
                Projects = [new MixpanelProject { Identity = MixpanelIdentityMode.Original, GroupKeys = ["company"] }],
            },
            TestContext.Current.CancellationToken);
        try
        {
            await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
            using var seen = JsonDocument.Parse(await OfficialClients.RunTrustingAsync(
                trusted, "mixpanel.mjs", mixpanel.BaseUrl.ToString(), "simulator-token", "simulator.account", "simulator-secret", Project,
                "simulator-api-secret"));

            var refused = seen.RootElement.EnumerateObject()
                .Where(entry => entry.Value.GetRawText() is not ("\"ok\"" or "[\"ok\",\"ok\"]" or "[\"ok\"]" or "[]"))
                .Select(entry => $"{entry.Name}: {entry.Value}");
            Assert.Equal(
                [
                    """importWrong: Mixpanel Server Error: {"code":401,"error":"Invalid credentials","status":"Unauthorized"}""",
                    "importBad: Mixpanel Server Error: 'properties.distinct_id' is invalid: must not be a placeholder",
                ],
                refused);
        }
        finally
        {
            File.Delete(trusted);
        }

        var events = mixpanel.Events(Project);
        Assert.Equal(
            ["/import Old 3", "/track $create_alias 1", "/track Batch 60", "/track Signed up 2"],
            events.GroupBy(stored => $"{stored.Endpoint} {stored.Name}").Select(group => $"{group.Key} {group.Count()}").Order(StringComparer.Ordinal));
        var signedUp = MixpanelHarness.Properties(events.Single(stored => stored is { Name: "Signed up", DistinctId: "u-1" }));
        Assert.Equal(
            ("pro ≠ basic", "node", "Lyon"),
            (signedUp.GetProperty("plan").GetString(), signedUp.GetProperty("mp_lib").GetString(), signedUp.GetProperty("$city").GetString()));
        Assert.All(events.Where(stored => stored.Name == "Batch"), stored =>
            Assert.Equal("???>>>~~~ü", MixpanelHarness.Properties(stored).GetProperty("text").GetString()));
        Assert.Equal(["i-3"], events.Where(stored => stored is { Name: "Old", InsertIdSent: true }).Select(stored => stored.InsertId));

        var ana = JsonElement.Parse(Assert.Single(mixpanel.Profiles(Project)).PropertiesJson);
        Assert.Equal(
            ("pro", 2, "[\"a\"]", "[\"y\",\"z\"]", 29.5, false),
            (ana.GetProperty("plan").GetString(), ana.GetProperty("logins").GetInt32(), ana.GetProperty("history").GetRawText(),
             ana.GetProperty("tags").GetRawText(), ana.GetProperty("$transactions")[0].GetProperty("$amount").GetDouble(),
             ana.TryGetProperty("$first_name", out _)));
        Assert.False(ana.TryGetProperty("$city", out _));
        Assert.Equal(
            [("acme", """{"$name":"Acme","tags":["b2b"]}""")],
            mixpanel.Groups(Project).Select(group => (group.GroupId, group.PropertiesJson)));
        Assert.Equal(["u-1", "alias-1"], Assert.Single(mixpanel.Clusters(Project)).Ids);
        Assert.DoesNotContain(mixpanel.Calls.ByStatus.Keys, status => status is not (200 or 401));
    }

    // Loopback's own, for a moment: the client sends its credentials over TLS alone.
    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
    }
}
