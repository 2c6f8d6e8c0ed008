using System.Buffers;
using System.Text;
using Sluice.Core.Lookups;
using Sluice.Destinations.Mixpanel;

namespace Sluice.Destinations.Tests.Mixpanel;

public sealed class LookupCsvTests
{
    [Theory]
    [InlineData("""{"v":9.50}""", "k,9.50")]
    [InlineData("""{"v":true}""", "k,true")]
    [InlineData("""{}""", "k,")]
    [InlineData("""{"v":"007"}""", "k,007")]
    [InlineData("""{"v":"a, \"b\"\r\nc"}""", "k,\"a, \"\"b\"\"\r\nc\"")]
    [InlineData("""{"v":["a","b"]}""", "k,\"[\"\"a\"\",\"\"b\"\"]\"")]
    [InlineData("""{"v":"2026-01-02T03:04:05"}""", "k,2026-01-02T03:04:05Z")]
    [InlineData("""{"v":"2026-01-02T03:04:05.1234567"}""", "k,2026-01-02T03:04:05.1234567Z")]
    [InlineData("""{"v":"2026-01-02"}""", "k,2026-01-02")]
    public void A_row_is_written_so_that_its_values_have_their_types_again(string values, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        LookupCsv.WriteHeader(output, ["id", "v"]);
        LookupCsv.WriteRow(output, ["id", "v"], new LookupRow("k", values));
        Assert.Equal($"id,v\r\n{expected}\r\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
