using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Client;
using Sluice.Testing;

namespace Sluice.Bench;

/// <summary>
/// Raw export: the client reads prepared bytes from a server on loopback, against a bare loop that unpacks the same bytes from their file and makes a JSON document of each line.
/// </summary>
internal static class ExportBench
{
    private static readonly DateOnly Day = new(2026, 1, 1);

    public static async Task<int> RunAsync(BenchOptions options)
    {
        using var folder = new TempFolder();
        var file = folder.Combine("events.gz");
        Prepare(file, options.Members);
        using var server = new PackedServer(file);
        using var http = new HttpClient(MixpanelClientOptions.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        var client = new MixpanelExportClient(
            http, new MixpanelClientOptions { Credentials = MixpanelCredentials.ProjectSecret("bench"), Hosts = MixpanelHosts.At(server.Url) });

        // Once without a clock: both sides are compiled then.
        await ClientAsync(client);
        await BareAsync(file);
        var ratios = new List<double>();
        for (var run = 0; run < options.Runs; run++)
        {
            var bare = await MeasureAsync(() => BareAsync(file), options.Members);
            var read = await MeasureAsync(() => ClientAsync(client), options.Members);
            ratios.Add(read / bare);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  bare loop {bare:N0} events/s, client {read:N0} events/s, ratio {read / bare:0.00}"));
        }

        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"export of {options.Members:N0} events ({new FileInfo(file).Length / 1e6:N1} MB packed): median ratio {BenchOptions.Median(ratios):0.00} (at least 0.7), peak memory {self.PeakWorkingSet64 / 1e6:N0} MB (under 300)"));
        return 0;
    }

    private static async Task<double> MeasureAsync(Func<Task<int>> work, int expected)
    {
        var clock = Stopwatch.StartNew();
        var count = await work();
        return count == expected ? count / clock.Elapsed.TotalSeconds : throw new InvalidOperationException($"{count} events were read, and {expected} are there.");
    }

    private static async Task<int> ClientAsync(MixpanelExportClient client)
    {
        var count = 0;
        await foreach (var batch in client.ExportAsync(new ExportRequest(Day, Day)))
        {
            count += batch.Records.Count;
        }

        return count;
    }

    /// <summary>No more than must be: a buffer, the line ends, a document a line.</summary>
    private static async Task<int> BareAsync(string file)
    {
        await using var packed = File.OpenRead(file);
        await using var stream = new GZipStream(packed, CompressionMode.Decompress);
        var buffer = new byte[256 * 1024];
        var (filled, count) = (0, 0);
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(filled))) > 0)
        {
            filled += read;
            var start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
            {
                using var document = JsonDocument.Parse(buffer.AsMemory(start, length));
                count++;
                start += length + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }

        return count;
    }

    /// <summary>Events of about half a kilobyte, as Mixpanel's look.</summary>
    private static void Prepare(string file, int events)
    {
        using var stream = File.Create(file);
        using var packed = new GZipStream(stream, CompressionLevel.Fastest);
        using var writer = new StreamWriter(packed, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        var random = new Random(7);
        for (var i = 0; i < events; i++)
        {
            writer.Write(string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"event":"Purchase {{{i % 7}}}","properties":{"time":{{{1767225600000 + i}}},"distinct_id":"user-{{{random.Next(100_000)}}}","$insert_id":"{{{random.NextInt64():x16}}}{{{i:x8}}}","$city":"São Paulo","$region":"State of the {{{random.Next(40)}}}","mp_country_code":"BR","$browser":"Chrome","$browser_version":{{{random.Next(90, 140)}}},"$current_url":"https://shop.example/products/{{{random.Next(5_000)}}}?from=mail","$os":"Android","$screen_height":900,"$screen_width":1440,"amount":{{{random.Next(100_000) / 100d}}},"items":["a-{{{random.Next(99)}}}","b-{{{random.Next(99)}}}"],"plan":"pro","$mp_api_endpoint":"api.mixpanel.com","$mp_api_timestamp_ms":{{{1767225601000 + i}}},"mp_processing_time_ms":{{{1767225602000 + i}}}}}"""));
            writer.Write('\n');
        }
    }

    /// <summary>Gives every request the file.</summary>
    private sealed class PackedServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly string _file;

        public PackedServer(string file)
        {
            _file = file;
            _listener.Start();
            _ = ServeAsync();
        }

        public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await _listener.AcceptSocketAsync();
                    await AnswerAsync(socket);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The measurement is over.
            }
        }

        private async Task AnswerAsync(Socket socket)
        {
            var head = new byte[8 * 1024];
            var length = 0;
            do
            {
                length += await socket.ReceiveAsync(head.AsMemory(length));
            }
            while (!head.AsSpan(0, length).EndsWith("\r\n\r\n"u8));

            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: {new FileInfo(_file).Length}\r\nConnection: close\r\n\r\n")));
            await using var file = File.OpenRead(_file);
            await file.CopyToAsync(stream, 256 * 1024);
        }
    }
}
