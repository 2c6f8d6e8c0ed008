using System.Globalization;
using System.Text;

namespace Sluice.Core.People;

/// <summary>Applies one update to a profile: all of its operations, or none.</summary>
public static class ProfileOperations
{
    /// <summary>The most properties of a profile.</summary>
    public const int MaxProperties = 2_000;

    /// <summary>The largest list, in bytes of JSON.</summary>
    public const int MaxListBytes = 256 * 1024;

    private const string Empty = "{}";

    /// <summary>Applies operations one after another.</summary>
    /// <param name="stored">The properties as a JSON object.</param>
    /// <param name="operations">What to do.</param>
    public static ProfileOutcome Apply(string stored, IReadOnlyList<ProfileOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(operations);
        if (operations.Count == 0)
        {
            return new ProfileOutcome(stored, IsDeleted: false, Refusal: null);
        }

        var profile = new PropertyMap(ProfileProperties.Read(Encoding.UTF8.GetBytes(stored)));
        var countBefore = profile.Count;
        var isDeleted = false;
        foreach (var operation in operations)
        {
            if (operation.Kind == ProfileOperationKind.Delete)
            {
                profile.Clear();
                isDeleted = true;
                continue;
            }

            // An update of a profile that was deleted makes a new one.
            isDeleted = false;
            if (Apply(profile, operation) is { } refusal)
            {
                return new ProfileOutcome(stored, IsDeleted: false, refusal);
            }
        }

        if (profile.Count > MaxProperties && profile.Count > countBefore)
        {
            return new ProfileOutcome(stored, IsDeleted: false, $"A profile may have at most {MaxProperties} properties.");
        }

        if (isDeleted)
        {
            return new ProfileOutcome(stored == Empty ? stored : Empty, IsDeleted: true, Refusal: null);
        }

        var properties = profile.HasChanged ? ProfileProperties.Write(profile.ToList()) : stored;
        return new ProfileOutcome(properties == stored ? stored : properties, IsDeleted: false, Refusal: null);
    }

    private static string? Apply(PropertyMap profile, ProfileOperation operation)
    {
        var (kind, name, value) = operation;
        var isThere = profile.TryGet(name, out var current);
        switch (kind)
        {
            case ProfileOperationKind.SetOnce when isThere:
                return null;
            case ProfileOperationKind.Set or ProfileOperationKind.SetOnce when value.Length > MaxListBytes:
                return $"The property {name} may have at most {MaxListBytes} bytes.";
            case ProfileOperationKind.Set or ProfileOperationKind.SetOnce:
                profile.Set(name, value);
                return null;
            case ProfileOperationKind.Unset:
                profile.Remove(name);
                return null;
            case ProfileOperationKind.Add:
                return Add(profile, name, IsNothing(current) ? "0"u8 : current.Span, value.Span);
            case ProfileOperationKind.Remove when !isThere || current.Span[0] != '[':
                return null;
            case ProfileOperationKind.Append or ProfileOperationKind.Union or ProfileOperationKind.Remove:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), kind, "Unknown operation.");
        }

        if (!IsNothing(current) && current.Span[0] != '[')
        {
            return $"The property {name} is no list.";
        }

        var before = IsNothing(current) ? [] : JsonLists.Read(current);
        var after = kind switch
        {
            ProfileOperationKind.Append => [.. before, value],
            ProfileOperationKind.Union => JsonLists.Union(before, JsonLists.Read(value)),
            _ => JsonLists.Without(before, value),
        };
        if (after.Count == before.Count)
        {
            return null;
        }

        var list = JsonLists.Write(after);
        if (list.Length > MaxListBytes && after.Count > before.Count)
        {
            return $"The list {name} may have at most {MaxListBytes} bytes.";
        }

        profile.Set(name, list);
        return null;
    }

    private static bool IsNothing(ReadOnlyMemory<byte> value) => value.IsEmpty || value.Span[0] == 'n';

    private static string? Add(PropertyMap profile, string name, ReadOnlySpan<byte> current, ReadOnlySpan<byte> value)
    {
        if (!TryNumber(current, out var first))
        {
            return $"The property {name} is no number.";
        }

        if (!TryNumber(value, out var second))
        {
            return $"What is to be added to {name} is no number.";
        }

        var sum = Sum(current, first, value, second);
        if (sum is null)
        {
            return $"The sum of {name} is outside the range of a double.";
        }

        if (second != 0 || !profile.TryGet(name, out var before) || IsNothing(before))
        {
            profile.Set(name, Encoding.UTF8.GetBytes(sum));
        }

        return null;
    }

    private static bool TryNumber(ReadOnlySpan<byte> value, out double number)
    {
        number = 0;
        return !value.IsEmpty && value[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9')
            && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            && double.IsFinite(number);
    }

    /// <summary>The sum as JSON; null when it is too large. Amounts of money are added as decimals: 0.1 and 0.2 are 0.3.</summary>
    private static string? Sum(ReadOnlySpan<byte> first, double firstNumber, ReadOnlySpan<byte> second, double secondNumber)
    {
        if (TryDecimal(first, firstNumber, out var firstDecimal) && TryDecimal(second, secondNumber, out var secondDecimal))
        {
            return (firstDecimal + secondDecimal).ToString("0.############################", CultureInfo.InvariantCulture);
        }

        var sum = firstNumber + secondNumber;
        return double.IsFinite(sum) ? sum.ToString("R", CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Whether a number is the same as a decimal, and small enough for any two of them to be added.</summary>
    private static bool TryDecimal(ReadOnlySpan<byte> text, double number, out decimal value) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
        && Math.Abs(value) < 1e28m
        && (double)value == number;
}
