namespace Sluice.Simulators.Brevo.Orders;

/// <summary>An order as it is stored.</summary>
internal sealed record StoredOrder(
    string Id, long ContactId, string Status, double Amount, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Json, int Writes);

/// <summary>The orders of the account: one under each id, however often it is written.</summary>
internal sealed class OrderBook
{
    private readonly Dictionary<string, StoredOrder> _orders = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    /// <summary>In the order in which they first came.</summary>
    public IEnumerable<StoredOrder> All => _order.Select(id => _orders[id]);

    public void Put(StoredOrder order)
    {
        if (_orders.TryGetValue(order.Id, out var before))
        {
            _orders[order.Id] = order with { Writes = before.Writes + 1 };
        }
        else
        {
            _order.Add(order.Id);
            _orders[order.Id] = order;
        }
    }
}
