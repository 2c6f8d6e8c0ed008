using System.Net;
using Sluice.Core.Management;
using Sluice.Server.Management;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Management;

/// <summary>How budgets look on the wire, and whose they are.</summary>
public sealed class BudgetRoutesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_budget_is_told_with_its_unit_its_window_and_when_more_comes()
    {
        var noon = new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
        var desk = new Desk(
            new BudgetStatus("query", BudgetUnit.Calls, TimeSpan.FromHours(1), 60, 39, 20, 1, noon.AddHours(1), null),
            new BudgetStatus("ingestion", BudgetUnit.Megabytes, TimeSpan.FromMinutes(1), 2_000, 999, 0, null, null, noon.AddMinutes(5)));
        var (status, body) = await GetAsync(desk);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """
            {"items":[
            {"name":"query","unit":"calls","windowSeconds":3600,"limit":60,"left":39,"reserved":20,"running":1,"moreAt":"2026-01-15T13:00:00+00:00","heldUntil":null},
            {"name":"ingestion","unit":"megabytes","windowSeconds":60,"limit":2000,"left":999,"reserved":0,"running":null,"moreAt":null,"heldUntil":"2026-01-15T12:05:00+00:00"}]}
            """.ReplaceLineEndings(""),
            body);
        Assert.Equal(["shop"], desk.Asked);
    }

    [Fact]
    public async Task Where_no_Mixpanel_project_is_connected_the_list_is_empty() => Assert.Equal((HttpStatusCode.OK, """{"items":[]}"""), await GetAsync(new Desk()));

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(Desk desk)
    {
        await using var app = await ManagementApp.StartAsync(ManagementApp.NoServices with { Budgets = desk }, BudgetRoutes.Map, Token);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        // Which project it is about follows from the keys: what a caller names besides changes nothing.
        using var answer = await http.GetAsync(new Uri(new Uri(app.Urls.Single()), "/budgets?project=blog"), Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    /// <summary>Tells what the test wants, and remembers for whom.</summary>
    private sealed class Desk(params BudgetStatus[] budgets) : IBudgetDesk
    {
        public List<string> Asked { get; } = [];

        public Task<IReadOnlyList<BudgetStatus>> ListAsync(string project, CancellationToken cancellationToken)
        {
            Asked.Add(project);
            return Task.FromResult<IReadOnlyList<BudgetStatus>>(budgets);
        }
    }
}
