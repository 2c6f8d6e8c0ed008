using Sluice.Simulators.Mixpanel;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed class AnswerTests
{
    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    public async Task A_correct_success_is_no_violation(string contentType)
    {
        await using var bench = await RunWithAsync(call => ScriptedAnswer.Success(call) with { ContentType = contentType });

        Assert.Equal(RunOutcome.Succeeded, bench.Status.LastRun!.Outcome);
        Assert.Empty(bench.Simulator.Violations);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task A_correct_failure_is_no_violation_and_its_message_is_kept(int status)
    {
        await using var bench = await RunWithAsync(call => ScriptedAnswer.Failure(call, status, "ein Grund"));

        Assert.Equal("ein Grund", bench.Status.LastError);
        Assert.Empty(bench.Simulator.Violations);
    }

    [Fact]
    public async Task A_failure_may_not_know_the_action()
    {
        await using var bench = await RunWithAsync(static _ =>
            new ScriptedAnswer(401, """{"action":null,"status":"failure","error":{"message":"who are you","code":401}}"""));

        Assert.Equal(SyncState.Paused, bench.Status.State);
        Assert.Empty(bench.Simulator.Violations);
    }

    [Theory]
    [InlineData(200, """{"action":"members","status":"success"}""", "text/plain", RunOutcome.Succeeded, "the content type is text/plain and not application/json")]
    [InlineData(200, """{"action":"members","status":"success"}""", "", RunOutcome.Succeeded, "the content type is missing and not application/json")]
    [InlineData(200, """{"action":"members","status":"success","id":1}""", "application/json", RunOutcome.Succeeded, "the body has the keys action, status, id and not exactly action, status")]
    [InlineData(200, """{"status":"success"}""", "application/json", RunOutcome.Succeeded, "the body has the keys status and not exactly action, status")]
    [InlineData(200, """{"action":"members","action":"members","status":"success"}""", "application/json", RunOutcome.Succeeded, "the body has the keys action, action, status and not exactly action, status")]
    [InlineData(200, """{"action":"add_members","status":"success"}""", "application/json", RunOutcome.Succeeded, "the action is not the members of the call")]
    [InlineData(200, """{"action":null,"status":"success"}""", "application/json", RunOutcome.Succeeded, "the action is not the members of the call")]
    [InlineData(200, """{"action":"members","status":"ok"}""", "application/json", RunOutcome.Failed, "status is neither success nor failure")]
    [InlineData(200, """{"action":"members","status":"failure","error":{"message":"x","code":200}}""", "application/json", RunOutcome.Failed, "status 200 came with a failure body")]
    [InlineData(202, """{"action":"members","status":"success"}""", "application/json", RunOutcome.Failed, "status 202 is not 200")]
    [InlineData(503, """{"action":"members","status":"success"}""", "application/json", RunOutcome.Failed, "status 503 came with a success body")]
    [InlineData(200, "", "application/json", RunOutcome.Failed, "the body is empty")]
    [InlineData(200, "<html>", "application/json", RunOutcome.Failed, "the body is not JSON")]
    [InlineData(200, "[]", "application/json", RunOutcome.Failed, "the body is not a JSON object")]
    [InlineData(403, """{"action":"members","status":"failure"}""", "application/json", RunOutcome.Paused, "the body has the keys action, status and not exactly action, status, error|the failure has no error object")]
    [InlineData(403, """{"action":"members","status":"failure","error":{"message":"x","code":400}}""", "application/json", RunOutcome.Paused, "error.code is 400 and the HTTP status 403")]
    [InlineData(403, """{"action":"members","status":"failure","error":{"message":"x","code":"403"}}""", "application/json", RunOutcome.Paused, "error.code is \"403\" and the HTTP status 403")]
    [InlineData(403, """{"action":"members","status":"failure","error":{"message":1,"code":403}}""", "application/json", RunOutcome.Paused, "error.message is not a string")]
    [InlineData(403, """{"action":"members","status":"failure","error":{"message":"x","code":403,"more":1}}""", "application/json", RunOutcome.Paused, "error has the keys message, code, more and not exactly message, code")]
    [InlineData(500, "", "", RunOutcome.Failed, "the content type is missing and not application/json|the body is empty")]
    public async Task A_departure_from_the_contract_is_written_down(int status, string body, string contentType, RunOutcome outcome, string problems)
    {
        await using var bench = await RunWithAsync(_ => new ScriptedAnswer(status, body, contentType));

        Assert.Equal(outcome, bench.Status.LastRun!.Outcome);
        Assert.Equal(problems.Split('|'), bench.Simulator.Violations.Select(static violation => violation.Problem));
        Assert.All(bench.Simulator.Violations, violation => Assert.Equal(
            (CohortSyncBench.CohortId, SyncAction.Members, 1, bench.Clock.GetUtcNow()),
            (violation.CohortId, violation.Action, violation.Page, violation.At)));
        Assert.Equal(problems.Split('|').Length, bench.Simulator.Counters.Violations);
    }

    [Fact]
    public async Task An_endless_answer_is_not_read_to_its_end()
    {
        await using var bench = await RunWithAsync(static _ => new ScriptedAnswer(200, new string(' ', 1_000_000)));

        Assert.Equal((RunOutcome.Failed, "the answer is too long"), (bench.Status.LastRun!.Outcome, bench.Status.LastError));
        Assert.Single(bench.Simulator.Violations);
    }

    private static async Task<CohortSyncBench> RunWithAsync(Func<ReceivedCall, ScriptedAnswer> answer)
    {
        var bench = await CohortSyncBench.StartManualAsync(new CohortSyncOptions { RetryDelays = [] });
        bench.Receiver.Script = (call, _) => Task.FromResult(answer(call));
        bench.Sync();
        await bench.RunAsync();
        return bench;
    }
}
