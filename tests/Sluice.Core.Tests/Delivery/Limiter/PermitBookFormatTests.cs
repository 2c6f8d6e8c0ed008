using Sluice.Core.Delivery.Limiter;

namespace Sluice.Core.Tests.Delivery.Limiter;

public sealed class PermitBookFormatTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_read_back_is_what_was_written()
    {
        foreach (var book in new[] { Sample(), Waiting() })
        {
            var stored = book.Write();

            Assert.Equal(stored, PermitBook.Read(stored).Write());
            Assert.Equal(book.Usage(Noon), PermitBook.Read(stored).Usage(Noon));
        }
    }

    [Fact]
    public void The_first_version_is_read_for_ever()
    {
        const string First = "0107000000000000000980A9B6AED3FE92038093A23800020A0AC0843D0001000164C8" +
            "0180C8CEB40DC0CAC38F012A01020102090280897A8087A70E000006060080AB8F120303";
        var stored = Convert.FromHexString(First);

        Assert.Equal(First, Convert.ToHexString(PermitBook.Read(stored).Write()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Damaged_bytes_are_refused_and_never_crash(bool someoneWaits)
    {
        var stored = (someoneWaits ? Waiting() : Sample()).Write();
        for (var length = 0; length < stored.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => PermitBook.Read(stored.AsSpan(0, length)));
        }

        Assert.Throws<InvalidDataException>(() => PermitBook.Read([.. stored, 0]));
        for (var at = 0; at < stored.Length * 8; at++)
        {
            var damaged = (byte[])stored.Clone();
            damaged[at / 8] ^= (byte)(1 << (at % 8));
            try
            {
                PermitBook.Read(damaged).Take(Noon, Noon + TimeSpan.FromMinutes(1), 1, 0);
            }
            catch (InvalidDataException)
            {
                // A changed number that is still in range is read as that number; the others must end here.
            }
        }
    }

    [Fact]
    public void A_newer_version_is_named()
    {
        var stored = Sample().Write();
        stored[0] = 3;

        Assert.Contains("version 3", Assert.Throws<InvalidDataException>(() => PermitBook.Read(stored)).Message, StringComparison.Ordinal);
    }

    private static PermitBook Waiting()
    {
        var book = new PermitBook(7, [new(100, TimeSpan.FromHours(1))]);
        PermitBookTests.Granted(book.Take(Noon, Noon + TimeSpan.FromSeconds(30), 100, 0));
        Assert.Null(book.Take(Noon, Noon + TimeSpan.FromSeconds(30), 1, 0).Permit);
        return book;
    }

    private static PermitBook Sample()
    {
        var book = new PermitBook(7, [new(10, TimeSpan.FromSeconds(1)), new(100, TimeSpan.FromHours(1))]);
        var first = PermitBookTests.Granted(book.Take(Noon, Noon + TimeSpan.FromSeconds(30), 3, 0));
        PermitBookTests.Granted(book.Take(Noon + TimeSpan.FromSeconds(2), Noon + TimeSpan.FromSeconds(40), 6, 0));
        book.Complete(first, Noon + TimeSpan.FromSeconds(2), new BudgetReading(200, 50, TimeSpan.FromMinutes(5)));
        book.BlockUntil(Noon + TimeSpan.FromMinutes(2));
        return book;
    }
}
