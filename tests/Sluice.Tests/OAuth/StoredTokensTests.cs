using System.Collections.Concurrent;
using System.Text;
using Sluice.Core.Management;
using Sluice.Hosting;
using Sluice.Mixpanel.Client;

namespace Sluice.Tests.OAuth;

/// <summary>Whose turn it is to spend a refresh token, and what is kept of it.</summary>
public sealed class StoredTokensTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly MixpanelTokenSet Second = new("access-2", "refresh-2", Start.AddHours(1));

    private readonly Kept _kept = new() { Now = Start };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_begins_with_what_somebody_gave_and_goes_on_with_what_was_written()
    {
        var node = Node("first");
        Assert.Equal(MixpanelTokenSet.OfRefreshToken("refresh-1"), await node.ReadAsync(Token));
        Assert.Equal(TokenTurn.Mine, await node.TakeTurnAsync("refresh-1", Token));
        Assert.Equal(MixpanelTokenSet.OfRefreshToken("refresh-1"), await node.ReadAsync(Token));
        await node.WriteAsync("refresh-1", Second, Token);
        Assert.Equal(Second, await Node("second").ReadAsync(Token));
        Assert.Equal(TokenTurn.Past, await Node("second").TakeTurnAsync("refresh-1", Token));
        Assert.Equal(TokenTurn.Mine, await Node("second").TakeTurnAsync("refresh-2", Token));
    }

    [Fact]
    public async Task A_turn_keeps_others_away_until_it_runs_out_and_its_owner_takes_it_up_again()
    {
        Assert.Equal(TokenTurn.Mine, await Node("first").TakeTurnAsync("refresh-1", Token));
        _kept.Now += OAuthTokens.Deadline;
        Assert.Equal(TokenTurn.Others, await Node("second").TakeTurnAsync("refresh-1", Token));

        // Whoever restarts under the same name does not wait for themselves, and knows that something was cut off.
        Assert.Equal(TokenTurn.MineAfterBreak, await Node("first").TakeTurnAsync("refresh-1", Token));
        _kept.Now += OAuthTokens.Deadline * 2;
        Assert.Equal(TokenTurn.MineAfterBreak, await Node("second").TakeTurnAsync("refresh-1", Token));
    }

    [Theory]
    [InlineData(false, TokenTurn.Mine)]
    [InlineData(true, TokenTurn.MineAfterBreak)]
    public async Task A_turn_that_ended_lets_others_in_at_once(bool perhapsSpent, TokenTurn expected)
    {
        await Node("first").TakeTurnAsync("refresh-1", Token);
        await Node("second").EndTurnAsync("refresh-1", perhapsSpent: false, Token);
        Assert.Equal(TokenTurn.Others, await Node("second").TakeTurnAsync("refresh-1", Token));
        await Node("first").EndTurnAsync("refresh-1", perhapsSpent, Token);
        Assert.Equal(expected, await Node("second").TakeTurnAsync("refresh-1", Token));
    }

    [Fact]
    public async Task An_answer_that_comes_after_its_turn_is_kept_and_one_for_another_token_is_not()
    {
        await Node("first").TakeTurnAsync("refresh-1", Token);
        _kept.Now += OAuthTokens.Deadline * 2;
        await Node("second").TakeTurnAsync("refresh-1", Token);

        // The endpoint has given its only answer to the first one.
        await Node("first").WriteAsync("refresh-1", Second, Token);
        Assert.Equal(Second, await Node("second").ReadAsync(Token));
        await Node("second").WriteAsync("refresh-1", new MixpanelTokenSet("late", "late", null), Token);
        Assert.Equal(Second, await Node("second").ReadAsync(Token));
    }

    [Fact]
    public async Task Nothing_of_it_lies_there_in_the_clear_or_opens_elsewhere()
    {
        await Node("first").TakeTurnAsync("refresh-1", Token);
        await Node("first").WriteAsync("refresh-1", Second, Token);
        foreach (var secret in (string[])["access", "refresh"])
        {
            Assert.Equal(-1, _kept.Content!.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)));
        }

        await Assert.ThrowsAsync<StartException>(async () => await Node("first", "another").ReadAsync(Token));
    }

    [Fact]
    public async Task Of_two_sources_in_one_process_one_has_the_turn()
    {
        var process = new ConcurrentDictionary<string, StoredTokens>();
        var (first, second) = (Node("embedded", turns: process), Node("embedded", turns: process));
        Assert.Equal(TokenTurn.Mine, await first.TakeTurnAsync("refresh-1", Token));
        Assert.Equal(TokenTurn.Others, await second.TakeTurnAsync("refresh-1", Token));
        await second.EndTurnAsync("refresh-1", perhapsSpent: false, Token);
        Assert.Equal(TokenTurn.Others, await second.TakeTurnAsync("refresh-1", Token));
        await first.EndTurnAsync("refresh-1", perhapsSpent: false, Token);
        Assert.Equal(TokenTurn.Mine, await second.TakeTurnAsync("refresh-1", Token));

        // Also here a turn ends by itself, and after a restart the owner's is taken up at once.
        Assert.Equal(TokenTurn.Others, await first.TakeTurnAsync("refresh-1", Token));
        _kept.Now += OAuthTokens.Deadline * 2;
        Assert.Equal(TokenTurn.MineAfterBreak, await first.TakeTurnAsync("refresh-1", Token));
        Assert.Equal(TokenTurn.MineAfterBreak, await Node("embedded").TakeTurnAsync("refresh-1", Token));
    }

    /// <param name="turns">Those of its process; null is one of its own.</param>
    private StoredTokens Node(string owner, string project = "shop", ConcurrentDictionary<string, StoredTokens>? turns = null) =>
        new(_kept, new SecretBox(new byte[32]), project, "name", "refresh-1", owner, turns ?? new());

    /// <summary>One row in memory, and the store's clock.</summary>
    private sealed class Kept : IAuthorisations
    {
        public DateTimeOffset Now { get; set; }

        public byte[]? Content { get; private set; }

        public Task<byte[]?> ReadAsync(string project, string name, CancellationToken cancellationToken) => Task.FromResult(Content);

        public Task<T> UpdateAsync<T>(string project, string name, Func<byte[]?, DateTimeOffset, (byte[] Content, T Result)> change, CancellationToken cancellationToken)
        {
            (Content, var result) = change(Content, Now);
            return Task.FromResult(result);
        }

        public Task ForgetAsync(string project, string name, CancellationToken cancellationToken)
        {
            Content = null;
            return Task.CompletedTask;
        }

        public Task ForgetOldAsync(string project, string inUse, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
