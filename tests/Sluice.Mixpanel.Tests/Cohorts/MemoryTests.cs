using System.Text;
using Sluice.Mixpanel.Cohorts;

namespace Sluice.Mixpanel.Tests.Cohorts;

public sealed class MemoryTests
{
    private const int Members = 48_000;

    [Fact]
    public void A_page_of_30_MB_is_read_through_a_window_of_64_KiB()
    {
        var filler = new string('x', 560);
        var body = new GeneratedStream(Wrapped(i => $$"""{"mixpanel_distinct_id":"user-{{i:D6}}","note":"{{filler}}"}"""));

        using var page = Pages.Page(Pages.Parse(body));

        Assert.InRange(body.Produced, 29_000_000, 32 * 1024 * 1024);
        Assert.Equal(Members, page.Members.Count);
        Assert.Equal($"user-{Members - 1:D6}", page.Members[^1].DistinctId);
        Assert.Equal(64 * 1024, body.LargestRequest);
    }

    [Fact]
    public void The_window_grows_with_the_largest_member_and_not_with_the_page()
    {
        var small = new string('x', 500);
        var large = string.Join(',', Enumerable.Range(0, 20).Select(i => $"\"p{i}\":\"{new string('y', 10_000)}\""));
        var body = new GeneratedStream(Wrapped(i =>
            $$"""{"mixpanel_distinct_id":"u{{i}}",{{(i % 5_000 == 0 ? large : $"\"p\":\"{small}\"")}}}"""));

        using var page = Pages.Page(Pages.Parse(body));

        Assert.Equal(Members, page.Members.Count);
        Assert.True(body.Produced > 25_000_000);
        Assert.InRange(body.LargestRequest, 64 * 1024, 256 * 1024);
    }

    [Fact]
    public void What_is_not_kept_of_a_page_of_30_MB_takes_no_memory()
    {
        var junk = "[" + string.Join(',', Enumerable.Repeat("""{"k":["v",1,null]}""", 50)) + "],";
        IEnumerable<byte[]> Pieces()
        {
            yield return Encoding.UTF8.GetBytes("""{"ignored":[""");
            var piece = Encoding.UTF8.GetBytes(junk);
            for (var i = 0; i < 30_000_000 / piece.Length; i++)
            {
                yield return piece;
            }

            yield return Encoding.UTF8.GetBytes("0]," + Pages.WithMembers("""{"mixpanel_distinct_id":"u"}""")[1..]);
        }

        var body = new GeneratedStream(Pieces());
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var page = Pages.Page(Pages.Parse(body));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(body.Produced > 29_000_000);
        Assert.Equal("u", Assert.Single(page.Members).DistinctId);
        Assert.InRange(allocated, 0, 1_000_000);
    }

    [Fact]
    public void A_member_of_30_MB_is_set_aside_through_a_window_that_its_limit_bounds()
    {
        var list = "[" + string.Join(',', Enumerable.Repeat("\"value\"", 1_000)) + "],";
        IEnumerable<byte[]> Pieces()
        {
            yield return Encoding.UTF8.GetBytes(Pages.WithMembers()[..^3] + """{"mixpanel_distinct_id":"huge","l":[""");
            var piece = Encoding.UTF8.GetBytes(list);
            for (var i = 0; i < 30_000_000 / piece.Length; i++)
            {
                yield return piece;
            }

            yield return Encoding.UTF8.GetBytes("""0]},{"mixpanel_distinct_id":"u"}]}}""");
        }

        var body = new GeneratedStream(Pieces());
        using var page = Pages.Page(Pages.Parse(body, Pages.Options with { MaxMemberBytes = 200_000 }));

        Assert.Equal("u", Assert.Single(page.Members).DistinctId);
        Assert.Equal(CohortRejectionReasons.MemberTooLarge, Assert.Single(page.Rejected).Reason);
        Assert.InRange(body.LargestRequest, 64 * 1024, 256 * 1024);
    }

    [Fact]
    public void A_page_of_1000_members_allocates_a_few_bytes_a_member()
    {
        var body = Encoding.UTF8.GetBytes(Pages.WithMembers(
            [.. Enumerable.Range(0, 1_000).Select(i =>
                $$"""{"mixpanel_distinct_id":"user-{{i}}","email":"p{{i}}@example.org","plan":"trial","visits":{{i}}}""")]));
        for (var i = 0; i < 50; i++)
        {
            Pages.Page(Pages.Parse(body)).Dispose();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++)
        {
            Pages.Page(Pages.Parse(body)).Dispose();
        }

        // The pool may have to make a buffer anew when another thread holds them, so this is an upper bound by far.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 50_000.0, 0, 64);
    }

    private static IEnumerable<byte[]> Wrapped(Func<int, string> member)
    {
        var frame = Pages.WithMembers();
        yield return Encoding.UTF8.GetBytes(frame[..^3]);
        for (var i = 0; i < Members; i++)
        {
            yield return Encoding.UTF8.GetBytes((i == 0 ? "" : ",") + member(i));
        }

        yield return Encoding.UTF8.GetBytes(frame[^3..]);
    }

    /// <summary>A body that is made while it is read, so that nobody holds it.</summary>
    private sealed class GeneratedStream(IEnumerable<byte[]> pieces) : MemoryStream
    {
        private readonly IEnumerator<byte[]> _pieces = pieces.GetEnumerator();
        private ReadOnlyMemory<byte> _rest;

        public long Produced { get; private set; }

        public int LargestRequest { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            LargestRequest = Math.Max(LargestRequest, buffer.Length);
            while (_rest.IsEmpty)
            {
                if (!_pieces.MoveNext())
                {
                    return ValueTask.FromResult(0);
                }

                _rest = _pieces.Current;
            }

            var taken = Math.Min(buffer.Length, _rest.Length);
            _rest[..taken].CopyTo(buffer);
            _rest = _rest[taken..];
            Produced += taken;
            return ValueTask.FromResult(taken);
        }

        protected override void Dispose(bool disposing)
        {
            _pieces.Dispose();
            base.Dispose(disposing);
        }
    }
}
