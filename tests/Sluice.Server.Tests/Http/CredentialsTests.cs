using System.Text;
using Microsoft.Extensions.Primitives;
using Sluice.Server.Http;

namespace Sluice.Server.Tests.Http;

public sealed class CredentialsTests
{
    [Theory]
    [InlineData("user:secret", "user", "secret")]
    [InlineData("user:se:cr:et", "user", "se:cr:et")]
    [InlineData("user:", "user", "")]
    [InlineData(":secret", "", "secret")]
    [InlineData("usér:sécret", "usér", "sécret")]
    public void Encoded_pairs_are_read_to_the_first_colon(string pair, string user, string password)
    {
        foreach (var scheme in new[] { "Basic", "basic", "BASIC" })
        {
            foreach (var base64 in new[] { Encode(pair), Encode(pair).TrimEnd('='), $"  {Encode(pair)} " })
            {
                var basic = Assert.IsType<Credentials.Basic>(Credentials.Parse($"{scheme} {base64}"));
                Assert.Equal((user, password), (basic.User, basic.Password));
            }
        }
    }

    [Fact]
    public void A_pair_that_was_not_encoded_is_taken_as_it_stands()
    {
        var basic = Assert.IsType<Credentials.Basic>(Credentials.Parse("Basic user:secret:more"));

        Assert.Equal(("user", "secret:more"), (basic.User, basic.Password));
    }

    [Fact]
    public void A_bearer_is_taken_as_it_stands()
    {
        Assert.Equal("abc.def", Assert.IsType<Credentials.Bearer>(Credentials.Parse("bearer abc.def")).Token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Basic")]
    [InlineData("Basic ")]
    [InlineData("Bearer ")]
    [InlineData("Basic !!!!")]
    [InlineData("Basic A")]
    [InlineData("Basic bm9jb2xvbg==")]
    [InlineData("Basic /////w==")]
    [InlineData("Digest dTpw")]
    [InlineData("dTpw")]
    public void Anything_else_is_nothing(string header)
    {
        Assert.Null(Credentials.Parse(header));
    }

    [Fact]
    public void No_header_and_two_headers_are_nothing()
    {
        Assert.Null(Credentials.Parse(StringValues.Empty));
        Assert.Null(Credentials.Parse(new StringValues(["Basic dTpw", "Basic dTpw"])));
    }

    [Fact]
    public void They_do_not_print_what_they_carry()
    {
        Assert.Equal("Basic ***", Credentials.Parse("Basic user:secret")!.ToString());
        Assert.Equal("Bearer ***", Credentials.Parse("Bearer secret")!.ToString());
    }

    private static string Encode(string pair) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
}
