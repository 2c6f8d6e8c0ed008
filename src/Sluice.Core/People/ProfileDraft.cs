using System.Globalization;
using System.Text;

namespace Sluice.Core.People;

/// <summary>A profile while updates are applied to it. It is read once and written once, however many updates there are between.</summary>
public sealed class ProfileDraft
{
    /// <summary>The most properties of a profile.</summary>
    public const int MaxProperties = 2_000;

    /// <summary>The largest list, in bytes of JSON.</summary>
    public const int MaxListBytes = 256 * 1024;

    /// <summary>The largest profile, in bytes of JSON.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const string Empty = "{}";

    private readonly string? _stored;
    private readonly PropertyMap _properties;
    private string? _written;

    /// <param name="stored">The properties as a JSON object; null when there is no profile.</param>
    public ProfileDraft(string? stored)
    {
        _stored = stored;
        _properties = new PropertyMap(stored is null ? [] : ProfileProperties.Read(Encoding.UTF8.GetBytes(stored)));
        Exists = stored is not null;
    }

    /// <summary>False when there is no profile, or none any more.</summary>
    public bool Exists { get; private set; }

    /// <summary>Whether anything is to be stored.</summary>
    public bool HasChanged => Exists != _stored is not null || (Exists && !ReferenceEquals(Properties, _stored));

    /// <summary>The properties as a JSON object; the very same string as was stored when nothing changed.</summary>
    public string Properties => _written ??= Write();

    public bool Contains(string property) => _properties.Contains(property);

    /// <summary>Applies one update: all of its operations one after another, or none.</summary>
    /// <returns>Why none was applied; null when all were.</returns>
    public string? Apply(IReadOnlyList<ProfileOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        _properties.Begin();
        var (count, length) = (_properties.Count, _properties.Length);
        var exists = true;
        foreach (var operation in operations)
        {
            // An update of a profile that was deleted makes a new one.
            exists = operation.Kind != ProfileOperationKind.Delete;
            if (!exists)
            {
                _properties.Clear();
            }
            else if (Apply(_properties, operation) is { } refusal)
            {
                return Refuse(refusal);
            }
        }

        if (_properties.Count > MaxProperties && _properties.Count > count)
        {
            return Refuse($"A profile may have at most {MaxProperties} properties.");
        }

        // Whoever writes profiles waits for those who do: one that grew without end would make all wait.
        if (_properties.Length > MaxBytes && _properties.Length > length)
        {
            return Refuse($"A profile may have at most {MaxBytes} bytes.");
        }

        Exists = exists;
        _written = null;
        return null;
    }

    private string Refuse(string reason)
    {
        _properties.TakeBack();
        return reason;
    }

    private string Write()
    {
        var properties = _properties.HasChanged || _stored is null ? ProfileProperties.Write(_properties.ToList()) : _stored;
        return properties == _stored ? _stored : properties;
    }

    private static string? Apply(PropertyMap profile, ProfileOperation operation)
    {
        var (kind, name, value) = operation;
        switch (kind)
        {
            case ProfileOperationKind.SetOnce when profile.Contains(name):
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
                return Add(profile, name, value.Span);
            case ProfileOperationKind.Append or ProfileOperationKind.Union or ProfileOperationKind.Remove:
                return ChangeList(profile, operation);
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), kind, "Unknown operation.");
        }
    }

    private static string? ChangeList(PropertyMap profile, ProfileOperation operation)
    {
        var (kind, name, value) = operation;
        var current = profile.Get(name);
        if (!current.IsList && (kind == ProfileOperationKind.Remove || !current.IsNothing))
        {
            return kind == ProfileOperationKind.Remove ? null : $"The property {name} is no list.";
        }

        var length = profile.Change(name, list => kind switch
        {
            ProfileOperationKind.Append => list.Append(value),
            ProfileOperationKind.Union => list.Union(value),
            _ => list.Remove(value),
        });
        return length > MaxListBytes && kind != ProfileOperationKind.Remove ? $"The list {name} may have at most {MaxListBytes} bytes." : null;
    }

    private static string? Add(PropertyMap profile, string name, ReadOnlySpan<byte> value)
    {
        var before = profile.Get(name);
        var current = before.IsNothing ? "0"u8 : before.Bytes.Span;
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

        if (second != 0 || before.IsNothing)
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
