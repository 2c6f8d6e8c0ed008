using System.Text;
using System.Text.RegularExpressions;
using Sluice.Core.Projects;

namespace Sluice.Server.Tests.Projects;

public sealed partial class KeysTests
{
    [Fact]
    public void Generated_keys_have_32_characters_that_need_no_escaping_and_never_repeat()
    {
        var keys = Enumerable.Range(0, 500).Select(_ => KeyPair.Generate()).SelectMany(pair => new[] { pair.AccessKey, pair.SecretKey }).ToList();

        Assert.All(keys, key => Assert.Matches(UrlSafe(), key));
        Assert.Equal(keys.Count, keys.Distinct().Count());
    }

    [Fact]
    public void A_pair_does_not_print_its_secret()
    {
        var pair = KeyPair.Generate();

        Assert.DoesNotContain(pair.SecretKey, pair.ToString(), StringComparison.Ordinal);
        Assert.Contains(pair.AccessKey, pair.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hash_depends_on_the_master_key_the_project_and_the_secret()
    {
        var hasher = new SecretHasher("one master key of many"u8);
        var other = new SecretHasher("another master key still"u8);
        var hash = hasher.Hash("shop", "secret");

        Assert.True(hash.Matches(hasher.Hash("shop", "secret")));
        Assert.False(hash.Matches(other.Hash("shop", "secret")));
        Assert.False(hash.Matches(hasher.Hash("blog", "secret")));
        Assert.False(hash.Matches(hasher.Hash("shop", "Secret")));
        Assert.False(hasher.Hash("a", "bc").Matches(hasher.Hash("ab", "c")));
    }

    [Fact]
    public void A_hash_survives_being_stored_and_shows_nothing()
    {
        var hash = new SecretHasher("one master key of many"u8).Hash("shop", new string('s', 5_000));

        var stored = hash.ToBytes();

        Assert.Equal(SecretHash.SizeBytes, stored.Length);
        Assert.True(SecretHash.Read(stored).Matches(hash));
        Assert.Equal("***", hash.ToString());
        stored[31] ^= 1;
        Assert.False(SecretHash.Read(stored).Matches(hash));
        Assert.Throws<ArgumentException>(() => SecretHash.Read(stored.AsSpan(1)));
    }

    [Fact]
    public void A_master_key_that_could_be_guessed_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new SecretHasher(Encoding.UTF8.GetBytes("fifteen bytes!!")));
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{32}$")]
    private static partial Regex UrlSafe();
}
