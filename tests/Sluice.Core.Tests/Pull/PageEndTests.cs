using Sluice.Core.Pull;

namespace Sluice.Core.Tests.Pull;

public sealed class PageEndTests
{
    [Theory]
    // Two pages, as the documents show them.
    [InlineData(1000, 1000, 1000L, 1003L, null, false, false)]
    [InlineData(3, 1000, 1003L, 1003L, null, true, false)]
    // A whole number of pages: the total says that nothing follows.
    [InlineData(1000, 1000, 2000L, 2000L, null, true, false)]
    // One full page: the total may be that of the page alone, unless the list of cohorts agrees.
    [InlineData(1000, 1000, 1000L, 1000L, null, false, false)]
    [InlineData(1000, 1000, 1000L, 1000L, 100_000L, false, false)]
    [InlineData(1000, 1000, 1000L, 1000L, 1000L, true, false)]
    // Without a total a page that is not full ends it.
    [InlineData(1000, 1000, 5000L, null, null, false, false)]
    [InlineData(999, 1000, 4999L, null, null, true, false)]
    [InlineData(0, 1000, 5000L, null, null, true, false)]
    // Nobody.
    [InlineData(0, 1000, 0L, 0L, 0L, true, false)]
    // A page that is not full before the promised number: asked on, until one is empty.
    [InlineData(500, 1000, 2500L, 5000L, null, false, false)]
    [InlineData(0, 1000, 2500L, 5000L, null, true, true)]
    // More than were promised.
    [InlineData(1000, 1000, 6000L, 5500L, null, true, false)]
    // A page size that was not said.
    [InlineData(10, 0, 10L, 10L, null, true, false)]
    [InlineData(10, 0, 10L, 20L, null, false, false)]
    public void Whether_a_page_is_the_last(int records, int size, long received, long? total, long? expected, bool isLast, bool isShort)
    {
        var end = new PageEnd(records, size, received, total, expected);
        Assert.Equal((isLast, isShort), (end.IsLast, end.IsShort));
    }

    [Fact]
    public void A_session_never_ends_before_its_last_page()
    {
        Assert.Equal(2, new PageEnd(1000, 1000, 1000, 1003, null).Pages(1));
        Assert.Equal(2, new PageEnd(3, 1000, 1003, 1003, null).Pages(2));
        Assert.Equal(100, new PageEnd(1000, 1000, 1000, 100_000, null).Pages(1));

        // One more than promised, and no total: there is always one to come.
        Assert.Equal(6, new PageEnd(500, 1000, 4500, 5000, null).Pages(5));
        Assert.Equal(8, new PageEnd(1000, 1000, 7000, null, null).Pages(7));

        // One fewer than promised.
        Assert.Equal(1, new PageEnd(7, 1000, 7, 7, null).Pages(1));
    }
}
