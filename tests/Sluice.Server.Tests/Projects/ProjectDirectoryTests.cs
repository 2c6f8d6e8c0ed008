using Sluice.Core.Projects;
using Sluice.Server.Tests.Fakes;
using Sluice.Testing;

namespace Sluice.Server.Tests.Projects;

public sealed class ProjectDirectoryTests
{
    private const string Source = "203.0.113.7";

    private static readonly SecretHasher Hasher = new("a master key for tests"u8);
    private static readonly Project Shop = new("shop", "shop-access", RemoteProject: null, TimeZoneInfo.Utc);
    private static readonly Project Blog = new("blog", "blog-access", RemoteProject: null, TimeZoneInfo.Utc);

    private readonly VirtualTime _time = new();

    [Fact]
    public async Task The_right_keys_open_their_project_and_no_others()
    {
        var directory = Directory();

        Assert.Same(Shop, await Ask(directory, "shop-access", "shop-secret"));
        Assert.Same(Blog, await Ask(directory, "blog-access", "blog-secret"));
        Assert.Null(await Ask(directory, "shop-access", "blog-secret"));
        Assert.Null(await Ask(directory, "nobody", "shop-secret"));
        Assert.Null(await Ask(directory, "shop-access", "shop-secre"));
        Assert.Null(await Ask(directory, "shop-access", ""));
        Assert.Null(await Ask(directory, "", ""));
    }

    [Fact]
    public void A_project_is_found_by_its_exact_id()
    {
        var directory = Directory();

        Assert.Same(Shop, directory.Find("shop"));
        Assert.Null(directory.Find("Shop"));
        Assert.Null(directory.Find(""));
    }

    [Fact]
    public async Task Two_secret_keys_may_be_live_at_once()
    {
        var directory = new ProjectDirectory(
            [Shop], [new(Shop.Id, Shop.AccessKey, [Hasher.Hash(Shop.Id, "old"), Hasher.Hash(Shop.Id, "new")])], Hasher, _time);

        Assert.NotNull(await Ask(directory, Shop.AccessKey, "old"));
        Assert.NotNull(await Ask(directory, Shop.AccessKey, "new"));

        directory.Replace([Shop], [new(Shop.Id, Shop.AccessKey, [Hasher.Hash(Shop.Id, "new")])]);

        Assert.Null(await Ask(directory, Shop.AccessKey, "old"));
        Assert.NotNull(await Ask(directory, Shop.AccessKey, "new"));
    }

    [Fact]
    public async Task Keys_that_are_absurdly_long_are_wrong_and_cost_nothing()
    {
        Assert.Null(await Ask(Directory(), new string('a', 100_000), new string('b', 100_000)));
    }

    [Fact]
    public async Task From_the_sixth_failure_on_the_answer_waits_twice_as_long_each_time_up_to_half_a_minute()
    {
        var directory = Directory();
        for (var i = 0; i < FailureDelay.FreeFailures; i++)
        {
            var answer = Ask(directory, Shop.AccessKey, "wrong");
            Assert.True(answer.IsCompleted);
            Assert.Null(await answer);
        }

        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            var answer = Ask(directory, Shop.AccessKey, "wrong");
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.False(answer.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Null(await answer.WaitAsync(Eventually.DefaultLimit, TimeProvider.System, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_right_answer_waits_for_nobodys_failures_and_forgives_its_own_source()
    {
        var directory = Directory();
        for (var i = 0; i < FailureDelay.FreeFailures; i++)
        {
            await Ask(directory, Shop.AccessKey, "wrong");
        }

        var right = Ask(directory, Shop.AccessKey, "shop-secret");
        Assert.True(right.IsCompleted);
        Assert.Same(Shop, await right);
        Assert.True(Ask(directory, Shop.AccessKey, "wrong").IsCompleted);
    }

    [Fact]
    public async Task Failures_of_one_source_do_not_slow_down_the_wrong_answers_of_another_or_of_another_key()
    {
        var directory = Directory();
        for (var i = 0; i < FailureDelay.FreeFailures; i++)
        {
            await Ask(directory, Shop.AccessKey, "wrong");
        }

        Assert.True(Ask(directory, Shop.AccessKey, "wrong", "198.51.100.1").IsCompleted);
        Assert.True(Ask(directory, Blog.AccessKey, "wrong").IsCompleted);
        Assert.False(Ask(directory, Shop.AccessKey, "wrong").IsCompleted);
    }

    [Fact]
    public async Task A_waiting_answer_can_be_given_up()
    {
        var directory = Directory();
        for (var i = 0; i < FailureDelay.FreeFailures; i++)
        {
            await Ask(directory, Shop.AccessKey, "wrong");
        }

        using var leaving = new CancellationTokenSource();
        var answer = directory.AuthenticateAsync(Shop.AccessKey, "wrong", Source, leaving.Token).AsTask();
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
    }

    [Fact]
    public void A_directory_that_could_not_be_right_is_refused_whole()
    {
        ProjectCredentials shop = new(Shop.Id, Shop.AccessKey, [Hasher.Hash(Shop.Id, "s")]);
        ProjectCredentials blog = new(Blog.Id, Blog.AccessKey, [Hasher.Hash(Blog.Id, "s")]);
        var three = Enumerable.Repeat(Hasher.Hash(Shop.Id, "s"), 3).ToList();
        (Project[] Projects, ProjectCredentials[] Credentials, string Why)[] wrong =
        [
            ([Shop, Shop], [shop], "Two projects have the id \"shop\"."),
            ([Shop], [shop, blog], "unknown project \"blog\""),
            ([Shop, Blog], [shop], "\"blog\" has no credentials"),
            ([Shop], [shop, shop], "shares its access key"),
            ([Shop], [shop with { AccessKey = "other" }], "another access key"),
            ([Shop], [shop with { Secrets = [] }], "needs one secret key"),
            ([Shop], [shop with { Secrets = three }], "needs one secret key"),
            ([Shop, Blog with { AccessKey = Shop.AccessKey }], [shop, blog with { AccessKey = Shop.AccessKey }], "shares its access key"),
        ];
        foreach (var (projects, credentials, why) in wrong)
        {
            var directory = Directory();
            var exception = Assert.Throws<ArgumentException>(() => directory.Replace(projects, credentials));
            Assert.Contains(why, exception.Message, StringComparison.Ordinal);
            Assert.Equal(["blog", "shop"], directory.All.Select(project => project.Id).Order());
        }
    }

    private ProjectDirectory Directory() => new(
        [Shop, Blog],
        [
            new(Shop.Id, Shop.AccessKey, [Hasher.Hash(Shop.Id, "shop-secret")]),
            new(Blog.Id, Blog.AccessKey, [Hasher.Hash(Blog.Id, "blog-secret")]),
        ],
        Hasher,
        _time);

    private static Task<Project?> Ask(ProjectDirectory directory, string accessKey, string secretKey, string source = Source) =>
        directory.AuthenticateAsync(accessKey, secretKey, source, TestContext.Current.CancellationToken).AsTask();
}
