namespace Sluice.Core.Tests.Delivery.Limiter;

/// <summary>A remote that counts calls at instants of its own and knows nothing of the book.</summary>
internal sealed class ReceiverModel
{
    private readonly List<DateTimeOffset> _counted = [];

    public int Total => _counted.Count;

    public void Count(DateTimeOffset at) => _counted.Add(at);

    /// <summary>The most calls that any span of the window's length held, both ends included.</summary>
    public int Fullest(TimeSpan length)
    {
        _counted.Sort();
        var fullest = 0;
        var first = 0;
        for (var last = 0; last < _counted.Count; last++)
        {
            while (_counted[last] - _counted[first] > length)
            {
                first++;
            }

            fullest = Math.Max(fullest, last - first + 1);
        }

        return fullest;
    }
}
