namespace Sluice.Simulators.Tests.Brevo.Orders;

public sealed class OrderTests : IAsyncLifetime
{
    private const string Whole = """
        {"id":"A-1","createdAt":"2026-03-01T09:00:00.000Z","updatedAt":"2026-03-01T09:00:00Z","status":"completed","amount":12.5,"products":[{"productId":"p","price":5,"quantity":2}],"identifiers":{"ext_id":"u1"}}
        """;

    private BrevoHarness _brevo = null!;
    private long _jane;

    public async ValueTask InitializeAsync()
    {
        _brevo = await BrevoHarness.StartAsync();
        _jane = await _brevo.CreateAsync("jane@example.test", ""","ext_id":"u1" """);
    }

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    [Fact]
    public async Task The_same_id_again_updates_the_order()
    {
        (await _brevo.PostAsync("/orders/status", Whole)).IsEmpty(204);
        (await _brevo.PostAsync("/orders/status", Whole.Replace("completed", "refunded", StringComparison.Ordinal))).IsEmpty(204);

        var order = Assert.Single(_brevo.Simulator.Orders);
        Assert.Equal(("A-1", _jane, "refunded", 12.5, 2), (order.Id, order.ContactId, order.Status, order.Amount, order.Writes));
        var read = (await _brevo.GetAsync("/orders?limit=10")).Json;
        Assert.Equal("refunded", Assert.Single(read.GetProperty("orders").EnumerateArray()).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("\"id\":\"A-1\",", "", "missing_parameter")]
    [InlineData("\"A-1\"", "7", "invalid_parameter")]
    [InlineData("\"status\":\"completed\",", "", "missing_parameter")]
    [InlineData("\"amount\":12.5,", "", "missing_parameter")]
    [InlineData("12.5", "\"12.5\"", "invalid_parameter")]
    [InlineData("2026-03-01T09:00:00.000Z", "2026-03-01", "invalid_parameter")]
    [InlineData("2026-03-01T09:00:00.000Z", "2026-03-01T09:00:00+02:00", "invalid_parameter")]
    [InlineData("\"productId\":\"p\",", "", "missing_parameter")]
    [InlineData("\"price\":5,", "", "missing_parameter")]
    [InlineData("\"quantity\":2", "\"quantity\":2.5", "invalid_parameter")]
    [InlineData("\"quantity\":2", "\"quantity\":2,\"quantityFloat\":2.5", "invalid_parameter")]
    [InlineData("[{\"productId\":\"p\",\"price\":5,\"quantity\":2}]", "null", "missing_parameter")]
    [InlineData("{\"ext_id\":\"u1\"}", "{}", "missing_parameter")]
    [InlineData("{\"ext_id\":\"u1\"}", "{\"contact_id\":1}", "missing_parameter")]
    public async Task What_is_missing_or_of_another_type_is_refused(string part, string instead, string code)
    {
        Assert.Contains(part, Whole, StringComparison.Ordinal);
        (await _brevo.PostAsync("/orders/status", Whole.Replace(part, instead, StringComparison.Ordinal))).IsError(400, code);
        Assert.Empty(_brevo.Simulator.Orders);
    }

    [Fact]
    public async Task Orders_have_an_allowance_of_their_own()
    {
        await using var brevo = await BrevoHarness.StartAsync(o => o with { Limits = new() });
        for (var i = 0; i < 5; i++)
        {
            (await brevo.PostAsync("/orders/status", Whole)).IsEmpty(204);
        }

        Assert.Equal(429, (await brevo.PostAsync("/orders/status", Whole)).Status);
        Assert.Equal(200, (await brevo.GetAsync("/orders")).Status);
        brevo.Clock.Advance(TimeSpan.FromSeconds(1));
        (await brevo.PostAsync("/orders/status", Whole)).IsEmpty(204);
    }

    [Fact]
    public async Task Without_the_app_there_are_no_orders()
    {
        await using var brevo = await BrevoHarness.StartAsync(o => o with { IsEcommerceActive = false });
        (await brevo.PostAsync("/orders/status", Whole)).IsError(403, "permission_denied");
        Assert.Equal(200, (await brevo.PostAsync("/ecommerce/activate", "{}")).Status);
        (await brevo.PostAsync("/orders/status", Whole)).IsEmpty(204);
    }
}
