namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    /// <summary>Creates an order, or updates the one with the same id. Repeating it changes nothing. The account's eCommerce app must be active.</summary>
    /// <param name="order">The order.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is stored.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/create-order"/>
    public Task PutOrderAsync(BrevoOrder order, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(order);
        var buffer = new PooledBuffer(order.ByteCount);
        buffer.Write(order.Json);
        return _transport.WriteAsync(BrevoEndpoints.OrdersPut, "/orders/status", new BrevoContent(buffer), cancellationToken);
    }
}
