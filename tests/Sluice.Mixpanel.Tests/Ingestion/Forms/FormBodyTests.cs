using System.Text;
using Sluice.Mixpanel.Ingestion.Forms;

namespace Sluice.Mixpanel.Tests.Ingestion.Forms;

public sealed class FormBodyTests
{
    private const string Json = """{"event":"a+b ÿ???>>>~","properties":{"token":"T"}}""";

    public static TheoryData<string, string> Packings
    {
        get
        {
            var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(Json));
            Assert.Contains('+', base64);
            Assert.Contains('/', base64);
            return new()
            {
                { "JSON, percent-encoded", Uri.EscapeDataString(Json) },
                { "JSON, percent-encoded, spaces as plus", Uri.EscapeDataString(Json).Replace("%20", "+", StringComparison.Ordinal) },
                { "base64, percent-encoded", Uri.EscapeDataString(base64) },
                { "base64 as it is", base64 },
                { "base64 without padding", base64.TrimEnd('=') },
                { "base64 of the URL alphabet", base64.Replace('+', '-').Replace('/', '_') },
                { "base64 of the URL alphabet without padding", base64.Replace('+', '-').Replace('/', '_').TrimEnd('=') },
                { "base64 in lines", Uri.EscapeDataString(base64.Insert(10, "\r\n")) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public void The_records_may_be_packed_as(string packing, string data)
    {
        Assert.True(Json == Bodies.Text(FormBody.Read(null, Bodies.Utf8($"verbose=1&data={data}&ip=1")).Data), packing);
        Assert.Equal(Json, Bodies.Text(FormBody.Read($"?data={data}", default).Data));
    }

    [Fact]
    public void Every_length_of_base64_is_read_with_and_without_padding()
    {
        for (var length = 1; length < 40; length++)
        {
            var json = "{" + new string('x', length);
            var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(json));

            Assert.Equal(json, Bodies.Text(FormBody.Read(null, Bodies.Utf8("data=" + base64)).Data));
            Assert.Equal(json, Bodies.Text(FormBody.Read(null, Bodies.Utf8("data=" + base64.TrimEnd('='))).Data));
        }
    }

    [Fact]
    public void Fields_come_from_the_query_and_from_the_body_which_wins()
    {
        var form = FormBody.Read("?ip=1&verbose=0&callback=a.b&_=17&redirect=x%26y", Bodies.Utf8("verbose=1&img=1&data=%7B%7D"));

        Assert.True(form.IsVerbose && form.IsImage && form.UsesRequestIp && !form.IsStrict);
        Assert.Equal(("a.b", "17", "x&y", null), (form.Callback, form.Field("_"), form.Field("redirect"), form.Field("data")));
        Assert.Equal("{}", Bodies.Text(form.Data));
    }

    [Theory]
    [InlineData("verbose=1", true)]
    [InlineData("verbose=2", true)]
    [InlineData("verbose=true", true)]
    [InlineData("verbose=0", false)]
    [InlineData("verbose=false", false)]
    [InlineData("verbose=", false)]
    [InlineData("verbose", false)]
    [InlineData("", false)]
    public void Verbose_is_anything_but_no(string query, bool isVerbose)
    {
        Assert.Equal(isVerbose, FormBody.Read(query, default).IsVerbose);
    }

    [Theory]
    [InlineData("data=")]
    [InlineData("data")]
    [InlineData("other=1")]
    [InlineData("data=%%%")]
    [InlineData("data=a")]
    [InlineData("data=*****")]
    public void Data_that_cannot_be_unpacked_is_no_data(string body)
    {
        Assert.True(FormBody.Read(null, Bodies.Utf8(body)).Data.IsEmpty);
    }

    [Theory]
    [InlineData("[{\"a\":\"data=1&b=%20+\"}]")]
    [InlineData(" \n{\"a\":1}")]
    [InlineData("\uFEFF[{\"a\":\"data=1\"}]")]
    [InlineData("\uFEFF \n{\"a\":1}")]
    public void A_body_that_is_JSON_is_the_records(string body)
    {
        Assert.Equal(body, Bodies.Text(FormBody.Read("?ip=1", Bodies.Utf8(body)).Data));
    }

    [Fact]
    public void Whatever_the_body_it_becomes_fields()
    {
        var random = new Random(1);
        var seed = Bodies.Utf8("verbose=1&data=eyJldmVudCI6ImEifQ%3D%3D&ip=1&callback=f");
        var unpacked = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var form = FormBody.Read(i % 2 == 0 ? null : "?data=%7B", Mutations.Of(seed, random));
            unpacked += form.Data.IsEmpty ? 0 : 1;
        }

        Assert.InRange(unpacked, 10_000, 99_000);
    }
}
