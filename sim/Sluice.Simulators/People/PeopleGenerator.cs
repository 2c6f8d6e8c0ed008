using System.Buffers.Binary;
using System.Globalization;

namespace Sluice.Simulators.People;

/// <summary>
/// Makes up realistic people. Person <c>i</c> is a pure function of the seed and <c>i</c>, so a million of them need no storage and two
/// runs see the same ones.
/// </summary>
/// <remarks>
/// Names are Korean, Hindi and English, in their own script or romanised. Addresses are on example domains; about 4 % have none, 1 % an
/// invalid one and 3 % one with
/// capitals and blanks around it. Phone numbers have the form of E.164 and belong to nobody. One person in a hundred was never identified:
/// a <c>$device:</c> id and hardly a profile.
/// No two people share a valid address or a phone number.
/// </remarks>
public sealed class PeopleGenerator(ulong seed)
{
    private const string DevicePrefix = "$device:";
    private const string UserPrefix = "user_";

    /// <summary>How many numbers have a phone of their own.</summary>
    private const int PhonesPerRegion = 10_000_000;

    private static readonly string[] Domains = ["example.com", "example.org", "example.net", "mail.test"];
    private static readonly string[] BrokenForms = ["{0}", "{0}@", "@{1}", "{0}@@{1}", "{0} at {1}", "n/a"];

    /// <summary>The person with this number.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="number"/> is negative.</exception>
    public Person this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number);
            var draw = new SeededHash(seed, number);
            var properties = new GeneratedProperties(draw);
            if (draw.Chance(Field.Anonymous, 10))
            {
                return new Person(DeviceId(number)) { Properties = properties };
            }

            var region = RegionOf(draw);
            var given = draw.Pick(Field.Given, region.Given);
            var family = draw.Pick(Field.Family, region.Family);
            var native = region.OwnScript && draw.Chance(Field.Script, 700);
            return new Person(string.Create(CultureInfo.InvariantCulture, $"{UserPrefix}{number}"))
            {
                Email = Email(draw, given, family, number),
                FirstName = native ? given.Native : given.Latin,
                LastName = native ? family.Native : family.Latin,
                Phone = number < PhonesPerRegion && draw.Chance(Field.HasPhone, 600)
                    ? string.Create(CultureInfo.InvariantCulture, $"{region.PhonePrefix}{number:D7}")
                    : null,
                Properties = properties,
            };
        }
    }

    /// <summary>Finds the number behind a distinct id that this generator made.</summary>
    public bool TryGetNumber(string distinctId, out int number)
    {
        number = -1;
        if (distinctId.StartsWith(UserPrefix, StringComparison.Ordinal))
        {
            return int.TryParse(distinctId.AsSpan(UserPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number)
                && distinctId == this[number].DistinctId;
        }

        if (!distinctId.StartsWith(DevicePrefix, StringComparison.Ordinal)
            || !Guid.TryParseExact(distinctId.AsSpan(DevicePrefix.Length), "D", out var device))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        device.TryWriteBytes(bytes, bigEndian: true, out _);
        number = (int)((BinaryPrimitives.ReadUInt32BigEndian(bytes) ^ DeviceMask) & int.MaxValue);
        return distinctId == this[number].DistinctId;
    }

    internal static Region RegionOf(SeededHash draw) => draw.Below(Field.Region, 100) switch
    {
        < 40 => Region.Korea,
        < 65 => Region.India,
        _ => Region.America,
    };

    private uint DeviceMask => (uint)SeededHash.Mix(seed);

    private string DeviceId(int number)
    {
        // The first 32 bits carry the number, masked, so that the way back needs no table; the rest only looks random.
        var draw = new SeededHash(seed, number);
        var head = ((ulong)((uint)number ^ DeviceMask) << 32) | (uint)draw.Bits(Field.Device);
        var device = new UInt128(head, draw.Bits(Field.DeviceTail));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, device);
        return DevicePrefix + new Guid(bytes, bigEndian: true).ToString("D");
    }

    private static string? Email(SeededHash draw, Name given, Name family, int number)
    {
        var kind = draw.Below(Field.EmailKind, 1000);
        if (kind < 30)
        {
            return null;
        }

        var domain = draw.Pick(Field.Domain, Domains);
        var local = string.Create(CultureInfo.InvariantCulture, $"{given.Plain}.{family.Plain}.{number}");
        return kind switch
        {
            < 40 => string.Format(CultureInfo.InvariantCulture, draw.Pick(Field.Broken, BrokenForms), local, domain),
            < 70 => $" {given.Latin[..1]}{local[1..]}@{domain.ToUpperInvariant()}  ",
            _ => $"{local}@{domain}",
        };
    }

    /// <summary>One draw each, so that adding a field never changes another.</summary>
    internal static class Field
    {
        public const int Anonymous = 1;
        public const int Region = 2;
        public const int Given = 3;
        public const int Family = 4;
        public const int Script = 5;
        public const int HasPhone = 6;
        public const int Device = 7;
        public const int DeviceTail = 8;
        public const int EmailKind = 9;
        public const int Domain = 10;
        public const int Broken = 11;
        public const int Plan = 12;
        public const int City = 13;
        public const int SignedUp = 14;
        public const int Revenue = 15;
        public const int Newsletter = 16;
        public const int Interests = 17;
        public const int Orders = 18;
        public const int Company = 19;
    }
}
