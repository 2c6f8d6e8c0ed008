using System.Buffers.Text;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Sluice.Core.Management;
using Sluice.Core.People;

namespace Sluice.Server.Management;

/// <summary>What part of a list is asked for.</summary>
internal sealed record PageRequest
{
    [FromQuery(Name = "limit"), Description("The most items of the page, 1 to 200. Default: 50.")]
    public int? Limit { get; init; }

    [FromQuery(Name = "cursor"), Description("`nextCursor` of the page before; without it the first page.")]
    public string? Cursor { get; init; }

    public const int Default = 50;
    public const int Most = 200;

    public int Size => Limit ?? Default;

    /// <summary>One more than asked for is read, to see whether there is a next page.</summary>
    public int Reads => Size + 1;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public Refused? Problem => Size is < 1 or > Most ? Refused.Invalid("limit", string.Create(CultureInfo.InvariantCulture, $"is not a number from 1 to {Most}")) : null;

    public static Refused BadCursor { get; } = Refused.Invalid("cursor", "is not the nextCursor of a page of this list");

    /// <summary>Reads the cursor's parts.</summary>
    /// <returns>False when there is a cursor that is none of ours.</returns>
    public bool TryRead(int parts, out string[]? cursor)
    {
        cursor = null;
        if (Cursor is null)
        {
            return true;
        }

        if (Cursor.Length > 512 || !Base64Url.IsValid(Cursor))
        {
            return false;
        }

        cursor = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Cursor)).Split('\n');
        return cursor.Length == parts;
    }

    public bool TryRead(out RecordPosition? position)
    {
        position = null;
        if (!TryRead(2, out var cursor))
        {
            return false;
        }

        if (cursor is null)
        {
            return true;
        }

        if (!TryTime(cursor[0], out var at))
        {
            return false;
        }

        position = new RecordPosition(at, cursor[1]);
        return true;
    }

    public static string CursorOf(params ReadOnlySpan<string> parts) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Join('\n', parts)));

    public static string TextOf(DateTimeOffset time) => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    // The largest time that can be told is beyond any that we wrote.
    public static bool TryTime(string text, out DateTimeOffset time)
    {
        var valid = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        time = valid ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return valid;
    }

    public static bool TryKey(string text, out PersonKey key)
    {
        var valid = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value);
        key = new PersonKey(value);
        return valid;
    }
}

/// <summary>Cuts what was read to a page.</summary>
internal static class PageOf
{
    /// <param name="read">What was read: one more than the page holds, where there is more.</param>
    /// <param name="cursor">The cursor that goes on after an item.</param>
    public static (IReadOnlyList<TView> Items, string? Next) Cut<T, TView>(
        PageRequest page, IReadOnlyList<T> read, Func<T, TView> view, Func<T, string> cursor) =>
        read.Count > page.Size
            ? ([.. read.Take(page.Size).Select(view)], cursor(read[page.Size - 1]))
            : ([.. read.Select(view)], null);
}
