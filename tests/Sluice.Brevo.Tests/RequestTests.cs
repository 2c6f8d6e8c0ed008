namespace Sluice.Brevo.Tests;

public sealed class RequestTests
{
    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_request_has_exactly_these_bytes(string name)
    {
        var golden = GoldenRequests.All.Single(request => request.Name == name);
        var brevo = new FakeBrevo().Answer(golden.Status, golden.Answer);

        await golden.Call(brevo.Client());

        Assert.Equal(golden.Expected.ReplaceLineEndings("\n"), Assert.Single(brevo.Requests));
        Assert.Equal(golden.Endpoint.Name, Assert.Single(brevo.Gate.Entered).Endpoint);
        Assert.Equal(golden.Endpoint.Bucket, brevo.Gate.Entered[0].Bucket);
    }

    [Fact]
    public void Every_endpoint_has_a_golden_request() =>
        Assert.Equal(
            BrevoEndpoints.All.Select(endpoint => endpoint.Name).Order(StringComparer.Ordinal),
            GoldenRequests.All.Select(request => request.Endpoint.Name).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("https://api.brevo.com/v3")]
    [InlineData("https://api.brevo.com/v3/")]
    public async Task A_slash_behind_the_base_address_makes_no_difference(string address)
    {
        var brevo = new FakeBrevo().Answer(200, "{}");

        await brevo.Client(new Uri(address)).GetAccountAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("GET https://api.brevo.com/v3/account\n", brevo.Requests[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a b?c#d&e", "a%20b%3Fc%23d%26e")]
    [InlineData("../contacts", "..%2Fcontacts")]
    [InlineData("100%", "100%25")]
    [InlineData("민수", "%EB%AF%BC%EC%88%98")]
    public async Task An_identifier_cannot_leave_its_path_segment(string externalId, string segment)
    {
        var brevo = new FakeBrevo().Answer(204);

        await brevo.Client().DeleteContactAsync(BrevoContactIdentifier.ExternalId(externalId), TestContext.Current.CancellationToken);

        Assert.StartsWith($"DELETE https://api.brevo.com/v3/contacts/{segment}?identifierType=ext_id\n", brevo.Requests[0], StringComparison.Ordinal);
    }

    public static TheoryData<string> Names() => [.. GoldenRequests.All.Select(request => request.Name)];
}
