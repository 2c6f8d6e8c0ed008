using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Mixpanel.Client;

public sealed partial class MixpanelQueryClient
{
    /// <summary>
    /// Runs a script and streams its rows, whatever they are. Costs one query, and one of the 60 that JQL has of its own an hour. A script may run for 2 minutes, read 5 GB and
    /// give 2 GB; it sees ids as they were before people were merged.
    /// </summary>
    /// <param name="script">JavaScript with a function <c>main</c>.</param>
    /// <param name="parameters">A JSON object that the script finds as <c>params</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The rows that <c>main</c> yields, in its order; a reduction has one.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class; <see cref="MixpanelFailureKind.ScriptFailed"/> for a script that fails.</exception>
    /// <seealso href="https://developer.mixpanel.com/reference/query-jql"/>
    public async IAsyncEnumerable<JsonElement> JqlAsync(
        string script, string? parameters = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(script);
        var form = new Parameters().Add("script", script).Add("params", parameters);
        var exchange = await _transport.StreamAsync(Request(HttpMethod.Post, "/jql", Query(), form), cancellationToken).ConfigureAwait(false);
        await using (exchange.ConfigureAwait(false))
        {
            var reader = PipeReader.Create(exchange, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
            await CheckIsListAsync(reader, exchange.Status, cancellationToken).ConfigureAwait(false);
            var rows = JsonSerializer.DeserializeAsyncEnumerable(reader, RowContext.Default.JsonElement, cancellationToken: cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (rows.ConfigureAwait(false))
            {
                while (await NextAsync(rows, exchange.Status).ConfigureAwait(false))
                {
                    yield return rows.Current;
                }
            }
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<JsonElement> rows, int status)
    {
        try
        {
            return await rows.MoveNextAsync().ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw MixpanelFailures.Unreadable(status, $"it is no JSON at line {e.LineNumber}, byte {e.BytePositionInLine}.");
        }
    }

    /// <summary>An error may come as a success; then the answer is an object.</summary>
    private static async Task CheckIsListAsync(PipeReader reader, int status, CancellationToken cancellationToken)
    {
        const int Longest = 64 * 1024;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var first = read.Buffer.IsEmpty ? (byte)0 : FirstSign(read.Buffer);
            if (first == '[')
            {
                // Nothing was looked at: the next read gives it all again.
                reader.AdvanceTo(read.Buffer.Start);
                return;
            }

            if (read.IsCompleted || read.Buffer.Length > Longest)
            {
                var body = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, Longest)).ToArray();
                Json.Root(new MixpanelAnswer(status, null, body, null));
                throw MixpanelFailures.Unreadable(status, "it is no list of rows.");
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static byte FirstSign(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.AdvancePastAny(" \t\r\n"u8);
        return reader.TryPeek(out var sign) ? sign : (byte)0;
    }

    [JsonSerializable(typeof(JsonElement))]
    private sealed partial class RowContext : JsonSerializerContext;
}
